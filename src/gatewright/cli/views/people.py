"""People, members, roles and API tokens as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import RenderableType
from rich.text import Text

from gatewright.cli.output import rows, table, word
from gatewright.cli.views.moments import age, parsed
from gatewright.model.people import ApiToken, Grant, MadeToken, Role
from gatewright.server.values import PermissionRow, PersonView
from gatewright.text import Language, text


def people(found: Sequence[PersonView], language: Language) -> Iterable[RenderableType]:
    if not found:
        yield Text(text("cli.empty.people", language))
        return
    made = table(language, "person", "display-name", "role", "teams", "state", "signed-in")
    cells = [
        (
            person.name,
            person.display_name,
            person.role,
            ", ".join(f"{team}: {role}" for team, role in person.teams.items()),
            word("person", _state(person), language),
            age(person.last_sign_in_at or "", language),
        )
        for person in found
    ]
    yield rows(made, cells)


def members(found: Sequence[Grant], language: Language) -> Iterable[RenderableType]:
    if not found:
        yield Text(text("cli.empty.members", language))
        return
    made = table(language, "person", "display-name", "team", "role")
    yield rows(made, [(grant.user, grant.display_name, grant.team, grant.role) for grant in found])


def roles(found: Sequence[Role], language: Language) -> Iterable[RenderableType]:
    made = table(language, "role", "scope", "permissions")
    cells = [(role.name, word("scope", role.scope, language), ", ".join(role.permissions)) for role in found]
    yield rows(made, cells)


def permissions(found: Sequence[PermissionRow], language: Language) -> Iterable[RenderableType]:
    made = table(language, "permission", "scope")
    spoken = [", ".join(text(f"cli.scope.{scope}", language) for scope in row.scopes) for row in found]
    yield rows(made, [(row.name, scopes) for row, scopes in zip(found, spoken, strict=True)])


def tokens(found: Sequence[ApiToken], language: Language) -> Iterable[RenderableType]:
    if not found:
        yield Text(text("cli.empty.tokens", language))
        return
    made = table(language, "token", "person", "name", "prefix", "teams", "permissions", "state", "until")
    now = datetime.now(UTC)
    cells = [
        (
            token.id,
            token.user,
            token.name,
            token.prefix,
            _narrowed(token.teams, language),
            _narrowed(token.permissions, language),
            word("token", _holds(token, now), language),
            token.expires_at[:10],
        )
        for token in found
    ]
    yield rows(made, cells)


def made_token(made: MadeToken, language: Language) -> Iterable[RenderableType]:
    until = made.token.expires_at[:10]
    yield Text(text("cli.done.token-made", language, name=made.token.name, user=made.token.user, until=until))
    yield Text(made.secret, style="bold")


def _state(person: PersonView) -> str:
    if person.disabled:
        return "disabled"
    return "active" if person.password or person.issuer else "no-password"


def _holds(token: ApiToken, now: datetime) -> str:
    until = parsed(token.expires_at)
    if token.revoked_at:
        return "revoked"
    return "expired" if until is not None and until <= now else "holds"


def _narrowed(found: Sequence[str] | None, language: Language) -> str:
    return text("cli.word.all", language) if found is None else ", ".join(found)

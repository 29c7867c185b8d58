"""API tokens: made by a person (or for them), narrowed to some permissions and teams, shown once, and recognised."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import msgspec

from gatewright.model.names import require_label
from gatewright.model.people import ApiToken, MadeToken
from gatewright.server.errors import BeyondError, ForbiddenError, NoPersonError, PermissionNameError
from gatewright.server.principal import ALL, Principal
from gatewright.server.roles import EVERYONE, OWN
from gatewright.server.sessions import digest, principal_of
from gatewright.store.database import Database
from gatewright.store.errors import UnknownTeamError, UnknownTokenError
from gatewright.store.sql import nearest
from gatewright.store.unit import Unit

PREFIX: Final = "gwt_"
MAX_DAYS: Final = 366
_VISIBLE: Final = 8


class TokenDesk:
    """API tokens for the API; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, who: Principal) -> list[ApiToken]:
        """Those of ``who``; for whoever may read users, everybody's, of others' without teams that ``who`` may not
        see."""
        async with self._database.reading() as unit:
            found = await unit.tokens.all(None if who.may("user.read") else who.id)
        return [token if token.user == who.name else _told(token, who) for token in found]

    async def create(
        self,
        who: Principal,
        name: str,
        *,
        user: str = "",
        permissions: Iterable[str] | None,
        teams: Iterable[str] | None,
        days: int,
    ) -> MadeToken:
        """A token of ``who``, or of ``user`` where ``who`` may change people. Raises ``PermissionNameError``,
        ``BeyondError``, ``UnknownTeamError``, ``TokenExistsError``, ``InvalidNameError``, ``NoPersonError``."""
        require_label(name, "name")
        wanted = None if permissions is None else frozenset(permissions)
        if wanted is not None and (unknown := wanted - (ALL - OWN)):
            raise PermissionNameError(permission=min(unknown)[:80], scope="token")
        if not user and not who.id:
            raise NoPersonError(who=who.name)
        if user and user != who.name:
            _require_user_write(who)
        secret = f"{PREFIX}{secrets.token_hex(_VISIBLE // 2)}_{secrets.token_urlsafe(32)}"
        async with self._database.transaction() as unit:
            person = await unit.people.get(user or who.name)
            holder = await principal_of(unit, person)
            # Whoever makes a token can use it: it may do no more than they may themselves.
            _require_within(holder, who)
            await _require_teams(unit, holder, teams)
            for permission in sorted(wanted or ()):
                if holder.teams_with(permission) == frozenset():
                    raise BeyondError(who=person.name, permissions=permission, count=1)
            made = await unit.tokens.create(
                person.id,
                name,
                prefix=secret[: len(PREFIX) + _VISIBLE],
                hash=digest(secret),
                permissions=wanted,
                teams=teams,
                lasting=timedelta(days=days),
            )
            after = {key: getattr(made, key) for key in ("name", "prefix", "permissions", "teams", "expires_at")}
            await unit.journal.note(who.name, "token.create", f"{person.name}.{name}", after=after)
        return MadeToken(made, secret)

    async def revoke(self, who: Principal, id: str) -> None:
        """Raises ``UnknownTokenError``, for a token of somebody else too, unless ``who`` may change people."""
        async with self._database.transaction() as unit:
            token = await unit.tokens.get(id)
            if token.user != who.name and not who.may("user.write"):
                raise UnknownTokenError(token=id[:80])
            if token.revoked_at is None:
                await unit.tokens.revoke(id)
                before = {"name": token.name, "prefix": token.prefix}
                await unit.journal.note(who.name, "token.delete", f"{token.user}.{token.name}", before=before)

    async def recognise(self, secret: str) -> Principal | None:
        """Who a token speaks for and what it may; None for one that does not hold. Notes now and then that it is
        used."""
        async with self._database.reading() as unit:
            found = await unit.tokens.find(digest(secret))
            person = None if found is None else await unit.people.by_id(found.user_id)
            if found is None or person is None or person.disabled:
                return None
            holder = await principal_of(unit, person)
        if found.due:
            async with self._database.transaction() as unit:
                await unit.tokens.touch(found.token.id)
        return narrowed(holder, found.token)


def narrowed(holder: Principal, token: ApiToken) -> Principal:
    """What a token may: never more than its person now may, and nothing that is only a person's own."""
    wanted = ALL - OWN if token.permissions is None else frozenset(token.permissions)
    if token.teams is None:
        everywhere = (holder.permissions - OWN) & wanted
        teams = {team: held & wanted for team, held in holder.teams.items()}
    else:
        everywhere = frozenset[str]()
        teams = {
            team: (holder.permissions - OWN | holder.teams.get(team, frozenset())) & wanted for team in token.teams
        }
    kept = {team: held for team, held in teams.items() if held}
    return Principal(holder.name, everywhere | EVERYONE, teams=kept, via="token", id=token.id)


def _told(token: ApiToken, who: Principal) -> ApiToken:
    return token if token.teams is None else msgspec.structs.replace(token, teams=tuple(filter(who.sees, token.teams)))


def _require_user_write(who: Principal) -> None:
    if not who.may("user.write"):
        raise ForbiddenError(permission="user.write", who=who.name)


def _require_within(holder: Principal, who: Principal) -> None:
    """Raises ``BeyondError`` where ``holder`` may what ``who`` may not."""
    places = [(None, holder.permissions), *holder.teams.items()]
    lacking = sorted(p for team, held in places for p in held - OWN if not who.may(p, team))
    if lacking:
        raise BeyondError(who=who.name, permissions=", ".join(lacking[:5]), count=len(lacking))


async def _require_teams(unit: Unit, holder: Principal, teams: Iterable[str] | None) -> None:
    """Raises ``UnknownTeamError`` for a team that ``holder`` may not see, as for one that does not exist."""
    seen = {team.name for team in await unit.fleet.teams() if holder.sees(team.name)}
    for team in teams or ():
        if team not in seen:
            raise UnknownTeamError(team=team[:80], nearest=nearest(team, seen))

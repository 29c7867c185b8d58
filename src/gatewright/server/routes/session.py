"""Signing in and out, setting up, and what belongs to whoever is signed in."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Depends, Path, Request

from gatewright.model.errors import DeniedError
from gatewright.model.people import MAX_DISPLAY_NAME, OpenSession, Preferences
from gatewright.server import cookies, csrf, devices
from gatewright.server.operations import answers, answers_nothing, answers_pages, reads
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import PERSON_NAME
from gatewright.server.passwords import LONGEST, SHORTEST
from gatewright.server.permissions import public, require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.sessions import COOKIE, Entered, hand_out, origin_of
from gatewright.server.wire import Body
from gatewright.store.origin import about
from gatewright.text import Language

router = APIRouter(tags=["session"])

_SECRET: Final[dict[str, Any]] = {"maxLength": LONGEST, "writeOnly": True}
_NEW: Final[dict[str, Any]] = {**_SECRET, "minLength": SHORTEST, "format": "new-password"}
PersonField = Annotated[str, msgspec.Meta(extra_json_schema=PERSON_NAME)]
Secret = Annotated[str, msgspec.Meta(extra_json_schema=_SECRET)]
NewPassword = Annotated[str, msgspec.Meta(extra_json_schema=_NEW)]
DisplayName = Annotated[str, msgspec.Meta(extra_json_schema={"maxLength": MAX_DISPLAY_NAME, "format": "display-name"})]
Pages = dict[Annotated[str, msgspec.Meta(max_length=64)], Annotated[str, msgspec.Meta(max_length=1024)]]
SessionId = Annotated[str, Path(description="Id of a session.", json_schema_extra={"maxLength": 80})]
State = Literal["setup", "anonymous", "signed-in"]


class SignInBody(Body, frozen=True):
    """Who one is, and the proof."""

    name: PersonField
    password: Secret


class SetUpBody(Body, frozen=True):
    """``token``: the code that ``gatewright up`` prints; the others become the first administrator's."""

    token: Secret
    name: PersonField
    password: NewPassword
    display_name: DisplayName = ""


class OwnPasswordBody(Body, frozen=True):
    """The password that is, and the one that shall be."""

    current: Secret
    password: NewPassword


class PreferencesBody(Body, frozen=True):
    """How one wants to see pages. ``pages``: what pages remember, at most 64 of them."""

    theme: Literal["system", "light", "dark"] = "system"
    language: Language | None = None
    pages: Pages = msgspec.field(default_factory=dict[str, str])


class Self(msgspec.Struct, frozen=True):
    """Whoever asks. ``via``: how they proved it."""

    name: str
    display_name: str
    via: str
    password: bool
    preferences: Preferences


class SessionView(msgspec.Struct, frozen=True):
    """Who asks and what they may: everywhere, and by team. ``csrf``: what requests that change something say in
    ``X-CSRF-Token``. ``oidc``: what the button of the OpenID provider says, None where there is no provider."""

    state: State
    person: Self | None
    permissions: list[str]
    teams: dict[str, list[str]]
    csrf: str | None
    oidc: str | None


class SessionRow(msgspec.Struct, frozen=True):
    """A session; ``current``: the one that asks."""

    session: OpenSession
    current: bool


@router.get("/session")
@answers(SessionView)
async def show(request: Request, given: Given, _: None = Depends(public())) -> SessionView:
    """Who asks, or that nobody is signed in, or that there is no administrator yet."""
    try:
        who: Principal = await request.app.state.authenticate(request)
    except DeniedError:
        state: State = "anonymous" if await given.people.any_administrator() else "setup"
        return SessionView(state, None, [], {}, None, _provider(given))
    return await _view(given, who, cookies.read(request, COOKIE))


@router.post("/session")
@answers(SessionView, refuses=(429, 503))
async def sign_in(
    request: Request, given: Given, _: None = Depends(public()), asked: SignInBody = Depends(reads(SignInBody))
) -> SessionView:
    """Signs in: the answer sets the cookie. Refused for a while (429) after several failures."""
    csrf.require_same_origin(request)
    device = cookies.read(request, devices.COOKIE)
    entered = await given.sign_ins.enter(asked.name, asked.password, origin_of(request), device=device)
    return await _entered(request, given, entered)


@router.delete("/session")
@answers_nothing()
async def sign_out(request: Request, given: Given, who: Principal = Depends(require("account.write"))) -> None:
    """Signs out: the session of the cookie ends."""
    if who.via == "session":
        await given.sign_ins.leave(who, cookies.read(request, COOKIE))
    hand_out(request, None)


@router.post("/setup")
@answers(SessionView, refuses=(409, 429, 503))
async def set_up(
    request: Request, given: Given, _: None = Depends(public()), asked: SetUpBody = Depends(reads(SetUpBody))
) -> SessionView:
    """Makes the first administrator with the code that ``gatewright up`` printed, and signs them in. Possible once."""
    csrf.require_same_origin(request)
    entered = await given.set_up.first(
        asked.token.strip(), asked.name, asked.display_name, asked.password, origin_of(request)
    )
    return await _entered(request, given, entered)


@router.get("/sessions")
@answers_pages(SessionRow)
async def sessions(
    request: Request, given: Given, page: Paging, who: Principal = Depends(require("account.read"))
) -> Page[SessionRow]:
    """Where one is signed in."""
    current = await given.sign_ins.current(cookies.read(request, COOKIE)) if who.via == "session" else ""
    found = [SessionRow(session, session.id == current) for session in await given.sign_ins.all(who)]
    return page.of(found, lambda row: (row.session.created_at, row.session.id), newest_first=True)


@router.delete("/sessions")
@answers_nothing()
async def end_others(request: Request, given: Given, who: Principal = Depends(require("account.write"))) -> None:
    """Signs out everywhere else."""
    await given.sign_ins.end_others(who, cookies.read(request, COOKIE) if who.via == "session" else "")


@router.delete("/sessions/{id}")
@answers_nothing(refuses=(404,))
async def end(id: SessionId, given: Given, who: Principal = Depends(require("account.write"))) -> None:
    """Signs out there."""
    await given.sign_ins.end(who, id)


@router.put("/me/password")
@answers_nothing(refuses=(429, 503))
async def password(
    request: Request,
    given: Given,
    who: Principal = Depends(require("account.write")),
    asked: OwnPasswordBody = Depends(reads(OwnPasswordBody)),
) -> None:
    """Changes one's own password; the other sessions end."""
    session = await given.sign_ins.current(cookies.read(request, COOKIE)) if who.via == "session" else ""
    await given.people.change_own_password(who, asked.current, asked.password, origin_of(request), session)


@router.put("/me/preferences")
@answers_nothing()
async def preferences(
    given: Given,
    who: Principal = Depends(require("account.write")),
    asked: PreferencesBody = Depends(reads(PreferencesBody)),
) -> None:
    """Keeps how one wants to see pages."""
    about(quiet=True)
    await given.people.set_preferences(
        who, Preferences(asked.theme, asked.language, dict(list(asked.pages.items())[:64]))
    )


async def _entered(request: Request, given: Given, entered: Entered) -> SessionView:
    hand_out(request, entered)
    who = await given.sign_ins.recognise(entered.cookie)
    assert who is not None, "a session that has just begun"
    return await _view(given, who, entered.cookie)


async def _view(given: Given, who: Principal, cookie: str) -> SessionView:
    signed_in = who.via == "session"
    person = await given.people.get(who.name) if who.via in ("session", "token") else None
    shown = Self(
        who.name,
        person.display_name if person else "",
        who.via,
        person.password if person else False,
        person.preferences if person else Preferences(),
    )
    teams = {team: sorted(held) for team, held in sorted(who.teams.items())}
    token = csrf.token_of(cookie) if signed_in else None
    return SessionView("signed-in", shown, sorted(who.permissions), teams, token, _provider(given))


def _provider(given: Given) -> str | None:
    """What the button for signing in with the OpenID provider says."""
    return None if given.oidc is None else given.oidc.label

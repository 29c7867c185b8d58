"""Who may do what: every route names its permission, and nothing is allowed that is not named (invariant 9).

A route declares ``Depends(require("cluster.register"))``; ``undeclared`` lists the routes that do not, and the
application refuses to start with one. What a permission is asked for:

- The route has a team (the path parameter ``team``, or the query parameter ``team`` where it is given): to have the
  permission in that team is enough.
- ``require(permission, anywhere=True)`` without a team: to have it in any team is enough, and the route answers with no
  more than ``who.teams_with(permission)`` may see (``server.scope``).
- Otherwise the permission must hold in the whole installation.
- A body that names teams is checked by the route itself, with ``allow(who, permission, team)``.

A team that one may not see is answered as a team that does not exist: neither is looked up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from gatewright.server.errors import ForbiddenError
from gatewright.server.principal import Permission, Principal
from gatewright.server.veil import note
from gatewright.store.errors import UnknownTeamError
from gatewright.store.sql import nearest

TEAM: Final = "team"
"""The name of the parameter by which a route has a team."""


class Require:
    """The dependency that lets a principal with ``permission`` through, and gives it to the route. ``anywhere``: the
    route filters what it answers with, so that having it in any team is enough."""

    def __init__(self, permission: Permission, *, anywhere: bool = False) -> None:
        self.permission: Permission = permission
        self.anywhere = anywhere

    async def __call__(self, request: Request) -> Principal:
        who: Principal = await request.app.state.authenticate(request)
        note(request, who, self.permission)
        teams = _teams_of(request)
        for team in teams:
            allow(who, self.permission, team)
        if not teams:
            self._require_anywhere(who) if self.anywhere else allow(who, self.permission)
        return who

    def _require_anywhere(self, who: Principal) -> None:
        if not may_anywhere(who, self.permission):
            raise ForbiddenError(permission=self.permission, who=who.name)

    def __repr__(self) -> str:
        return f"require({self.permission!r}{', anywhere=True' if self.anywhere else ''})"


def require(permission: Permission, *, anywhere: bool = False) -> Require:
    """The dependency for a route. Raises ``UnauthenticatedError``, ``ForbiddenError`` or ``UnknownTeamError`` when a
    request comes."""
    return Require(permission, anywhere=anywhere)


class Public:
    """The dependency of a route that asks nobody who they are: whoever reaches the server may use it."""

    async def __call__(self) -> None: ...

    def __repr__(self) -> str:
        return "public()"


def public() -> Public:
    """Declares that a route is for everybody. ``tests/unit/server/test_permissions.py`` lists them all."""
    return Public()


def is_public(route: APIRoute) -> bool:
    """Whether a route says that it is for everybody."""
    return any(isinstance(d.call, Public) for d in _flat(route.dependant))


def allow(who: Principal, permission: Permission, team: str | None = None) -> None:
    """Passes where ``who`` may do this, in ``team`` or (None) in the whole installation.

    Raises ``ForbiddenError``; and ``UnknownTeamError``, whether it exists or not, for a team that ``who`` may not see,
    unless ``who`` may do this in no team at all, which tells nothing of this one.
    """
    if who.may(permission, team):
        return
    if team is None or who.sees(team) or not may_anywhere(who, permission):
        raise ForbiddenError(permission=permission, who=who.name)
    raise unknown_team(who, team)


def may_anywhere(who: Principal, permission: Permission) -> bool:
    """Whether ``who`` may do this in the whole installation, or in some team."""
    return who.teams_with(permission) != frozenset()


def unknown_team(who: Principal, team: str) -> UnknownTeamError:
    """What is answered for a team that does not exist, or that ``who`` may not see; it names only teams of theirs."""
    return UnknownTeamError(team=team[:80], nearest=nearest(team, sorted(filter(who.sees, who.teams))))


def _teams_of(request: Request) -> list[str]:
    """The teams that the address names where the route has a team."""
    route = request.scope.get("route")
    known = {p.alias for p in route.dependant.query_params} if isinstance(route, APIRoute) else set[str]()
    in_path = request.path_params.get(TEAM)
    return ([in_path] if in_path else []) + (request.query_params.getlist(TEAM) if TEAM in known else [])


def requirement_of(route: APIRoute) -> Require | None:
    """What a route requires, None where it names nothing."""
    return next((d.call for d in _flat(route.dependant) if isinstance(d.call, Require)), None)


def permission_of(route: APIRoute) -> str | None:
    """The permission that a route names, None where it names none."""
    found = requirement_of(route)
    return None if found is None else found.permission


def undeclared(routes: Iterable[object]) -> list[str]:
    """The paths of the routes that neither name a permission nor say that they are public, or do both; anything that
    is no API route counts as one."""
    return [
        getattr(route, "path", repr(route))
        for route in routes
        if not isinstance(route, APIRoute) or (permission_of(route) is None) != is_public(route)
    ]


def _flat(dependant: Dependant) -> Iterable[Dependant]:
    for child in dependant.dependencies:
        yield child
        yield from _flat(child)

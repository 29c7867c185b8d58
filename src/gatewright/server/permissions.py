"""Who may do what: every route names its permission, and nothing is allowed that is not named (invariant 9).

A route declares ``Depends(require("cluster.register"))``; ``undeclared`` lists the routes that do not, and the
application refuses to start with one.
"""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from gatewright.server.errors import ForbiddenError
from gatewright.server.principal import Permission, Principal


class Require:
    """The dependency that lets a principal with ``permission`` through, and gives it to the route."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Principal:
        principal: Principal = request.app.state.authenticate(request)
        if self.permission not in principal.permissions:
            raise ForbiddenError(permission=self.permission, who=principal.name)
        return principal

    def __repr__(self) -> str:
        return f"require({self.permission!r})"


def require(permission: Permission) -> Require:
    """The dependency for a route. Raises ``UnauthenticatedError`` or ``ForbiddenError`` when a request comes."""
    return Require(permission)


def permission_of(route: APIRoute) -> str | None:
    """The permission that a route names, None where it names none."""
    return next((d.call.permission for d in _flat(route.dependant) if isinstance(d.call, Require)), None)


def undeclared(routes: Iterable[object]) -> list[str]:
    """The paths of the routes that name no permission; anything that is no API route counts as one."""
    return [
        getattr(route, "path", repr(route))
        for route in routes
        if not isinstance(route, APIRoute) or permission_of(route) is None
    ]


def _flat(dependant: Dependant) -> Iterable[Dependant]:
    for child in dependant.dependencies:
        yield child
        yield from _flat(child)

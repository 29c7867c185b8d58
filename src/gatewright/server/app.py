"""The application: every route under ``/api/v1``, who may use it, and errors as problems."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Final, get_args

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp

from gatewright import __version__
from gatewright.server import problems
from gatewright.server.audit import Auditing, telling
from gatewright.server.auth import authenticator
from gatewright.server.forwarded import Forwarded
from gatewright.server.headers import SecurityHeaders
from gatewright.server.openapi import document
from gatewright.server.operations import RECHECK_SECONDS, methods_of, unsound
from gatewright.server.paging import PAGE_KEY
from gatewright.server.permissions import undeclared
from gatewright.server.requests import CountingRequests
from gatewright.server.routes import (
    about,
    audit,
    bundles,
    clusters,
    desired,
    drift,
    events,
    fleet,
    health,
    installation,
    metrics,
    notifications,
    objects,
    oidc,
    overview,
    people,
    plans,
    probes,
    registrations,
    rollouts,
    schemas,
    session,
    tokens,
    versions,
)
from gatewright.server.services import Services
from gatewright.server.web import WebApplication

PREFIX: Final = "/api/v1"
_PARTS: Final = (
    about,
    clusters,
    desired,
    bundles,
    plans,
    rollouts,
    fleet,
    drift,
    health,
    events,
    notifications,
    versions,
    probes,
    metrics,
    overview,
    objects,
    installation,
    registrations,
    schemas,
    session,
    oidc,
    people,
    tokens,
    audit,
)


class _Application(FastAPI):
    """Everything that answers, faults included, within the headers of every answer, to whoever asked the proxy."""

    def build_middleware_stack(self) -> ASGIApp:
        settings = self.state.services.settings
        headed = SecurityHeaders(super().build_middleware_stack())
        return Forwarded(headed, settings.proxies, https=settings.url.startswith("https://"))


def create_app(services: Services, *, token: str | None = None) -> FastAPI:
    """The application over ``services``. ``token``: what a request through a socket must bear; None: none is let in.

    Raises ``RuntimeError`` for a route that names no permission or does not declare what it answers.
    """
    app = _Application(
        title="Gatewright", version=__version__, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.services = services
    app.state.recheck_seconds = RECHECK_SECONDS
    setattr(app.state, PAGE_KEY, services.ids.page_key)
    app.add_middleware(Auditing, trail=services.audit)
    app.add_middleware(CountingRequests, counts=services.metrics.sources.requests)
    app.state.authenticate = telling(authenticator(token, services))
    problems.install(app, _methods())
    app.router.routes.extend(_served())
    app.router.routes.append(WebApplication())
    app.openapi = functools.cache(functools.partial(document, app, PREFIX, api_routes()))
    return app


def api_routes() -> list[BaseRoute]:
    """Every route of the API, without the prefix."""
    return [route for part in _PARTS for route in part.router.routes]


@functools.cache
def _served() -> tuple[BaseRoute, ...]:
    """The same under the prefix. No route belongs to one application: what FastAPI makes of them, more slowly than
    they answer, serves every one."""
    if open_routes := undeclared(api_routes()):
        raise RuntimeError(f"routes without a permission: {open_routes}")
    if unsound_routes := unsound(api_routes()):
        raise RuntimeError(f"routes without answers(), or with a body before the permission: {unsound_routes}")
    router = APIRouter()
    for part in _PARTS:
        router.include_router(part.router, prefix=PREFIX)
    return tuple(router.routes)


@functools.cache
def _methods() -> Callable[[str], set[str]]:
    """The methods of a path over all of its routes, of which the web framework names only the first one's."""
    known = [(_pattern(route), methods_of(route)) for route in api_routes() if isinstance(route, APIRoute)]
    return lambda path: {method for pattern, methods in known if pattern.match(path) for method in methods}


def _pattern(route: APIRoute) -> re.Pattern[str]:
    """The paths of a route. A part that is one of a few words is no other word, which may be another route's."""
    found = compile_path(PREFIX + route.path)[0].pattern
    for parameter in route.dependant.path_params:
        if words := get_args(parameter.field_info.annotation):
            found = found.replace(f"<{parameter.alias}>[^/]+", f"<{parameter.alias}>{'|'.join(words)}")
    return re.compile(found)

"""The application: every route under ``/api/v1``, who may use it, and errors as problems."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI
from starlette.routing import BaseRoute

from gatewright import __version__
from gatewright.server import problems
from gatewright.server.auth import authenticator
from gatewright.server.permissions import undeclared
from gatewright.server.routes import about, bundles, clusters, desired, fleet, plans, rollouts
from gatewright.server.services import Services

PREFIX: Final = "/api/v1"
_PARTS: Final = (about, clusters, desired, bundles, plans, rollouts, fleet)


def create_app(services: Services, *, token: str | None = None) -> FastAPI:
    """The application over ``services``. ``token``: what a request through a socket must bear; None: none is let in.

    Raises ``RuntimeError`` for a route without a permission.
    """
    app = FastAPI(
        title="Gatewright", version=__version__, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.services = services
    app.state.authenticate = authenticator(token)
    problems.install(app)
    for part in _PARTS:
        app.include_router(part.router, prefix=PREFIX)
    if open_routes := undeclared(api_routes()):
        raise RuntimeError(f"routes without a permission: {open_routes}")
    return app


def api_routes() -> list[BaseRoute]:
    """Every route of the API, without the prefix."""
    return [route for part in _PARTS for route in part.router.routes]

"""What this server is, and the document that describes its routes."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from gatewright import __version__
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.wire import answer

router = APIRouter(tags=["about"])


@router.get("/version")
async def version(who: Principal = Depends(require("api.describe"))) -> Response:
    """The version of Gatewright, and who asks."""
    return answer({"version": __version__, "api": "v1", "who": who.name})


@router.get("/openapi.json")
async def describe(request: Request, _: Principal = Depends(require("api.describe"))) -> Response:
    """The OpenAPI document of this API."""
    return answer(request.app.openapi())

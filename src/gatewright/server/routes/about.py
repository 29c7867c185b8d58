"""What this server is, and the document that describes its routes."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Request

from gatewright import __version__
from gatewright.server.operations import answers
from gatewright.server.permissions import require
from gatewright.server.principal import Principal

router = APIRouter(tags=["about"])


class Version(msgspec.Struct, frozen=True):
    """The version of Gatewright and of its API, and who asks."""

    version: str
    api: str
    who: str


@router.get("/version")
@answers(Version)
async def version(who: Principal = Depends(require("api.describe", anywhere=True))) -> Version:
    """The version of Gatewright, and who asks."""
    return Version(__version__, "v1", who.name)


@router.get("/openapi.json")
@answers(dict[str, Any])
async def describe(request: Request, _: Principal = Depends(require("api.describe", anywhere=True))) -> dict[str, Any]:
    """The OpenAPI document of this API."""
    return request.app.openapi()

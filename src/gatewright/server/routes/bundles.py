"""The catalogue of Gateway API releases, and the files of one."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from gatewright.model.desired import BundleName, Channel
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.wire import answer

router = APIRouter(tags=["bundles"])


@router.get("/bundles")
async def index(given: Given, _: Principal = Depends(require("bundle.read"))) -> Response:
    """Every release in both channels, oldest first."""
    return answer(given.bundle_list())


@router.get("/bundles/{version}")
async def show(
    version: str, given: Given, channel: Channel = "standard", _: Principal = Depends(require("bundle.read"))
) -> Response:
    return answer(given.bundle_facts(BundleName(version, channel)))


@router.post("/bundles/{version}/pull")
async def pull(
    version: str, given: Given, channel: Channel = "standard", _: Principal = Depends(require("bundle.pull"))
) -> Response:
    """Fetches the files of a release and keeps them. One whose digest differs from the catalogue's is refused."""
    return answer(await given.pull(BundleName(version, channel)))

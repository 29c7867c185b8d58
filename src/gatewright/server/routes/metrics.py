"""Numbers for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from gatewright.server.metrics import MEDIA
from gatewright.server.operations import answers
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given

router = APIRouter(tags=["metrics"])


@router.get("/metrics")
@answers(str, media=MEDIA)
async def metrics(given: Given, _: Principal = Depends(require("metrics.read"))) -> str:
    """The fleet and Gatewright itself in numbers, in the text format of Prometheus."""
    return await given.metrics.scrape()

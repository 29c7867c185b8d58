"""The view: what is installed on each cluster, and the Gateway API objects on them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.wire import answer

router = APIRouter(tags=["fleet"])


@router.get("/status")
async def status(given: Given, team: str | None = None, _: Principal = Depends(require("fleet.read"))) -> Response:
    """Looks at the clusters (of a team) now; one that does not answer shows what was last seen, with its time."""
    return answer(await given.look(team))


@router.get("/resources")
async def resources(
    given: Given,
    kinds: Annotated[list[str], Query(min_length=1)],
    team: str | None = None,
    cluster: Annotated[list[str] | None, Query()] = None,
    all_namespaces: bool = False,
    _: Principal = Depends(require("fleet.read")),
) -> Response:
    """Objects of the kinds, with the state that their conditions tell. Clusters that fail stand beside the rows."""
    return answer(await given.resources(kinds, team, tuple(cluster or ()), all_namespaces))

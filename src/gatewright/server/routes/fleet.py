"""The view: what is installed on each cluster, and the Gateway API objects on them."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from gatewright.model.status import ClusterStatus, Listing
from gatewright.server.operations import answers
from gatewright.server.parameters import Kinds, OfClusters, OfTeam
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import view_of

router = APIRouter(tags=["fleet"])


@router.get("/status")
@answers(list[ClusterStatus], refuses=(404,))
async def status(
    given: Given, team: OfTeam = None, who: Principal = Depends(require("fleet.read", anywhere=True))
) -> list[ClusterStatus]:
    """The clusters (of a team) as they are watched; one that does not answer shows what was last seen, with its
    time. Members of teams see the clusters of their teams, with the health of their part."""
    return await given.look(view_of(who, "fleet.read", team))


@router.get("/resources")
@answers(Listing, refuses=(404,))
async def resources(
    given: Given,
    kinds: Kinds,
    team: OfTeam = None,
    cluster: OfClusters = None,
    all_namespaces: bool = False,
    who: Principal = Depends(require("fleet.read", anywhere=True)),
) -> Listing:
    """Objects of the kinds, with the state that their conditions tell. Clusters that fail stand beside the rows.
    Members of teams see those in the namespaces of their teams, also with ``all_namespaces``."""
    return await given.resources(kinds, view_of(who, "fleet.read", team), tuple(cluster or ()), all_namespaces)

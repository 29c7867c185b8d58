"""One cluster's installation, and what removing the cluster would do."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from gatewright.model.installation import ClusterInstallation, Removal
from gatewright.server.operations import answers
from gatewright.server.parameters import ClusterName
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import view_of

router = APIRouter(tags=["clusters"])


@router.get("/clusters/{name}/installation")
@answers(ClusterInstallation, refuses=(404,))
async def installation(
    name: ClusterName, given: Given, who: Principal = Depends(require("fleet.read", anywhere=True))
) -> ClusterInstallation:
    """What the cluster has of the Gateway API, what it should have and who wants that, and whose each part is. How it
    is reached is told to those who may read clusters; the credential never."""
    return await given.installations.of(name, view_of(who, "fleet.read"), credential=who.may("cluster.read"))


@router.get("/clusters/{name}/removal")
@answers(Removal, refuses=(404,))
async def removal(name: ClusterName, given: Given, _: Principal = Depends(require("cluster.remove"))) -> Removal:
    """What removing the cluster would do: what stands in the way, which teams have to leave first, and what would
    become of every object. Looks at the cluster, and writes nothing."""
    return await given.removals.of(name)

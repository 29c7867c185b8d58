"""Clusters: register, look at, remove, custody, credentials; and the permissions that Gatewright needs in one."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from gatewright.model.desired import Custody, RegisteredCluster
from gatewright.observe.audience import visible_clusters
from gatewright.server.etags import Unmoved
from gatewright.server.operations import YAML, answers, answers_nothing, answers_pages, reads
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import ClusterName, Label, Namespace, Namespaces
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import require_seen, view_of
from gatewright.server.wire import Body, ConnectionBody

router = APIRouter(tags=["clusters"])


class RegisterBody(ConnectionBody, frozen=True):
    name: Label = ""
    custody: Custody | None = None
    read_secrets: bool = False


class ObservationBody(Body, frozen=True):
    """What is left out stays as it is."""

    read_secrets: bool | None = None
    probes: bool | None = None


class CustodyBody(Body, frozen=True):
    """``custody`` None takes the word back. ``evidence``: what the person was shown before saying it."""

    custody: Custody | None = None
    evidence: tuple[str, ...] = ()


@router.get("/clusters")
@answers_pages(RegisteredCluster)
async def index(
    given: Given, page: Paging, who: Principal = Depends(require("cluster.read", anywhere=True))
) -> Page[RegisteredCluster]:
    """Every registered cluster, by name; never a credential. Members of teams see the clusters that their teams are
    bound to, without how they are reached and registered."""
    directory = await given.observatory.directories.read()
    visible = visible_clusters(directory, view_of(who, "cluster.read"))
    found = [cluster for cluster in await given.desired.clusters() if cluster.name in visible]
    return page.of(found, lambda cluster: (cluster.name,))


@router.post("/clusters")
@answers(RegisteredCluster, status=201, refuses=(409, 502))
async def register(
    given: Given,
    who: Principal = Depends(require("cluster.register")),
    asked: RegisterBody = Depends(reads(RegisterBody)),
) -> RegisteredCluster:
    """Connects to the cluster and remembers it. Its identity is the UID of its kube-system namespace."""
    connection = given.connection(asked, who)
    return await given.clusters.register(
        asked.name, connection, custody=asked.custody, read_secrets=asked.read_secrets, who=who.name
    )


@router.get("/clusters/{name}")
@answers(RegisteredCluster, refuses=(404,))
async def show(
    name: ClusterName, given: Given, who: Principal = Depends(require("cluster.read", anywhere=True))
) -> RegisteredCluster:
    """A registered cluster: where it is, whose its CRDs are, which Kubernetes was last seen; to members of teams only
    the last."""
    require_seen(who, "cluster.read", await given.observatory.directories.read(), [name])
    return await given.desired.cluster(name)


@router.delete("/clusters/{name}")
@answers_nothing(refuses=(404, 409))
async def remove(name: ClusterName, given: Given, who: Principal = Depends(require("cluster.remove"))) -> None:
    """Forgets a cluster; refused while teams are bound to it or something that we wrote is in it."""
    await given.clusters.remove(name, who=who.name)


@router.put("/clusters/{name}/custody")
@answers(RegisteredCluster, refuses=(404, 409))
async def custody(
    name: ClusterName,
    given: Given,
    unmoved: Unmoved,
    who: Principal = Depends(require("cluster.custody")),
    asked: CustodyBody = Depends(reads(CustodyBody)),
) -> RegisteredCluster:
    """Records a person's word about who owns the CRDs and controller objects of the cluster."""
    return await given.desired.set_custody(name, asked.custody, who.name, asked.evidence, unmoved)


@router.put("/clusters/{name}/observation")
@answers(RegisteredCluster, refuses=(404,))
async def observation(
    name: ClusterName,
    given: Given,
    unmoved: Unmoved,
    who: Principal = Depends(require("cluster.observation")),
    asked: ObservationBody = Depends(reads(ObservationBody)),
) -> RegisteredCluster:
    """Says whether Gatewright may read the Secrets that listeners name, and whether it probes Gateways."""
    return await given.desired.set_observation(name, asked.read_secrets, asked.probes, who.name, unmoved)


@router.put("/clusters/{name}/credentials")
@answers(RegisteredCluster, refuses=(404, 409, 502))
async def rotate(
    name: ClusterName,
    given: Given,
    who: Principal = Depends(require("cluster.rotate")),
    asked: ConnectionBody = Depends(reads(ConnectionBody)),
) -> RegisteredCluster:
    """Replaces the credentials, after they were tried: they must lead to the same cluster."""
    connection = given.connection(asked, who)
    return await given.clusters.rotate(name, connection, who=who.name)


@router.get("/access")
@answers(str, media=YAML)
async def access(
    given: Given,
    namespace: Namespace = "gatewright",
    removal: bool = False,
    controller: Namespaces = None,
    secrets: bool = False,
    observe_only: bool = False,
    _: Principal = Depends(require("cluster.access")),
) -> str:
    """The least-privilege account and RBAC that Gatewright needs in a cluster, as YAML.

    ``removal``: also to delete namespaces that it created; ``controller``: only controllers in these namespaces;
    ``secrets``: also to read Secrets; ``observe_only``: only to watch, whatever else is asked for.
    """
    return given.access(
        namespace, removal=removal, controllers=controller or (), secrets=secrets, observe_only=observe_only
    )

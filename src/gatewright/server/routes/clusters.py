"""Clusters: register, look at, remove, custody, credentials; and the permissions that Gatewright needs in one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from gatewright.model.desired import Custody
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.wire import Body, ConnectionBody, answer, body, nothing

router = APIRouter(tags=["clusters"])


class RegisterBody(ConnectionBody, frozen=True):
    name: str = ""
    custody: Custody | None = None


class CustodyBody(Body, frozen=True):
    """``custody`` None takes the word back. ``evidence``: what the person was shown before saying it."""

    custody: Custody | None = None
    evidence: tuple[str, ...] = ()


@router.get("/clusters")
async def index(given: Given, _: Principal = Depends(require("cluster.read"))) -> Response:
    """Every registered cluster; never a credential."""
    return answer(await given.desired.clusters())


@router.post("/clusters")
async def register(request: Request, given: Given, who: Principal = Depends(require("cluster.register"))) -> Response:
    """Connects to the cluster and remembers it. Its identity is the UID of its kube-system namespace."""
    asked = await body(request, RegisterBody)
    connection = given.connection(asked, who)
    registered = await given.clusters.register(asked.name, connection, custody=asked.custody, who=who.name)
    return answer(registered, 201)


@router.get("/clusters/{name}")
async def show(name: str, given: Given, _: Principal = Depends(require("cluster.read"))) -> Response:
    return answer(await given.desired.cluster(name))


@router.delete("/clusters/{name}")
async def remove(name: str, given: Given, who: Principal = Depends(require("cluster.remove"))) -> Response:
    """Forgets a cluster; refused while teams are bound to it or something that we wrote is in it."""
    await given.clusters.remove(name, who=who.name)
    return nothing()


@router.put("/clusters/{name}/custody")
async def custody(
    name: str, request: Request, given: Given, who: Principal = Depends(require("cluster.custody"))
) -> Response:
    """Records a person's word about who owns the CRDs and controller objects of the cluster."""
    asked = await body(request, CustodyBody)
    return answer(await given.desired.set_custody(name, asked.custody, who.name, asked.evidence))


@router.put("/clusters/{name}/credentials")
async def rotate(
    name: str, request: Request, given: Given, who: Principal = Depends(require("cluster.rotate"))
) -> Response:
    """Replaces the credentials, after they were tried: they must lead to the same cluster."""
    asked = await body(request, ConnectionBody)
    connection = given.connection(asked, who)
    return answer(await given.clusters.rotate(name, connection, who=who.name))


@router.get("/access")
async def access(
    given: Given,
    namespace: str = "gatewright",
    removal: bool = False,
    controller: Annotated[list[str] | None, Query()] = None,
    _: Principal = Depends(require("cluster.access")),
) -> Response:
    """The least-privilege account and RBAC that Gatewright needs in a cluster, as YAML.

    ``removal``: also to delete namespaces that it created; ``controller``: only controllers in these namespaces.
    """
    rules = given.access(namespace, removal=removal, controllers=controller or ())
    return Response(rules, media_type="application/yaml")

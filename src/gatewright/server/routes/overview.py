"""What the pages show of many clusters at once: the fleet as rows, the mapping of resources, traffic as a graph."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gatewright.gatewayapi.topology import LIMIT
from gatewright.model.mapping import ResourceMapping
from gatewright.model.matrix import FleetRow
from gatewright.model.topology import Topology
from gatewright.server.operations import answers, answers_pages
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import OfClusters, OfTeam
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import view_of

router = APIRouter(tags=["overview"])

Most = Annotated[int, Query(ge=10, le=2000, description="At most so many nodes; those with problems come first.")]


@router.get("/matrix")
@answers_pages(FleetRow, refuses=(404,))
async def matrix(
    given: Given,
    page: Paging,
    team: OfTeam = None,
    who: Principal = Depends(require("fleet.read", anywhere=True)),
) -> Page[FleetRow]:
    """One row per cluster (of a team), by name: health and its first cause, versions, custody, Gateways, routes,
    certificates, drift, skew, and the rollout at work. A team sees what concerns its namespaces."""
    rows = await given.matrix.rows(view_of(who, "fleet.read", team))
    return page.of(rows, lambda row: (row.cluster,))


@router.get("/mappings")
@answers_pages(ResourceMapping, refuses=(404,))
async def mappings(
    given: Given,
    page: Paging,
    team: OfTeam = None,
    who: Principal = Depends(require("fleet.read", anywhere=True)),
) -> Page[ResourceMapping]:
    """The resources of teams, each with its object on every cluster of the team, and whether they say the same."""
    table = await given.mappings.table(view_of(who, "fleet.read", team))
    found = page.of(table.resources, lambda one: one.order)
    return Page(await given.mappings.rows(table, found.items), found.next)


@router.get("/topology")
@answers(Topology, refuses=(404,))
async def topology(
    given: Given,
    team: OfTeam = None,
    cluster: OfClusters = None,
    limit: Most = LIMIT,
    who: Principal = Depends(require("fleet.read", anywhere=True)),
) -> Topology:
    """GatewayClass, Gateway, listener, route and backend as a graph, with what is wrong at each, and where else each
    route is. Without ``cluster``: of all clusters, the worst first, until the graph is full."""
    return await given.topologies.of(view_of(who, "fleet.read", team), tuple(cluster or ()), limit)

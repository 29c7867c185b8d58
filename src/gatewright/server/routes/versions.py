"""Clusters side by side: versions and skew, hostnames, and advice on the map of teams."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gatewright.model.domains import Advice, HostnameComparison
from gatewright.model.versions import Versions
from gatewright.server.operations import answers, answers_pages
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import OfTeam
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import view_of

router = APIRouter(tags=["consistency"])

OfHostname = Annotated[str | None, Query(description="Only this hostname.", max_length=253)]
Different = Annotated[bool, Query(description="Only what is not routed alike, or not on every cluster.")]


@router.get("/versions")
@answers(Versions, refuses=(404,))
async def versions(
    given: Given, team: OfTeam = None, who: Principal = Depends(require("fleet.read", anywhere=True))
) -> Versions:
    """What each cluster (of a team) has of Gateway API, controllers and Kubernetes, and how far teams are apart."""
    return await given.consistency.versions(view_of(who, "fleet.read", team))


@router.get("/hostnames")
@answers_pages(HostnameComparison, refuses=(404,))
async def hostnames(
    given: Given,
    page: Paging,
    team: OfTeam = None,
    hostname: OfHostname = None,
    different: Different = False,
    who: Principal = Depends(require("fleet.read", anywhere=True)),
) -> Page[HostnameComparison]:
    """The hostnames of all clusters, or of a team's namespaces, by name: who serves them, and whether alike."""
    found = await given.consistency.hostnames(view_of(who, "fleet.read", team), hostname=hostname, different=different)
    return page.of(found, lambda comparison: (comparison.hostname,))


@router.get("/advice")
@answers(Advice)
async def advice(given: Given, _: Principal = Depends(require("fleet.read"))) -> Advice:
    """The map of teams, clusters, namespaces and domains, what ties the teams, and what would lower that. It is about
    all teams, so the permission must hold in the whole installation."""
    return await given.consistency.advice()

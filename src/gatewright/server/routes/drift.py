"""Drift: what others changed of ours, and a person's word that a fight is over."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gatewright.model.drift import Drift
from gatewright.server.operations import answers, answers_pages, reads
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import Label, OfTeam
from gatewright.server.permissions import require
from gatewright.server.principal import Permission, Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import require_seen, teams_of
from gatewright.server.wire import Body

router = APIRouter(tags=["drift"])
OneCluster = Annotated[str | None, Query(description="Only on this cluster.")]


class ResumeBody(Body, frozen=True):
    """The cluster on which everything that is fought about may be put back again."""

    cluster: Label


@router.get("/drifts")
@answers_pages(Drift, refuses=(404,))
async def index(
    given: Given,
    page: Paging,
    team: OfTeam = None,
    cluster: OneCluster = None,
    closed: bool = False,
    who: Principal = Depends(require("fleet.read", anywhere=True)),
) -> Page[Drift]:
    """What differs now from what Gatewright wrote, by cluster and object; with ``closed`` also what did. A team's is
    what concerns its clusters, without the namespaces of others."""
    await _require_seen(given, who, "fleet.read", cluster)
    found = await given.drifts.list(teams_of(who, "fleet.read", team), cluster, closed=closed)
    return page.of(found, lambda drift: (drift.cluster, *drift.ref.identity))


@router.post("/drifts/resume")
@answers(list[Drift], refuses=(404,))
async def resume(
    given: Given,
    who: Principal = Depends(require("rollout.command", anywhere=True)),
    asked: ResumeBody = Depends(reads(ResumeBody)),
) -> list[Drift]:
    """Lets what is fought about be put back again: members of teams what is their teams', and not what clusters share.
    404 where nothing is fought about."""
    await _require_seen(given, who, "rollout.command", asked.cluster)
    teams = who.teams_with("rollout.command")
    return list(await given.drifts.resume(asked.cluster, who=who.name, teams=teams))


async def _require_seen(given: Given, who: Principal, permission: Permission, cluster: str | None) -> None:
    if cluster is not None:
        require_seen(who, permission, await given.observatory.directories.read(), [cluster])

"""Drift: what others changed of ours, and a person's word that a fight is over."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gatewright.model.drift import Drift
from gatewright.server.operations import answers, answers_pages, reads
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import Label, OfTeam
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
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
    _: Principal = Depends(require("fleet.read")),
) -> Page[Drift]:
    """What differs now from what Gatewright wrote, by cluster and object; with ``closed`` also what did."""
    found = await given.drifts.list(team, cluster, closed=closed)
    return page.of(found, lambda drift: (drift.cluster, *drift.ref.identity))


@router.post("/drifts/resume")
@answers(list[Drift], refuses=(404,))
async def resume(
    given: Given,
    who: Principal = Depends(require("rollout.command")),
    asked: ResumeBody = Depends(reads(ResumeBody)),
) -> list[Drift]:
    """Lets what is fought about be put back again. 404 where nothing is fought about."""
    return list(await given.drifts.resume(asked.cluster, who=who.name))

"""Health of the fleet, of teams, of clusters and of single objects; and what changes, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gatewright.model.health import ClusterHealth, Found, Health, Node, ObjectHealth
from gatewright.observe.changes import LiveChange
from gatewright.server.events import RESET, Event, Resumed, stream
from gatewright.server.operations import answers, answers_pages, streams
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import ClusterName, OfClusters, OfTeam
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given

router = APIRouter(tags=["health"])

ObjectName = Annotated[str, Query(min_length=1, max_length=510, description="NAME, or NAMESPACE/NAME.")]
KindName = Annotated[str, Query(min_length=1, max_length=80, description="Kind, plural or short name; or cluster.")]


@router.get("/health")
@answers(Health, refuses=(404,))
async def health(given: Given, team: OfTeam = None, _: Principal = Depends(require("fleet.read"))) -> Health:
    """The fleet (or a team) rolled up, with the few causes that explain the most."""
    return await given.views.health(team)


@router.get("/clusters/{name}/health")
@answers(ClusterHealth, refuses=(404,))
async def of_cluster(
    name: ClusterName, given: Given, team: OfTeam = None, _: Principal = Depends(require("fleet.read"))
) -> ClusterHealth:
    """One cluster, as a whole or as a team sees it."""
    return await given.views.cluster(name, team)


@router.get("/clusters/{name}/objects")
@answers_pages(ObjectHealth, refuses=(404,))
async def objects(
    name: ClusterName,
    given: Given,
    paging: Paging,
    team: OfTeam = None,
    _: Principal = Depends(require("fleet.read")),
) -> Page[ObjectHealth]:
    """Every judged object of a cluster, with its conditions and findings."""
    found = await given.views.objects(name, team)
    return paging.of(found, lambda o: (o.ref.group, o.ref.kind, o.ref.namespace or "", o.ref.name))


@router.get("/findings")
@answers_pages(Found, refuses=(404,))
async def findings(
    given: Given,
    paging: Paging,
    team: OfTeam = None,
    cluster: OfClusters = None,
    code: Annotated[str | None, Query(max_length=80)] = None,
    _: Principal = Depends(require("fleet.read")),
) -> Page[Found]:
    """Every finding, by cluster."""
    found = await given.views.findings(team, tuple(cluster or ()), code)
    return paging.of(found, lambda f: (f.cluster, f.finding.code, *f.finding.subject.identity, f.finding.where))


@router.get("/explain")
@answers(list[Node], refuses=(404,))
async def explain(
    given: Given,
    kind: KindName,
    name: ObjectName,
    team: OfTeam = None,
    cluster: OfClusters = None,
    _: Principal = Depends(require("fleet.read")),
) -> list[Node]:
    """The tree of an object in every cluster that has it: what it hangs on, what hangs on it, and what is wrong."""
    return await given.views.explain(kind, name, team=team, names=tuple(cluster or ()))


@router.get("/changes")
@streams(LiveChange)
async def changes(
    given: Given, resumed: Resumed, _: Principal = Depends(require("fleet.read"))
) -> AsyncGenerator[bytes]:
    """What changes in the clusters, as it is judged. Goes on after ``Last-Event-ID``; the event ``reset`` says that
    this is not possible, and that everything should be read anew."""
    position = resumed.position()
    after = "" if position is None else f"{position[0]}.{position[1]}"
    return stream(_sent(given.observatory.board.changes.follow(after)))


async def _sent(changes: AsyncGenerator[LiveChange]) -> AsyncGenerator[Event]:
    async with aclosing(changes):
        async for change in changes:
            yield Event(change.id, change, RESET if change.what == "reset" else "")

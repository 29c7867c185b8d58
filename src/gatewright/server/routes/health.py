"""Health of the fleet, of teams, of clusters and of single objects; and what changes, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query

from gatewright.model.health import ClusterHealth, Found, Health, Node, ObjectHealth
from gatewright.observe.changes import LiveChange
from gatewright.server.events import RESET, Event, Resumed, stream
from gatewright.server.ids import Ids
from gatewright.server.operations import answers, answers_pages, streams
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import ClusterName, OfClusters, OfTeam
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import view_of
from gatewright.server.veil import veiled_stream

router = APIRouter(tags=["health"])

ObjectName = Annotated[str, Query(min_length=1, max_length=510, description="NAME, or NAMESPACE/NAME.")]
KindName = Annotated[str, Query(min_length=1, max_length=80, description="Kind, plural or short name; or cluster.")]


@router.get("/health")
@answers(Health, refuses=(404,))
async def health(
    given: Given, team: OfTeam = None, who: Principal = Depends(require("fleet.read", anywhere=True))
) -> Health:
    """The fleet (or a team) rolled up, with the few causes that explain the most. Of members of teams, what concerns
    their teams."""
    return await given.views.health(view_of(who, "fleet.read", team))


@router.get("/clusters/{name}/health")
@answers(ClusterHealth, refuses=(404,))
async def of_cluster(
    name: ClusterName, given: Given, team: OfTeam = None, who: Principal = Depends(require("fleet.read", anywhere=True))
) -> ClusterHealth:
    """One cluster, as a whole or as a team (the teams of whoever asks) sees it."""
    return await given.views.cluster(name, view_of(who, "fleet.read", team))


@router.get("/clusters/{name}/objects")
@answers_pages(ObjectHealth, refuses=(404,))
async def objects(
    name: ClusterName,
    given: Given,
    paging: Paging,
    team: OfTeam = None,
    who: Principal = Depends(require("fleet.read", anywhere=True)),
) -> Page[ObjectHealth]:
    """Every judged object of a cluster, with its conditions and findings."""
    found = await given.views.objects(name, view_of(who, "fleet.read", team))
    return paging.of(found, lambda o: (o.ref.group, o.ref.kind, o.ref.namespace or "", o.ref.name))


@router.get("/findings")
@answers_pages(Found, refuses=(404,))
async def findings(
    given: Given,
    paging: Paging,
    team: OfTeam = None,
    cluster: OfClusters = None,
    code: Annotated[str | None, Query(max_length=80)] = None,
    who: Principal = Depends(require("fleet.read", anywhere=True)),
) -> Page[Found]:
    """Every finding, by cluster."""
    found = await given.views.findings(view_of(who, "fleet.read", team), tuple(cluster or ()), code)
    return paging.of(found, lambda f: (f.cluster, f.finding.code, *f.finding.subject.identity, f.finding.where))


@router.get("/explain")
@answers(list[Node], refuses=(404,))
async def explain(
    given: Given,
    kind: KindName,
    name: ObjectName,
    team: OfTeam = None,
    cluster: OfClusters = None,
    who: Principal = Depends(require("fleet.read", anywhere=True)),
) -> list[Node]:
    """The tree of an object in every cluster that has it: what it hangs on, what hangs on it, and what is wrong."""
    return await given.views.explain(kind, name, view=view_of(who, "fleet.read", team), names=tuple(cluster or ()))


@router.get("/changes")
@streams(LiveChange, refuses=(404,))
async def changes(
    given: Given,
    resumed: Resumed,
    team: OfTeam = None,
    who: Principal = Depends(require("fleet.read", anywhere=True)),
) -> AsyncGenerator[bytes]:
    """What changes in the clusters (of a team), as it is judged. Goes on after ``Last-Event-ID``; the event ``reset``
    says that this is not possible, and that everything should be read anew."""
    found = await given.changes(view_of(who, "fleet.read", team), _position(given.ids, resumed.id))
    return stream(_sent(given.ids, veiled_stream(given.observatory.directories, who, "fleet.read", found)))


def _position(ids: Ids, given: str | None) -> str:
    """Where the live changes go on, as ``observe.changes`` has it."""
    if given is None:
        return ""
    epoch, number = ids.open_with_epoch("change", given)
    return f"{epoch.hex()}.{number}"


async def _sent(ids: Ids, changes: AsyncGenerator[LiveChange]) -> AsyncGenerator[Event]:
    async with aclosing(changes):
        async for change in changes:
            epoch, _, number = change.id.partition(".")
            sealed = ids.seal("change", int(number), bytes.fromhex(epoch))
            told = msgspec.structs.replace(change, id=sealed)
            yield Event(sealed, told, RESET if change.what == "reset" else "")

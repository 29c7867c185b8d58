"""What the pages of teams and resources ask: teams by health, the objects of many clusters, one of them as YAML."""

from __future__ import annotations

from typing import Annotated

import msgspec
import yaml
from fastapi import APIRouter, Depends, Query

from gatewright.model.health import Health, HealthState, SeenObject
from gatewright.model.names import MAX_LABEL
from gatewright.observe.audience import teams_of
from gatewright.observe.objects import ObjectList, Place, Wanted, place
from gatewright.server.errors import ContinueError
from gatewright.server.operations import YAML, answers, answers_pages
from gatewright.server.paging import Key, Page, Paging
from gatewright.server.parameters import LABEL_OR_EMPTY, OBJECT_NAME, ClusterName, OfClusters, OfTeam
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import view_of

router = APIRouter(tags=["objects"])

KindName = Annotated[
    str, Query(description="Kind, plural or short name.", json_schema_extra={"format": "gateway-api-kind"})
]
OfKinds = Annotated[list[KindName] | None, Query(description="Only of these kinds.")]
OfStates = Annotated[list[HealthState] | None, Query(description="Only in these states.")]
Words = Annotated[str, Query(max_length=200, description="All of these words in names, or codes of what is wrong.")]
Named = Annotated[str, Query(description="Name of the object.", pattern=OBJECT_NAME, max_length=253)]
Within = Annotated[
    str,
    Query(description="Its namespace; empty for what is in none.", pattern=LABEL_OR_EMPTY, max_length=MAX_LABEL),
]


@router.get("/health/teams")
@answers(list[Health], refuses=(404,))
async def teams(given: Given, who: Principal = Depends(require("fleet.read", anywhere=True))) -> list[Health]:
    """Every team (that one may see) rolled up, by name: its clusters by state, the first cause, and how its clusters
    differ."""
    names = teams_of(await given.observatory.directories.read(), view_of(who, "fleet.read"))
    found = await given.views.healths(view_of(who, "fleet.read", name) for name in names)
    return [msgspec.structs.replace(one, members=(), causes=one.causes[:1]) for one in found]


@router.get("/objects")
@answers_pages(SeenObject, refuses=(404,))
async def objects(
    given: Given,
    paging: Paging,
    team: OfTeam = None,
    cluster: OfClusters = None,
    kind: OfKinds = None,
    state: OfStates = None,
    q: Words = "",
    who: Principal = Depends(require("fleet.read", anywhere=True)),
) -> Page[SeenObject]:
    """Every judged object of the clusters, with its conditions and findings; the worst first."""
    wanted = Wanted(tuple(kind or ()), tuple(state or ()), q.lower().split())
    view = view_of(who, "fleet.read", team)
    listed = ObjectList(given.observatory, given.clusters)
    found = await listed.first(view, tuple(cluster or ()), wanted, _place(paging.after), paging.limit + 1)
    return paging.cut(found, place)


@router.get("/clusters/{name}/object")
@answers(str, media=YAML, refuses=(404, 502))
async def live(
    name: ClusterName,
    kind: KindName,
    object: Named,
    given: Given,
    namespace: Within = "",
    team: OfTeam = None,
    who: Principal = Depends(require("fleet.read", anywhere=True)),
) -> str:
    """An object of the Gateway API as the cluster has it now, as YAML; to members of teams what is in their
    namespaces."""
    view = view_of(who, "fleet.read", team)
    found = await ObjectList(given.observatory, given.clusters).live(view, name, kind, namespace, object)
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=1000)


def _place(after: Key | None) -> Place | None:
    if after is None:
        return None
    rank, *names = after
    texts = [name for name in names if isinstance(name, str)]
    if not isinstance(rank, int) or len(texts) != 4 or len(names) != 4:
        raise ContinueError()
    return (rank, texts[0], texts[1], texts[2], texts[3])

"""The event log: what people changed and what the fleet did, in the order in which it became true."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gatewright.model.events import Event
from gatewright.server.errors import ContinueError
from gatewright.server.eventlog import EventFilter
from gatewright.server.events import MAX_SEQ, Resumed, stream
from gatewright.server.operations import answers_pages, streams
from gatewright.server.paging import Page, PageRequest, Paging
from gatewright.server.parameters import OfTeam
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given

router = APIRouter(tags=["events"])

OfCluster = Annotated[str | None, Query(description="Only about this cluster.", max_length=80)]
OfKind = Annotated[str, Query(description="Only kinds that begin with this, e.g. rollout.", max_length=80)]
After = Annotated[int | None, Query(ge=0, le=MAX_SEQ, description="Only events after this number, oldest first.")]
Before = Annotated[int | None, Query(ge=0, le=MAX_SEQ, description="Only events before this number.")]


@router.get("/events")
@answers_pages(Event)
async def index(
    given: Given,
    page: Paging,
    after: After = None,
    before: Before = None,
    team: OfTeam = None,
    cluster: OfCluster = None,
    what: OfKind = "",
    _: Principal = Depends(require("event.read")),
) -> Page[Event]:
    """Newest first; with ``after`` oldest first. A team's events are its own, and those of no team about its
    clusters."""
    last = _number(page)
    newest = after is None
    if last is not None and newest:
        before = last if before is None else min(last, before)
    elif last is not None:
        after = max(last, after or 0)
    wanted = EventFilter(team, cluster, what)
    found = await given.events.page(wanted, after=after or 0, before=before, newest=newest, limit=page.limit + 1)
    return page.cut(found, lambda event: (event.id,))


@router.get("/events/stream")
@streams(Event)
async def follow(
    given: Given,
    resumed: Resumed,
    after: After = None,
    team: OfTeam = None,
    cluster: OfCluster = None,
    what: OfKind = "",
    _: Principal = Depends(require("event.read")),
) -> AsyncGenerator[bytes]:
    """Events as they are committed, each with its number as id: after ``Last-Event-ID``, else after ``after``, else
    from now on. Nothing is missed in between, whichever process raised it."""
    start = resumed.number()
    return stream(given.events.follow(EventFilter(team, cluster, what), after if start is None else start))


def _number(page: PageRequest) -> int | None:
    match page.after:
        case None:
            return None
        case (int(number),) if 0 <= number <= MAX_SEQ:
            return number
        case _:
            raise ContinueError()

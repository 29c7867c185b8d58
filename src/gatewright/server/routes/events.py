"""The event log: what people changed and what the fleet did, in the order in which it became true."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query

from gatewright.model.events import OF_ALL, Event
from gatewright.server.errors import ContinueError, EventIdError
from gatewright.server.eventlog import EventFilter
from gatewright.server.events import Event as Sent
from gatewright.server.events import Resumed, stream
from gatewright.server.ids import SEALED, Ids
from gatewright.server.operations import answers_pages, streams
from gatewright.server.paging import Page, PageRequest, Paging
from gatewright.server.parameters import OfTeam
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import history_of, require_seen
from gatewright.server.values import EventView, event_view
from gatewright.server.veil import veiled_stream

router = APIRouter(tags=["events"])

OfCluster = Annotated[str | None, Query(description="Only about this cluster.", max_length=80)]
OfKind = Annotated[str, Query(description="Only kinds that begin with this, e.g. rollout.", max_length=80)]
After = Annotated[
    str | None,
    Query(description="Only events after this one, oldest first; 0: from the first.", json_schema_extra=SEALED),
]
Before = Annotated[str | None, Query(description="Only events before this one.", json_schema_extra=SEALED)]


@router.get("/events")
@answers_pages(EventView, refuses=(404,))
async def index(
    given: Given,
    page: Paging,
    after: After = None,
    before: Before = None,
    team: OfTeam = None,
    cluster: OfCluster = None,
    what: OfKind = "",
    who: Principal = Depends(require("event.read", anywhere=True)),
) -> Page[EventView]:
    """Newest first; with ``after`` oldest first. A team's events are its own, and those of no team about its
    clusters; to members without what those clusters are registered as."""
    wanted = await _wanted(given, who, team, cluster, what)
    first, until = _number(given.ids, after), _number(given.ids, before)
    newest = first is None
    if (last := _last(given.ids, page)) is not None:
        first, until = (first, min(last, until or last)) if newest else (max(last, first or 0), until)
    found = await given.events.page(wanted, after=first or 0, before=until, newest=newest, limit=page.limit + 1)
    return page.cut([_told(given.ids, who, event) for event in found], lambda event: (event.id,))


@router.get("/events/stream")
@streams(EventView, refuses=(404,))
async def follow(
    given: Given,
    resumed: Resumed,
    after: After = None,
    team: OfTeam = None,
    cluster: OfCluster = None,
    what: OfKind = "",
    who: Principal = Depends(require("event.read", anywhere=True)),
) -> AsyncGenerator[bytes]:
    """Events as they are committed: after ``Last-Event-ID``, else after ``after``, else from now on. Nothing is missed
    in between, whichever process raised it."""
    wanted = await _wanted(given, who, team, cluster, what)
    start = _number(given.ids, resumed.id or after)
    told = _each(given, who, given.events.follow(wanted, start))
    return stream(_sent(veiled_stream(given.observatory.directories, who, "event.read", told)))


async def _each(given: Given, who: Principal, events: AsyncGenerator[Event]) -> AsyncGenerator[EventView]:
    async with aclosing(events):
        async for event in events:
            yield _told(given.ids, who, event)


async def _wanted(given: Given, who: Principal, team: str | None, cluster: str | None, what: str) -> EventFilter:
    """What whoever asks may see of what they ask for. Raises ``UnknownClusterError`` where they may not know it."""
    if who.teams_with("event.read") is None:
        return EventFilter(team, cluster, what)
    if cluster is not None:
        require_seen(who, "event.read", await given.observatory.directories.read(), [cluster])
    return EventFilter(await history_of(given.database, who, "event.read", team), cluster, what, OF_ALL)


def _told(ids: Ids, who: Principal, event: Event) -> EventView:
    if event.what.startswith("cluster.") and not who.may("cluster.read"):
        event = msgspec.structs.replace(event, before=None, after=None)
    return event_view(event, ids.seal("event", event.id))


async def _sent(events: AsyncGenerator[EventView]) -> AsyncGenerator[Sent]:
    async with aclosing(events):
        async for event in events:
            yield Sent(event.id, event)


def _number(ids: Ids, given: str | None) -> int | None:
    return None if given is None else ids.open("event", given)


def _last(ids: Ids, page: PageRequest) -> int | None:
    match page.after:
        case None:
            return None
        case (str(id),):
            with contextlib.suppress(EventIdError):
                return ids.open("event", id)
        case _:
            pass
    raise ContinueError()

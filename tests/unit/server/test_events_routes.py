"""The event log through the API: in pages both ways, and as a stream that resumes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gatewright.server.services import Services
from gatewright.store.database import Database


@pytest.fixture
async def database(services: Services) -> Database:
    return services.clusters.database


async def note(database: Database, *whats: str, **more: Any) -> None:
    async with database.transaction() as unit:
        for what in whats:
            await unit.journal.note("w", what, "x", **more)


class Log:
    """The log through the API, its identifiers as the numbers that the tests give."""

    def __init__(self, api: httpx.AsyncClient, services: Services) -> None:
        self.api, self._ids = api, services.ids

    def id(self, number: int) -> str:
        return self._ids.seal("event", number)

    def number(self, id: str) -> int:
        return self._ids.open("event", id)

    async def read(self, **query: Any) -> list[int]:
        asked = {key: self.id(value) if key in ("after", "before") else value for key, value in query.items()}
        answer = await self.api.get("/events", params=asked)
        assert answer.status_code == 200, answer.text
        return [self.number(event["id"]) for event in answer.json()]


@pytest.fixture
def log(api: httpx.AsyncClient, services: Services) -> Log:
    return Log(api, services)


async def test_the_newest_come_first_unless_one_goes_on_after(log: Log, database: Database) -> None:
    await note(database, *"abcde")
    assert await log.read() == [5, 4, 3, 2, 1]
    assert await log.read(limit=2) == [5, 4]
    assert await log.read(before=3) == [2, 1]
    assert await log.read(after=3) == [4, 5]
    assert await log.read(after=0, before=3) == [1, 2]


@pytest.mark.parametrize(("query", "expected"), [({}, [5, 4, 3, 2, 1]), ({"after": "0"}, [1, 2, 3, 4, 5])])
async def test_pages_join_without_gap_or_repetition(
    log: Log, database: Database, query: dict[str, str], expected: list[int]
) -> None:
    await note(database, *"abcde")
    found: list[int] = []
    answer = await log.api.get("/events", params={**query, "limit": 2})
    while True:
        found += [log.number(event["id"]) for event in answer.json()]
        if "next" not in answer.links:
            break
        await note(database, "later") if not query else None
        answer = await log.api.get(answer.links["next"]["url"].removeprefix("/api/v1"))
    assert found == expected


async def test_events_are_filtered(log: Log, database: Database) -> None:
    await note(database, "drift.found", cluster="a")
    await note(database, "drift.healed", "health.object", team="t")
    assert await log.read(cluster="a") == [1]
    assert await log.read(team="t") == [3, 2]
    assert await log.read(what="drift.") == [2, 1]


@pytest.mark.parametrize("query", [{"after": -1}, {"before": "x"}, {"limit": 0}, {"continue": "x"}, {"order": "up"}])
async def test_a_wrong_parameter_is_refused(api: httpx.AsyncClient, query: dict[str, Any]) -> None:
    assert (await api.get("/events", params=query)).status_code == 422


async def events_of(answer: httpx.Response, log: Log) -> AsyncIterator[tuple[int, str]]:
    number = 0
    async for line in answer.aiter_lines():
        if line.startswith("id: "):
            number = log.number(line[4:])
        elif line.startswith("data: "):
            assert log.number(json.loads(line[6:])["id"]) == number
            yield number, json.loads(line[6:])["what"]


async def test_a_stream_goes_on_after_the_last_event_and_wakes_for_new_ones(log: Log, database: Database) -> None:
    await note(database, "a", "b", "c")
    cut_off = {"Last-Event-ID": log.id(1)}
    async with asyncio.timeout(30), log.api.stream("GET", "/events/stream", headers=cut_off) as answer:
        found = events_of(answer, log)
        assert [await anext(found), await anext(found)] == [(2, "b"), (3, "c")]
        await note(database, "d")
        assert await anext(found) == (4, "d")


async def test_a_stream_tells_what_another_process_raised(log: Log, services: Services) -> None:
    query = {"what": "b", "after": "0"}
    async with asyncio.timeout(30), log.api.stream("GET", "/events/stream", params=query) as answer:
        found = events_of(answer, log)
        async with Database.open(services.settings.database) as other:
            await note(other, "a", "b")
        assert await anext(found) == (2, "b")


async def test_a_stream_begins_now_unless_told_otherwise(services: Services, database: Database) -> None:
    from gatewright.server.eventlog import EventFilter

    await note(database, "old")
    following = services.events.follow(EventFilter(), None, poll=0.01)
    async with asyncio.timeout(30):
        first = asyncio.ensure_future(anext(following))
        while not first.done():
            await note(database, "new")
            await asyncio.sleep(0.01)
    assert (await first).what == "new"
    await following.aclose()


async def test_an_id_that_no_stream_gave_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.get("/events/stream", headers={"Last-Event-ID": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "server.event-id")

"""The event stream: numbered, resumable, alive in silence, and closed with its reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import httpx
import msgspec
import pytest

from gatewright.server.events import stream
from gatewright.server.services import Services


class Line(msgspec.Struct):
    seq: int
    text: str


class _Rollouts:
    """A log of three lines; remembers from where it was read and whether its reader was let go."""

    def __init__(self, *, endless: bool = False) -> None:
        self.after = -1
        self.closed = asyncio.Event()
        self._endless = endless

    async def show(self, id: str, *, team: object = None) -> None:
        return None

    async def events(self, id: str, *, after: int = 0) -> AsyncIterator[Line]:
        self.after = after
        try:
            for number in range(after + 1, 4):
                yield Line(number, "a\nb")
            if self._endless:
                await asyncio.Event().wait()
        finally:
            self.closed.set()


Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


async def test_every_event_has_its_number(connect: Connect, services: Services) -> None:
    async with connect(over=replace(services, rollouts=_Rollouts())) as client:  # type: ignore[arg-type]
        answer = await client.get("/rollouts/r/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == "".join(f'id: {n}\ndata: {{"seq":{n},"text":"a\\nb"}}\n\n' for n in (1, 2, 3))


async def test_a_reader_that_was_cut_off_goes_on(connect: Connect, services: Services) -> None:
    fake = _Rollouts()
    async with connect(over=replace(services, rollouts=fake)) as client:  # type: ignore[arg-type]
        answer = await client.get("/rollouts/r/events", headers={"Last-Event-ID": "2"})
        assert answer.text.startswith("id: 3\n")
        await client.get("/rollouts/r/events", params={"after": 1})
    assert fake.after == 1


async def test_a_reader_that_leaves_ends_the_stream(connect: Connect, services: Services) -> None:
    fake = _Rollouts(endless=True)
    async with connect(over=replace(services, rollouts=fake)) as client:  # type: ignore[arg-type]
        async with client.stream("GET", "/rollouts/r/events") as answer:
            lines = answer.aiter_lines()
            assert await anext(lines) == "id: 1"
        async with asyncio.timeout(5):
            await fake.closed.wait()


async def test_silence_is_filled() -> None:
    fake = _Rollouts(endless=True)
    found = stream(fake.events("r", after=3), heartbeat=0.01)
    assert [await anext(found), await anext(found)] == [b": alive\n\n", b": alive\n\n"]
    await found.aclose()
    assert fake.closed.is_set()


@pytest.mark.parametrize("id", ["", "x", "-1", "0" * 19])
async def test_what_is_no_number_is_refused(connect: Connect, services: Services, id: str) -> None:
    async with connect(over=replace(services, rollouts=_Rollouts())) as client:  # type: ignore[arg-type]
        answer = await client.get("/rollouts/r/events", headers={"Last-Event-ID": id})
    assert (answer.status_code, answer.json()["code"]) == (422, "server.event-id")

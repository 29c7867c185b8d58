"""A receiver of messages over real HTTP, and migrated databases of both kinds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from gatewright.store.database import Database
from gatewright.store.secrets import KeyRing

RING = KeyRing((b"k" * 32,))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def ring() -> KeyRing:
    return RING


@dataclass
class Receiver:
    """``answers``: what the next requests get (status, body, headers), the last for all that follow; None hangs."""

    url: str = ""
    answers: list[tuple[int, str, dict[str, str]] | None] = field(default_factory=lambda: [(200, "{}", {})])
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, *statuses: int, **headers: str) -> None:
        self.answers = [(status, "{}", {k.replace("_", "-"): v for k, v in headers.items()}) for status in statuses]

    @property
    def texts(self) -> list[str]:
        return [json.loads(body)["text"] for _, body in self.seen]

    @property
    def ids(self) -> list[str]:
        return [headers["X-Gatewright-Delivery"] for headers, _ in self.seen]

    async def handle(self, request: web.Request) -> web.Response:
        self.seen.append((dict(request.headers), await request.read()))
        self.arrived.set()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            await asyncio.Event().wait()
            raise AssertionError
        status, body, headers = answer
        return web.Response(status=status, text=body, headers=headers)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    application = web.Application()
    application.router.add_post("/hook", made.handle)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


Note = Callable[..., Any]


@pytest.fixture
def note(db: Database) -> Note:
    """``await note("degraded", severity="error")``: the health of one Gateway becomes that."""

    async def noted(health: str, what: str = "health.object", where: str = "Gateway/web", **more: Any) -> None:
        async with db.transaction() as unit:
            await unit.journal.note("watcher", what, where, None, {"health": health}, cluster="a", **more)

    return noted

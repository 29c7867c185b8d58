"""A receiver of messages over real HTTP, and migrated databases of both kinds."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from postgresql_server import binaries, execute, server
from postgresql_server import url as postgresql_url

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
class Ticker:
    """A clock that stands still until it is told to go on."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 22, 12, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Ticker:
    return Ticker()


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


async def _migrate(url: str) -> None:
    async with Database.open(url) as db:
        await db.migrate()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed (package: postgresql)")
    with server(found) as folder:
        execute(folder, "CREATE DATABASE template_gw")
        asyncio.run(_migrate(postgresql_url(folder, "template_gw")))
        yield folder


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "template.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new migrated database."""
    if request.param == "sqlite":
        path = tmp_path / "gw.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    folder = request.getfixturevalue("postgresql")
    execute(folder, "CREATE DATABASE gw TEMPLATE template_gw")
    yield postgresql_url(folder, "gw")
    execute(folder, "DROP DATABASE gw WITH (FORCE)")


@pytest.fixture
async def db(url: str, clock: Ticker) -> AsyncIterator[Database]:
    async with Database.open(url, clock=clock) as database:
        yield database


Note = Callable[..., Any]


@pytest.fixture
def note(db: Database) -> Note:
    """``await note("degraded", severity="error")``: the health of one Gateway becomes that."""

    async def noted(health: str, what: str = "health.object", where: str = "Gateway/web", **more: Any) -> None:
        async with db.transaction() as unit:
            await unit.journal.note("watcher", what, where, None, {"health": health}, cluster="a", **more)

    return noted

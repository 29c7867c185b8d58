"""A stand-in for an API server: just enough for a cluster to be registered, over plain HTTP on the loopback address."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from postgresql_server import binaries, execute, server
from postgresql_server import url as postgresql_url
from renewed_database import RenewedDatabase

from gatewright.store.database import Database

# How long an example takes says how busy the machine is.
settings.register_profile("unit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unit")


def pytest_collection_finish() -> None:
    """What modules and the list of tests consist of stays to the end: no collection of garbage looks at it again."""
    gc.freeze()


SECRET = "Zq7-token-of-the-cluster"
STATUSES: dict[int, dict[str, Any]] = {
    401: {"status": "Failure", "reason": "Unauthorized", "message": "Unauthorized"},
    403: {
        "status": "Failure",
        "reason": "Forbidden",
        "message": 'namespaces "kube-system" is forbidden: User "u" cannot get resource "namespaces" in API group ""',
        "details": {"name": "kube-system", "kind": "namespaces"},
    },
}


@dataclass
class FakeCluster:
    """``answers``: by path; a status for which the path answers with a Kubernetes Status instead."""

    uid: str
    server: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def kubeconfig(self, **user: Any) -> str:
        """A kubeconfig of one context; its user has the token ``SECRET`` unless something else is given."""
        return json.dumps({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": self.server}}],
            "users": [{"name": "u", "user": user or {"token": SECRET}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        })  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    cluster: FakeCluster

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.cluster.seen.append(path)
        found = self.cluster.answers.get(path, 404)
        if isinstance(found, int):
            self._send(found, {**STATUSES.get(found, {}), "kind": "Status", "apiVersion": "v1", "code": found})
        else:
            self._send(200, found)

    def _send(self, status: int, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        return


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


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


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with migrated tables, to copy: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "gatewright.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


async def _migrate(url: str) -> None:
    async with Database.open(url) as database:
        await database.migrate()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The folder of the socket of a running server whose database ``template_gw`` holds migrated tables."""
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL is not installed (package: postgresql)")
    with server(found) as folder:
        execute(folder, "CREATE DATABASE template_gw")
        asyncio.run(_migrate(postgresql_url(folder, "template_gw")))
        yield str(folder)


@pytest.fixture(scope="session")
def renewed(postgresql: str) -> Iterator[RenewedDatabase]:
    """A database with migrated tables, to be renewed for each test."""
    database = RenewedDatabase(postgresql, "template_gw", "gw")
    yield database
    database.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new migrated database."""
    if request.param == "sqlite":
        path = tmp_path / "gw.db"
        shutil.copy(request.getfixturevalue("migrated"), path)
        return f"sqlite:///{path}"
    return request.getfixturevalue("renewed").renew()


@pytest.fixture
async def db(url: str, clock: Ticker) -> AsyncIterator[Database]:
    async with Database.open(url, clock=clock) as database:
        yield database


@pytest.fixture
def home(tmp_path: Path, migrated: Path) -> Path:
    """A GATEWRIGHT_HOME whose database is migrated and empty."""
    made = tmp_path / "home"
    made.mkdir(mode=0o700)
    shutil.copy(migrated, made / "gatewright.db")
    return made


@pytest.fixture
def kubernetes() -> Iterator[FakeCluster]:
    """A running stand-in, version 1.36.0."""
    cluster = FakeCluster("11111111-2222-3333-4444-555555555555")
    cluster.answers = {
        "/version": {"major": "1", "minor": "36", "gitVersion": "v1.36.0"},
        "/api/v1/namespaces/kube-system": {
            "kind": "Namespace",
            "apiVersion": "v1",
            "metadata": {"name": "kube-system", "uid": cluster.uid},
        },
    }
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"cluster": cluster}))
    cluster.server = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield cluster
    server.shutdown()
    thread.join()
    server.server_close()

"""Databases for store tests: every test that asks for ``db`` runs on SQLite and on a real PostgreSQL.

PostgreSQL is a throw-away cluster on a Unix socket, started once per run (as ``postgres`` or ``nobody`` where the
tests run as root, which it refuses). Tables are migrated once into a template; each test gets a copy. Only where the
PostgreSQL binaries are absent are its tests skipped.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gatewright.model.desired import Binding, BundleName, Cluster, ControllerSpec, Desired, Stack, Team
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import ClusterPlan, Plan, Step
from gatewright.store.apply import Registration
from gatewright.store.database import Database
from gatewright.text import Message


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


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


def _postgresql_bin() -> Path | None:
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((p for p in places if (p / "initdb").exists() and (p / "postgres").exists()), None)


def _demoted() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: the user it runs as, for ``subprocess``."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The folder of the socket of a running server whose database ``template_gw`` holds migrated tables."""
    binaries = _postgresql_bin()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (package: postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="gw-pg-", dir="/tmp"))
    demoted = _demoted()
    if demoted:
        os.chown(folder, demoted["user"], demoted["group"])
    data = str(folder / "data")
    make = [str(binaries / "initdb"), "-D", data, "-U", "gw", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run(make, check=True, capture_output=True, cwd=folder, **demoted)
    run = [str(binaries / "postgres"), "-D", data, "-k", str(folder), "-F", "-c", "listen_addresses="]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(run, stdout=log, stderr=log, cwd=folder, **demoted)
    try:
        _await_server(folder, server)
        _execute(folder, "CREATE DATABASE template_gw")
        asyncio.run(_migrate(_url(folder, "template_gw")))
        yield str(folder)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
        shutil.rmtree(folder)


def _await_server(folder: Path, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            return _execute(folder, "SELECT 1")
        except psycopg.OperationalError:
            assert server.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
    raise AssertionError((folder / "log").read_text())


def _execute(folder: Path | str, statement: str) -> None:
    with psycopg.connect(host=str(folder), user="gw", dbname="postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


def _url(folder: Path | str, name: str) -> str:
    return f"postgresql://gw@/{name}?host={folder}"


async def _migrate(url: str) -> None:
    async with Database.open(url) as db:
        await db.migrate()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with migrated tables, to copy."""
    path = tmp_path_factory.mktemp("store") / "template.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'gw.db'}"
        return
    folder = request.getfixturevalue("postgresql")
    _execute(folder, "CREATE DATABASE empty_gw")
    yield _url(folder, "empty_gw")
    _execute(folder, "DROP DATABASE empty_gw WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new migrated database."""
    if request.param == "sqlite":
        path = tmp_path / "gw.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    folder = request.getfixturevalue("postgresql")
    _execute(folder, "CREATE DATABASE gw TEMPLATE template_gw")
    yield _url(folder, "gw")
    _execute(folder, "DROP DATABASE gw WITH (FORCE)")


@pytest.fixture
async def db(url: str, clock: Ticker) -> AsyncIterator[Database]:
    async with Database.open(url, clock=clock) as database:
        yield database


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "only.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


BUNDLE = BundleName("v1.6.1")
STACK = Stack("payments", "web", BUNDLE, ControllerSpec("traefik", "3.7.0", "gateway-system"))
CLUSTERS = ("a", "b", "c")


def registration(name: str) -> Registration:
    return Registration(f"uid-{name}", f"https://{name}.example:6443", "v1.35.0")


REGISTRATIONS = {name: registration(name) for name in CLUSTERS}
FLEET: list[Desired] = [
    *(Cluster(name) for name in CLUSTERS),
    Team("payments"),
    Team("orders", "shop"),
    STACK,
    *(Binding("payments", name, stack="web") for name in CLUSTERS),
]


@pytest.fixture
async def fleet(db: Database) -> Database:
    """``db`` with team payments bound to three clusters, and team orders bound to none."""
    async with db.transaction() as unit:
        await unit.fleet.apply_desired(FLEET, "ann", registrations=REGISTRATIONS)
    return db


def plan(*names: str) -> Plan:
    """A plan with two steps on each cluster."""
    steps = (
        Step("namespaces", Message("store.unknown-team", {"team": "x"}), (ObjectRef("v1", "Namespace", "payments"),)),
        Step("crds", Message("store.unknown-team", {"team": "y"})),
    )
    return Plan("payments", "install", tuple(ClusterPlan(n, f"uid-{n}", BUNDLE, (), (), steps) for n in names))


@pytest.fixture
def make_plan() -> Callable[..., Plan]:
    return plan


@pytest.fixture
def registrations() -> dict[str, Registration]:
    """What connecting to clusters a, b and c found; ``uid-a`` and so on."""
    return dict(REGISTRATIONS)


@pytest.fixture
async def rollout(fleet: Database) -> str:
    """The id of a pending rollout of the plan for a, b and c."""
    async with fleet.transaction() as unit:
        wanted = plan(*CLUSTERS)
        await unit.plans.save(wanted, "ann")
        return (await unit.rollouts.create(wanted, "ann")).id

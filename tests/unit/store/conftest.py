"""Databases for store tests: every test that asks for ``db`` runs on SQLite and on a real PostgreSQL.

PostgreSQL is a throw-away cluster on a Unix socket, started once per run (as ``postgres`` or ``nobody`` where the
tests run as root, which it refuses). Tables are migrated once into a template; each test gets a copy. Only where the
PostgreSQL binaries are absent are its tests skipped.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgresql_server import execute
from postgresql_server import url as postgresql_url

from gatewright.model.desired import Binding, BundleName, Cluster, ControllerSpec, Desired, Stack, Team
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import ClusterPlan, Plan, Step
from gatewright.store.apply import Registration
from gatewright.store.database import Database
from gatewright.text import Message


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'gw.db'}"
        return
    folder = request.getfixturevalue("postgresql")
    execute(folder, "CREATE DATABASE empty_gw")
    yield postgresql_url(folder, "empty_gw")
    execute(folder, "DROP DATABASE empty_gw WITH (FORCE)")


@pytest.fixture
def sqlite_url(migrated: Path, tmp_path: Path) -> str:
    path = tmp_path / "only.db"
    shutil.copy(migrated, path)
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

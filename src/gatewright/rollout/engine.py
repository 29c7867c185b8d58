"""The one module that imports DBOS: it drives a rollout step by step, and remembers across a crash.

The domain tables hold the truth (which step of which cluster is done); the workflow is a thin driver that asks
for the next assignment and performs it, each as a DBOS step, until there is none. Rules that DBOS forces, and why:

- The workflow's id is ``ROLLOUT.GENERATION``, so that starting the same one twice starts it once.
- Open-source DBOS 3 recovers only what its own executor id left behind. Every process has its own id, and whoever finds
  a driver dead (``Engine.state``) begins a *new generation*: the workflow's steps are checked against it before every
  write, so a process that was only asleep cannot write after it was replaced.
- The default serializer is pickle; ours is JSON, and only ids travel.
- ``application_version`` is the version of this protocol, not of the product: a workflow of another version would
  wait for ever.
- SQLite needs an engine of our own for WAL (nine times the steps per second of the default), and FULL
  synchronisation, because a step that was reported as done must not be forgotten by a power cut.
- DBOS makes its thread pool the default executor of our loop and shuts it down with itself, after which
  ``asyncio.to_thread`` fails: the loop gets a fresh one.
- No DBOS queue: a database-backed queue needs a second before it is first polled.
- ``DBOS.destroy`` lets a running workflow run into its closed executor, and a step write on after its process gave the
  cluster up. So the workflows are cancelled first; whoever drives next takes their rollouts over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Literal, cast

import msgspec
import sqlalchemy as sa
import sqlalchemy.event as sa_event
from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID

from gatewright.rollout.driver import Assignment, Driver

PROTOCOL: Final = "1"
DriverState = Literal["absent", "driving", "ended"]


class Engine:
    """A running DBOS. One per process: DBOS itself is a process-wide singleton."""

    def __init__(self, workflow: Callable[[str, int], Awaitable[None]], worker: str) -> None:
        self._workflow = workflow
        self.worker = worker

    async def start(self, rollout: str, generation: int) -> None:
        """Begins to drive; a generation that was begun already is left alone."""
        with SetWorkflowID(f"{rollout}.{generation}"):
            await DBOS.start_workflow_async(cast(Any, self._workflow), rollout, generation)

    async def state(self, rollout: str, generation: int) -> tuple[DriverState, str]:
        """Whether the generation is being driven, and the worker that took it."""
        found = await DBOS.list_workflows_async(
            workflow_ids=[f"{rollout}.{generation}"], load_input=False, load_output=False
        )
        if not found:
            return "absent", ""
        return ("driving" if found[0].status == "PENDING" else "ended"), found[0].executor_id or ""

    async def drop(self, rollout: str, generation: int) -> None:
        """Forbids a superseded generation to begin another step."""
        await DBOS.cancel_workflow_async(f"{rollout}.{generation}")


@contextlib.asynccontextmanager
async def engine(url: str, driver: Driver, worker: str) -> AsyncGenerator[Engine]:
    """DBOS on the database ``url`` (``sqlite:///...`` or ``postgresql+psycopg://...``), stopped on leaving."""
    database = await asyncio.to_thread(_database, url)
    running: set[asyncio.Task[Any]] = set()
    DBOS(
        config={
            "name": "gatewright",
            "system_database_url": url,
            "system_database_engine": database,
            "application_version": PROTOCOL,
            "executor_id": worker,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",
            "max_executor_threads": 8,
        }
    )

    @DBOS.workflow(name="rollout")
    async def rollout_workflow(rollout: str, generation: int) -> None:
        with _tracked(running):
            while True:
                found = await DBOS.run_step_async({"name": "advance"}, _advance, rollout, generation)
                if found is None:
                    return
                await DBOS.run_step_async({"name": "perform"}, _perform, rollout, generation, found)

    async def _advance(rollout: str, generation: int) -> dict[str, Any] | None:
        assignment = await driver.advance(rollout, generation)
        return None if assignment is None else msgspec.to_builtins(assignment)

    async def _perform(rollout: str, generation: int, found: dict[str, Any]) -> None:
        await driver.perform(rollout, generation, msgspec.convert(found, Assignment))

    try:
        DBOS.launch()
        yield Engine(rollout_workflow, worker)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        database.dispose()


@contextlib.contextmanager
def _tracked(running: set[asyncio.Task[Any]]) -> Generator[None]:
    task = asyncio.current_task()
    assert task is not None
    running.add(task)
    try:
        yield
    finally:
        running.discard(task)


def _database(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=4, pool_pre_ping=True)
    created = sa.create_engine(url, connect_args={"timeout": 30})

    def pragmas(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    cast(Any, sa_event).listen(created, "connect", pragmas)
    return created

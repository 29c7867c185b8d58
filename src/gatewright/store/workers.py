"""Which processes execute rollouts or watch clusters, and which of them died: the ground of taking over."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, TypeAlias, cast

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.store.clock import Clock, stamp
from gatewright.store.sql import affected, row, rows, upsert
from gatewright.store.tables import WorkerRow

Role: TypeAlias = Literal["rollout", "watch"]


class Worker(msgspec.Struct, frozen=True):
    """A process. ``pid_started`` tells it from a later process with the same pid; its form is the caller's."""

    id: str
    host: str
    pid: int
    pid_started: str
    heartbeat_at: str
    role: Role = "rollout"


class Workers:
    """The workers of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def register(self, id: str, host: str, pid: int, pid_started: str, role: Role = "rollout") -> None:
        """A worker begins, or begins again under its id."""
        now = stamp(self._clock())
        who = {"id": id, "host": host, "pid": pid, "pid_started": pid_started, "role": role}
        await upsert(self._session, WorkerRow, ["id"], {**who, "heartbeat_at": now})

    async def beat(self, id: str) -> bool:
        """The worker lives. False when it was removed meanwhile: others may have taken its work over."""
        now = stamp(self._clock())
        return await affected(self._session, update(WorkerRow).where(WorkerRow.id == id).values(heartbeat_at=now)) == 1

    async def all(self, role: Role | None = None) -> list[Worker]:
        """All workers (of a role) by id."""
        query = select(WorkerRow).order_by(WorkerRow.id)
        query = query if role is None else query.where(WorkerRow.role == role)
        return [_worker(found) for found in await rows(self._session, query)]

    async def get(self, id: str) -> Worker | None:
        found = await row(self._session, select(WorkerRow).where(WorkerRow.id == id))
        return None if found is None else _worker(found)

    async def dead(self, silent_for: timedelta) -> list[Worker]:
        """The workers whose last heartbeat is older than ``silent_for``, by id."""
        before = stamp(self._clock() - silent_for)
        query = select(WorkerRow).where(WorkerRow.heartbeat_at < before).order_by(WorkerRow.id)
        return [_worker(found) for found in await rows(self._session, query)]

    async def remove(self, id: str) -> bool:
        """Forgets a worker; of several that try, one gets True."""
        return await affected(self._session, delete(WorkerRow).where(WorkerRow.id == id)) == 1


def _worker(row: WorkerRow) -> Worker:
    return Worker(row.id, row.host, row.pid, row.pid_started, row.heartbeat_at, cast(Role, row.role))

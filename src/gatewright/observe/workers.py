"""This process as a worker: its heartbeat, and whether another worker is still alive.

A worker of this host whose process is gone is dead at once; any other is dead once it was silent for ``SILENCE``
seconds (a watcher for ``WATCH_SILENCE``: another that watches too does no harm). A process that only slept finds its
generation superseded when it wakes, and writes nothing more.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from gatewright.model.errors import GatewrightError
from gatewright.store.database import Database
from gatewright.store.workers import Role

BEAT: Final = 2.0
SILENCE: Final = 15.0
WATCH_SILENCE: Final = 6.0


def start_time(pid: int) -> str:
    """When the process began, in clock ticks since boot, so that a recycled pid is told apart; empty if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


class WorkerPresence:
    """Registers this process and keeps its heart beating (``beat`` runs until cancelled)."""

    def __init__(
        self,
        database: Database,
        role: Role = "rollout",
        *,
        host: str | None = None,
        started: Callable[[int], str] = start_time,
    ) -> None:
        self._database = database
        self._role: Role = role
        self._silence = timedelta(seconds=WATCH_SILENCE if role == "watch" else SILENCE)
        self._host = host or socket.gethostname()
        self._started = started
        self.id = f"{self._host}-{os.getpid()}-{secrets.token_hex(3)}"

    async def register(self) -> None:
        pid = os.getpid()
        async with self._database.transaction() as unit:
            await unit.workers.register(self.id, self._host, pid, self._started(pid), self._role)

    async def beat(self, seconds: float = BEAT) -> None:
        """Every ``seconds``; a beat that the database did not take is followed by the next one all the same."""
        while True:
            await asyncio.sleep(seconds)
            with contextlib.suppress(GatewrightError):
                await self._beat()

    async def _beat(self) -> None:
        async with self._database.transaction() as unit:
            if not await unit.workers.beat(self.id):
                await unit.workers.register(self.id, self._host, os.getpid(), self._started(os.getpid()), self._role)

    async def leave(self) -> None:
        async with self._database.transaction() as unit:
            await unit.workers.remove(self.id)

    async def alive(self, worker: str) -> bool:
        """Whether a worker may still be working. An unknown one has left."""
        if worker == self.id:
            return True
        async with self._database.reading() as unit:
            found = await unit.workers.get(worker)
            silent = {w.id for w in await unit.workers.dead(self._silence)}
        if found is None or found.id in silent:
            return False
        if found.host == self._host and self._started(found.pid) != found.pid_started:
            async with self._database.transaction() as unit:
                await unit.workers.remove(worker)
            return False
        return True

"""The event log for the API: read in pages, and followed as it grows."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

import msgspec

from gatewright.model.events import Event
from gatewright.model.tenure import Tenures
from gatewright.store.database import Database
from gatewright.store.sql import Whose

POLL: Final = 0.5
"""Seconds after which events of other processes are looked for; those of this one wake the reader at once."""
_BATCH: Final = 200


class EventFilter(msgspec.Struct, frozen=True):
    """Which events: of one team or several, about one cluster, of kinds that begin with ``what``, and none of the kinds
    ``without``."""

    team: Whose | None = None
    cluster: str | None = None
    what: str = ""
    without: tuple[str, ...] = ()


class EventLog:
    """The events of one installation."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, wanted: EventFilter, *, after: int = 0, before: int | None = None, newest: bool, limit: int
    ) -> list[Event]:
        """Events between two numbers, oldest or newest first."""
        async with self._database.reading() as unit:
            return await unit.journal.events(
                after=after,
                before=before,
                limit=limit,
                team=wanted.team,
                cluster=wanted.cluster,
                what_prefix=wanted.what,
                without=wanted.without,
                newest=newest,
            )

    async def follow(self, wanted: EventFilter, after: int | None, *, poll: float = POLL) -> AsyncGenerator[Event]:
        """Every event after a number (None: from now on), as it is committed, until the reader leaves, or one of the
        teams is not what it was any more: who is in another of its name need not be the reader."""
        position = after
        if position is None:
            async with self._database.reading() as unit:
                position = await unit.journal.last_event()
        while True:
            ticket = self._database.bell.ticket()
            found = await self.page(wanted, after=position, newest=False, limit=_BATCH)
            if not await self._still(wanted.team):
                return
            for event in found:
                yield event
                position = event.id
            if not found:
                await self._database.bell.heard(ticket, poll)

    async def _still(self, whose: Whose | None) -> bool:
        if not isinstance(whose, Tenures):
            return True
        async with self._database.reading() as unit:
            return whose.still(await unit.fleet.tenures(whose.since))

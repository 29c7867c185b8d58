"""What people changed and decided: the event log of desired state, and explicit decisions. Append-only."""

from __future__ import annotations

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.objects import JSON
from gatewright.store.clock import Clock, stamp
from gatewright.store.errors import DatabaseNotMigratedError
from gatewright.store.sql import affected, pack, pack_maybe, row, rows, unpack, unpack_maybe
from gatewright.store.tables import DecisionRow, EventRow, MetaRow


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """``what``: e.g. ``binding.create``; ``where``: the object's name; ``before`` and ``after``: its manifest's
    spec."""

    id: int
    at: str
    who: str
    what: str
    where: str
    before: JSON = None
    after: JSON = None


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person's explicit word about a cluster, e.g. kind ``custody``, value ``own``. ``evidence``: what they were
    shown."""

    cluster_uid: str
    kind: str
    value: str
    who: str
    at: str
    evidence: JSON = None


class Journal:
    """Events and decisions of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def installation_uid(self) -> str:
        """The identity of this installation: the owner that our objects in clusters name."""
        uid = await row(self._session, select(MetaRow.value).where(MetaRow.key == "uid"))
        if uid is None:
            raise DatabaseNotMigratedError(database="-")
        return uid

    async def note(self, who: str, what: str, where: str, before: object = None, after: object = None) -> None:
        """Appends an event."""
        event = insert(EventRow).values(
            at=stamp(self._clock()),
            who=who,
            what=what,
            subject=where,
            before=pack_maybe(before),
            after=pack_maybe(after),
        )
        await affected(self._session, event)

    async def events(self, *, after: int = 0, limit: int = 200) -> list[Event]:
        """Events with an id above ``after``, oldest first."""
        query = select(EventRow).where(EventRow.id > after).order_by(EventRow.id).limit(limit)
        return [
            Event(r.id, r.at, r.who, r.what, r.subject, unpack_maybe(r.before, object), unpack_maybe(r.after, object))
            for r in await rows(self._session, query)
        ]

    async def decide(self, cluster_uid: str, kind: str, value: str, who: str, evidence: JSON = None) -> None:
        """Appends a decision (invariant 3: adopting what others own takes a recorded word)."""
        decision = insert(DecisionRow).values(
            cluster_id=cluster_uid, kind=kind, value=value, who=who, at=stamp(self._clock()), evidence=pack(evidence)
        )
        await affected(self._session, decision)

    async def decisions(self, cluster_uid: str) -> list[Decision]:
        """The decisions about a cluster, oldest first."""
        query = select(DecisionRow).where(DecisionRow.cluster_id == cluster_uid).order_by(DecisionRow.id)
        return [
            Decision(r.cluster_id, r.kind, r.value, r.who, r.at, unpack(r.evidence, object))
            for r in await rows(self._session, query)
        ]

"""The event log: what people changed, what the fleet did, and explicit decisions. Append-only.

Events are held back until their transaction ends and written as its last act, on PostgreSQL under one lock that the
commit releases: so they become visible in the order of their ids, a reader that asks for what is ``after`` an id misses
none, and nobody waits for that lock while holding it.

What a person notes in a request (``store.origin``) is written into the audit beside it, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, cast

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.events import RETENTION_DAYS, Event, Severity
from gatewright.model.objects import JSON
from gatewright.model.sentences import Deed, sentence
from gatewright.model.tenure import Tenures
from gatewright.store.audit import Audit
from gatewright.store.clock import Clock, stamp
from gatewright.store.errors import DatabaseNotMigratedError
from gatewright.store.origin import Act, current
from gatewright.store.sql import (
    Whose,
    affected,
    among,
    lasting,
    named,
    pack,
    pack_maybe,
    row,
    rows,
    serialize_events,
    since,
    unpack,
    unpack_maybe,
)
from gatewright.store.tables import BindingRow, ClusterRow, CredentialRow, DecisionRow, EventRow, MetaRow, RecordRow
from gatewright.store.tenures import date
from gatewright.text import Message

PRUNE_AT_ONCE: Final = 1000
_DESIRED: Final = tuple(
    f"{kind}.{verb}" for kind in ("cluster", "team", "binding", "stack") for verb in ("create", "update", "delete")
)
_PENDING: Final = "gatewright.events"
_WRITTEN: Final = "gatewright.audited"


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person's explicit word about a cluster, e.g. kind ``custody``, value ``own``. ``evidence``: what they were
    shown."""

    cluster_uid: str
    kind: str
    value: str
    who: str
    at: str
    evidence: JSON = None


class _Noted(msgspec.Struct, frozen=True):
    """The columns of an event; not ``event``: they are for the audit only."""

    values: dict[str, object]
    event: bool = True


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

    async def token(self) -> tuple[object, ...]:
        """Something that differs from what it was whenever desired state, a credential or a record has changed."""
        query = select(
            select(func.max(EventRow.id)).where(EventRow.what.in_(_DESIRED)).scalar_subquery(),
            select(func.max(CredentialRow.updated_at)).scalar_subquery(),
            select(func.max(RecordRow.written_at)).scalar_subquery(),
            select(func.count()).select_from(RecordRow).scalar_subquery(),
        )
        return tuple((await self._session.execute(query)).one())

    async def note(
        self,
        who: str,
        what: str,
        where: str,
        before: object = None,
        after: object = None,
        *,
        cluster: str = "",
        team: str = "",
        severity: Severity = "info",
        message: Message | None = None,
    ) -> None:
        """Appends an event (``model.events.Event``) when this transaction commits. What people do need bring no
        ``message`` (``model.sentences``)."""
        told = message or sentence(Deed(who, what, where, before, after, cluster, team))
        event: dict[str, object] = {
            "at": stamp(self._clock()),
            "who": who,
            "what": what,
            "subject": where,
            "before": pack_maybe(before),
            "after": pack_maybe(after),
            "cluster": cluster,
            "team": team,
            "severity": severity,
            "message": pack_maybe(told),
        }
        self._pending().append(_Noted(event))

    async def record(
        self,
        who: str,
        what: str,
        where: str,
        before: object = None,
        after: object = None,
        *,
        cluster: str = "",
        team: str = "",
    ) -> None:
        """Appends an entry of the audit only: what a person did that is nobody else's news, e.g. signing in."""
        values: dict[str, object] = {
            "at": stamp(self._clock()),
            "who": who,
            "what": what,
            "subject": where,
            "before": pack_maybe(before),
            "after": pack_maybe(after),
            "cluster": cluster,
            "team": team,
        }
        self._pending().append(_Noted(values, event=False))

    def _pending(self) -> list[_Noted]:
        return cast(list[_Noted], self._session.info.setdefault(_PENDING, []))

    def mark(self) -> int:
        """Where the notes of this transaction stand, for ``rewind``."""
        return len(self._pending())

    def rewind(self, mark: int) -> None:
        """Forgets what was noted since ``mark``: a savepoint was rolled back."""
        del self._pending()[mark:]

    async def flush(self) -> bool:
        """Writes what was noted; tells whether there were events. The transaction calls it as its last act."""
        pending = self._pending()
        await date(self._session, [noted.values for noted in pending])
        await self._audit([noted.values for noted in pending])
        events = [noted.values for noted in pending if noted.event]
        pending.clear()
        if not events:
            return False
        await serialize_events(self._session)
        await self._session.execute(insert(EventRow), events)
        return True

    async def _audit(self, noted: Sequence[Mapping[str, object]]) -> None:
        act = current()
        mine = [] if act is None else [values for values in noted if values["who"] == act.origin.who]
        if act is not None and mine:
            await Audit(self._session, self._clock).noted(act, mine)
            self._session.info[_WRITTEN] = (act, len(mine))

    def committed(self) -> None:
        """Says that what was flushed is there for good: the request need not be written down once more."""
        act, count = cast(tuple[Act | None, int], self._session.info.pop(_WRITTEN, (None, 0)))
        if act is not None:
            act.committed += count

    async def events(
        self,
        *,
        after: int = 0,
        before: int | None = None,
        limit: int = 200,
        team: Whose | None = None,
        cluster: str | None = None,
        what_prefix: str = "",
        without: Sequence[str] = (),
        newest: bool = False,
    ) -> list[Event]:
        """Committed events with an id above ``after`` and below ``before``: oldest first, or ``newest`` first.

        ``team``: those of the team, and those of no team about a cluster that it is bound to, where its tenure is
        given both since it began. ``without``: kinds that are left out.
        """
        query = select(EventRow).where(EventRow.id > after)
        if before is not None:
            query = query.where(EventRow.id < before)
        if team is not None:
            query = query.where(_concerns(team))
        if cluster is not None:
            query = query.where(EventRow.cluster == cluster)
        if what_prefix:
            query = query.where(EventRow.what.startswith(what_prefix, autoescape=True))
        if without:
            query = query.where(EventRow.what.not_in(without))
        order = EventRow.id.desc() if newest else EventRow.id
        return [event_of(r) for r in await rows(self._session, query.order_by(order).limit(limit))]

    async def event(self, id: int) -> Event | None:
        """One event by its number."""
        found = await row(self._session, select(EventRow).where(EventRow.id == id))
        return None if found is None else event_of(found)

    async def last_event(self) -> int:
        """The number of the newest event, 0 before the first."""
        return await row(self._session, select(func.max(EventRow.id))) or 0

    async def prune(self, *, days: int = RETENTION_DAYS, limit: int = PRUNE_AT_ONCE) -> int:
        """Deletes up to ``limit`` of the events older than ``days``, oldest first; gives how many.

        The newest event always stays: SQLite would give its number again.
        """
        edge = stamp(self._clock() - timedelta(days=days))
        old = select(EventRow.id).where(EventRow.at < edge, EventRow.id < await self.last_event())
        ids = await rows(self._session, old.order_by(EventRow.id).limit(limit))
        if not ids:
            return 0
        return await affected(self._session, delete(EventRow).where(EventRow.id.in_(ids)))

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


def event_of(row: EventRow) -> Event:
    return Event(
        row.id,
        row.at,
        row.who,
        row.what,
        row.subject,
        unpack_maybe(row.before, object),
        unpack_maybe(row.after, object),
        row.cluster,
        row.team,
        cast(Severity, row.severity),
        unpack_maybe(row.message, Message),
    )


def _concerns(team: Whose) -> ColumnElement[bool]:
    bound = select(ClusterRow.name).join(BindingRow, BindingRow.cluster_id == ClusterRow.id)
    bound = bound.where(among(BindingRow.team, named(team)))
    shared = (EventRow.team == "") & EventRow.cluster.in_(bound)
    if isinstance(team, Tenures):
        # The list of clusters is made once; only what is about one of them is looked at more closely.
        then = bound.where(ClusterRow.name == EventRow.cluster, since(BindingRow.team, EventRow.at, team))
        shared &= then.correlate(EventRow).exists()
    return lasting(EventRow.team, EventRow.at, team) | shared

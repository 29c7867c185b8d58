"""The audit: what people did and were refused, kept for good. Rows are only ever added; triggers refuse the rest.

An id is its moment in microseconds, a number within the request and 40 random bits: ids sort as the entries came,
and tell nothing of how many there are.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Select, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.audit import Entry, Outcome, Wanted
from gatewright.model.redaction import redact, redact_text
from gatewright.store.clock import Clock, moment, stamp
from gatewright.store.origin import Act
from gatewright.store.sql import lasting, pack_maybe, rows, unpack_maybe
from gatewright.store.tables import AuditRow
from gatewright.store.tenures import dated

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST: Final = 200
_SEARCHED: Final = (
    AuditRow.who,
    AuditRow.what,
    AuditRow.subject,
    AuditRow.team,
    AuditRow.cluster,
    AuditRow.address,
    AuditRow.route,
    AuditRow.code,
)


class Audit:
    """The audit of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def noted(self, act: Act, events: Sequence[Mapping[str, Any]]) -> None:
        """Adds what the person of ``act`` changed: columns of ``events`` as ``Journal.note`` makes them."""
        now = self._clock()
        added = [
            {
                **_columns(act, max(now, moment(event["at"])), number),
                "what": event["what"],
                "subject": redact_text(event["subject"]),
                "team": event["team"],
                "cluster": event["cluster"],
                "before": _clean(event["before"]),
                "after": _clean(event["after"]),
                "outcome": "done",
                "code": "",
            }
            for number, event in enumerate(events)
        ]
        await self._session.execute(insert(AuditRow), added)

    async def answered(self, act: Act, outcome: Outcome, code: str = "") -> None:
        """Adds the request of ``act`` itself: one that was refused, or that noted nothing."""
        at = await dated(self._session, act.team, stamp(self._clock()))
        added = {
            **_columns(act, moment(at), 0),
            "what": act.what,
            "subject": redact_text(act.where)[:_LONGEST],
            "team": act.team[:_LONGEST],
            "cluster": act.cluster[:_LONGEST],
            "before": None,
            "after": pack_maybe(redact(act.after)),
            "outcome": outcome,
            "code": code,
        }
        await self._session.execute(insert(AuditRow), [added])

    async def entries(self, wanted: Wanted, *, before: str | None = None, limit: int) -> list[Entry]:
        """Newest first; ``before``: only those with a smaller id."""
        query = _where(select(AuditRow), wanted)
        if before is not None:
            query = query.where(AuditRow.id < before)
        return [_entry(found) for found in await rows(self._session, query.order_by(AuditRow.id.desc()).limit(limit))]


def _columns(act: Act, at: datetime, number: int) -> dict[str, Any]:
    origin = act.origin
    return {
        "id": f"{_first_id(at)}{(act.committed + number) % 4096:03x}{secrets.token_hex(5)}",
        "at": stamp(at),
        "who": origin.who,
        "person": origin.person,
        "via": origin.via,
        "address": origin.address,
        "agent": redact_text(origin.agent)[:_LONGEST],
        "request": origin.request,
        "route": redact_text(origin.route)[:_LONGEST],
    }


def _first_id(at: datetime) -> str:
    """How the ids of a moment begin."""
    return f"{(at - _EPOCH) // timedelta(microseconds=1):014x}"


def _clean(packed: str | None) -> str | None:
    return pack_maybe(redact(unpack_maybe(packed, object)))


def _where(query: Select[AuditRow], wanted: Wanted) -> Select[AuditRow]:
    equal = (
        (AuditRow.who, wanted.who),
        (AuditRow.team, wanted.team),
        (AuditRow.cluster, wanted.cluster),
        (AuditRow.outcome, wanted.outcome),
        (AuditRow.request, wanted.request or None),
    )
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
    if wanted.teams is not None:
        conditions.append(lasting(AuditRow.team, AuditRow.at, wanted.teams))
        if wanted.teams.since:
            # Ids begin with their moment: the index that has the teams' entries in this order leaves older ones out.
            conditions.append(AuditRow.id >= _first_id(moment(min(wanted.teams.since.values()))))
    if wanted.what:
        conditions.append(AuditRow.what.startswith(wanted.what, autoescape=True))
    if wanted.since:
        conditions.append(AuditRow.at >= wanted.since)
    if wanted.until:
        conditions.append(AuditRow.at < wanted.until)
    if wanted.text:
        sought = wanted.text.lower()
        conditions.append(or_(*(func.lower(column).contains(sought, autoescape=True) for column in _SEARCHED)))
    return query.where(*conditions)


def _entry(row: AuditRow) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        who=row.who,
        what=row.what,
        where=row.subject,
        outcome=cast(Outcome, row.outcome),
        person=row.person,
        via=row.via,
        address=row.address,
        agent=row.agent,
        request=row.request,
        route=row.route,
        team=row.team,
        cluster=row.cluster,
        before=unpack_maybe(row.before, object),
        after=unpack_maybe(row.after, object),
        code=row.code,
    )

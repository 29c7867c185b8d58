"""The tenure of teams: which of the rows that carry a team's name are those of the team that has it now.

History keeps names and outlives teams. A row is of the present team where its moment is not before the team's
``created_at``. Two rules make that exact, whatever the clocks of several servers say: a team begins after everything
that is stored under its name (``beginning``), and nothing is stored of it with a moment before that (``dated``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from gatewright.model.tenure import Tenures
from gatewright.store.clock import moment, stamp
from gatewright.store.sql import row
from gatewright.store.tables import AuditRow, EventRow, PlanRow, RolloutRow, TeamRow

_HISTORY: Final[Sequence[tuple[InstrumentedAttribute[str], InstrumentedAttribute[str]]]] = (
    (EventRow.team, EventRow.at),
    (AuditRow.team, AuditRow.at),
    (PlanRow.team, PlanRow.created_at),
    (RolloutRow.team, RolloutRow.created_at),
)


async def tenures(session: AsyncSession, teams: Iterable[str] | None = None) -> Tenures:
    """Of these teams those that there are, or all."""
    query = select(TeamRow.name, TeamRow.created_at)
    if teams is not None:
        query = query.where(TeamRow.name.in_(sorted(teams)))
    return Tenures({found[0]: found[1] for found in (await session.execute(query)).all()})


async def beginning(session: AsyncSession, team: str, now: str) -> str:
    """When a team begins that is made now: after everything that is stored under its name."""
    for name, at in _HISTORY:
        last = await row(session, select(func.max(at)).where(name == team))
        if last is not None and last >= now:
            now = stamp(moment(last) + timedelta(microseconds=1))
    return now


async def dated(session: AsyncSession, team: str, now: str) -> str:
    """The moment under which something is stored of a team now: never before the team began."""
    return max(now, (await tenures(session, [team])).since.get(team, "")) if team else now


async def date(session: AsyncSession, values: Sequence[dict[str, Any]]) -> None:
    """``dated`` for the columns ``team`` and ``at`` of many rows."""
    teams = {found["team"] for found in values} - {""}
    began: Mapping[str, str] = (await tenures(session, teams)).since if teams else {}
    for found in values:
        found["at"] = max(found["at"], began.get(found["team"], ""))

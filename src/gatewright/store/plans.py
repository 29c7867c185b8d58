"""Plans, kept by their hash and never changed: what runs is what was shown."""

from __future__ import annotations

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.plan import Plan
from gatewright.store.clock import Clock, stamp
from gatewright.store.errors import AmbiguousPlanError, UnknownPlanError
from gatewright.store.journal import Journal
from gatewright.store.sql import Teams, among, insert_new, pack, rows, unpack
from gatewright.store.tables import PlanRow


class StoredPlan(msgspec.Struct, frozen=True):
    """A plan, when it was first made, and for whom."""

    plan: Plan
    hash: str
    created_at: str
    requested_by: str


class Plans:
    """The plans of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._journal = Journal(session, clock)

    async def save(self, plan: Plan, who: str) -> str:
        """Keeps the plan and gives its hash. An equal plan keeps the time and the person of the first; the audit has
        every person who asked for it."""
        made = await insert_new(
            self._session,
            PlanRow,
            hash=plan.hash,
            team=plan.team,
            action=plan.action,
            created_at=stamp(self._clock()),
            requested_by=who,
            body=pack(plan),
        )
        after = {"action": plan.action, "outcome": plan.outcome, "clusters": [c.cluster for c in plan.clusters]}
        await self._journal.record(who, "plan.create", plan.hash, after={**after, "new": made}, team=plan.team)
        return plan.hash

    async def get(self, hash: str, *, team: Teams | None = None) -> StoredPlan:
        """By hash, or by its first characters (8 at least), of these teams. Raises ``UnknownPlanError``,
        ``AmbiguousPlanError``."""
        query = _by_prefix(hash) if team is None else _by_prefix(hash).where(among(PlanRow.team, team))
        found = await rows(self._session, query.limit(2)) if len(hash) >= 8 else []
        if not found:
            raise UnknownPlanError(hash=hash[:80])
        if len(found) > 1:
            raise AmbiguousPlanError(hash=hash[:80])
        return _stored(found[0])

    async def latest(self, team: str, limit: int = 20) -> list[StoredPlan]:
        """A team's plans, newest first."""
        query = select(PlanRow).where(PlanRow.team == team)
        newest = query.order_by(PlanRow.created_at.desc(), PlanRow.hash).limit(limit)
        return [_stored(found) for found in await rows(self._session, newest)]


def _by_prefix(hash: str) -> Select[PlanRow]:
    return select(PlanRow).where(PlanRow.hash.startswith(hash, autoescape=True)).order_by(PlanRow.hash)


def _stored(row: PlanRow) -> StoredPlan:
    return StoredPlan(unpack(row.body, Plan), row.hash, row.created_at, row.requested_by)

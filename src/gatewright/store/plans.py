"""Plans, kept by their hash and never changed: what runs is what was shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Select, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.plan import Action, Outcome, Plan, PlanOutline, Severity, Verdict, outcome_of, together
from gatewright.planning.plans import sentence
from gatewright.store.clock import Clock, stamp
from gatewright.store.errors import AmbiguousPlanError, UnknownPlanError
from gatewright.store.journal import Journal
from gatewright.store.sql import Whose, affected, insert_new, lasting, pack, rows, unpack
from gatewright.store.tables import PlanRow
from gatewright.store.tenures import dated, tenures


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
        """Keeps the plan and gives its hash. An equal plan keeps the time and the person of the first of its team (not
        of one that had the team's name before); the audit has every person who asked for it."""
        made_at = {"created_at": await dated(self._session, plan.team, stamp(self._clock())), "requested_by": who}
        made = await insert_new(
            self._session,
            PlanRow,
            hash=plan.hash,
            team=plan.team,
            action=plan.action,
            body=pack(plan),
            **made_at,
        )
        if not made:
            made = await self._take_over(plan, made_at)
        after = {"action": plan.action, "outcome": plan.outcome, "clusters": [c.cluster for c in plan.clusters]}
        await self._journal.record(who, "plan.create", plan.hash, after={**after, "new": made}, team=plan.team)
        return plan.hash

    async def _take_over(self, plan: Plan, made_at: dict[str, str]) -> bool:
        """Whether the equal plan that is there was of a former team, whose it no longer is."""
        team = await tenures(self._session, [plan.team])
        former = (PlanRow.hash == plan.hash) & ~_is_of(team)
        return bool(team.since) and await affected(self._session, update(PlanRow).where(former).values(**made_at)) == 1

    async def get(self, hash: str, *, team: Whose | None = None) -> StoredPlan:
        """By hash, or by its first characters (8 at least), of these teams. Raises ``UnknownPlanError``,
        ``AmbiguousPlanError``."""
        query = _by_prefix(hash) if team is None else _by_prefix(hash).where(_is_of(team))
        found = await rows(self._session, query.limit(2)) if len(hash) >= 8 else []
        if not found:
            raise UnknownPlanError(hash=hash[:80])
        if len(found) > 1:
            raise AmbiguousPlanError(hash=hash[:80])
        return _stored(found[0])

    async def outlines(
        self, *, team: Whose | None = None, limit: int = 50, before: Sequence[str] | None = None
    ) -> list[PlanOutline]:
        """Plans of these teams, newest first; ``before``: only those behind this time and hash."""
        query = select(PlanRow) if team is None else select(PlanRow).where(_is_of(team))
        if before is not None:
            query = query.where(tuple_(PlanRow.created_at, PlanRow.hash) < tuple_(*before))
        newest = query.order_by(PlanRow.created_at.desc(), PlanRow.hash.desc()).limit(limit)
        return [_outline(found) for found in await rows(self._session, newest)]


class _Verdict(msgspec.Struct, frozen=True):
    verdict: Verdict


class _Finding(msgspec.Struct, frozen=True):
    severity: Severity


class _Cluster(msgspec.Struct, frozen=True):
    cluster: str
    verdicts: tuple[_Verdict, ...] = ()
    findings: tuple[_Finding, ...] = ()
    steps: tuple[msgspec.Raw, ...] = ()


class _Head(msgspec.Struct, frozen=True):
    """Of a plan what a list tells: a plan of many clusters is megabytes, and skipping is quick."""

    action: Action
    clusters: tuple[_Cluster, ...]


def _outline(row: PlanRow) -> PlanOutline:
    head = unpack(row.body, _Head)
    outcomes: list[tuple[str, Outcome]] = [(c.cluster, _outcome(c)) for c in head.clusters]
    found: list[Outcome] = [outcome for _, outcome in outcomes]
    return PlanOutline(
        row.hash,
        row.team,
        head.action,
        together(found),
        tuple(cluster for cluster, _ in outcomes),
        sentence(row.team, head.action, outcomes),
        row.created_at,
        row.requested_by,
        dict(Counter(v.verdict for c in head.clusters for v in c.verdicts)),
    )


def _outcome(cluster: _Cluster) -> Outcome:
    return outcome_of(
        (v.verdict for v in cluster.verdicts), (f.severity for f in cluster.findings), steps=bool(cluster.steps)
    )


def _is_of(team: Whose) -> ColumnElement[bool]:
    return lasting(PlanRow.team, PlanRow.created_at, team)


def _by_prefix(hash: str) -> Select[PlanRow]:
    return select(PlanRow).where(PlanRow.hash.startswith(hash, autoescape=True)).order_by(PlanRow.hash)


def _stored(row: PlanRow) -> StoredPlan:
    return StoredPlan(unpack(row.body, Plan), row.hash, row.created_at, row.requested_by)

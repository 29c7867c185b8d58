"""Rollouts: the truth about which step of which cluster is done, and who may go on.

Every advance is guarded by the rollout's generation (compare and set): a resume, retry or takeover raises it, and a
writer that holds an older one gets ``RolloutSupersededError`` and must stop. Commands of people are wishes; the
one that drives the rollout fulfils them between two steps, and where nobody drives, they are fulfilled here.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final, cast

import msgspec
from sqlalchemy import ColumnElement, Update, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.errors import ErrorReport
from gatewright.model.plan import Action, ClusterPlan, Plan
from gatewright.model.rollout import (
    ALLOWED,
    ENDED,
    Command,
    RolloutEvent,
    RolloutState,
    RolloutStatus,
    StepState,
    TargetState,
    Wish,
)
from gatewright.store.clock import Clock, stamp
from gatewright.store.errors import (
    ClusterLockedError,
    CommandNotAllowedError,
    RolloutSupersededError,
    TeamAtWorkError,
    UnknownRolloutError,
)
from gatewright.store.journal import Journal
from gatewright.store.milestones import milestone
from gatewright.store.progress import PlanFacts, event_of, statuses_of
from gatewright.store.sql import Whose, affected, insert_new, lasting, pack, pack_maybe, row, rows
from gatewright.store.tables import ClusterLockRow, PlanRow, RolloutEventRow, RolloutRow, StepRow, TargetRow
from gatewright.store.tenures import dated
from gatewright.text import Message, message

DRIVEN: Final[frozenset[RolloutState]] = frozenset({"pending", "running"})
FINISHED: Final[tuple[TargetState, ...]] = ("succeeded", "skipped")


class ClusterLock(msgspec.Struct, frozen=True):
    """Which rollout holds a cluster, since when, and under which generation."""

    cluster_uid: str
    rollout: str
    generation: int
    taken_at: str


class Rollouts:
    """The rollouts of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._journal = Journal(session, clock)

    # Making and reading

    async def create(self, plan: Plan, who: str, *, id: str | None = None) -> RolloutStatus:
        """A rollout of a saved plan (``Plans.save``), ``pending``, generation 1. A cluster without steps is
        ``skipped``.

        Creating one with an ``id`` that exists gives the one that exists: a start may be repeated. The methods below
        name a cluster of a rollout by its name, as ``RolloutStatus`` does.
        """
        rollout = id or f"r-{secrets.token_hex(4)}"
        now = await dated(self._session, plan.team, stamp(self._clock()))
        made = await insert_new(
            self._session,
            RolloutRow,
            id=rollout,
            team=plan.team,
            plan_hash=plan.hash,
            state="pending",
            wish="run",
            generation=1,
            last_event=0,
            created_at=now,
            created_by=who,
            touched_at=now,
        )
        if made:
            await self._create_targets(rollout, plan.clusters)
            await self._journal.note(who, **milestone(await self._row(rollout), "pending", len(plan.clusters)))
        return await self.show(rollout)

    async def _create_targets(self, rollout: str, clusters: Sequence[ClusterPlan]) -> None:
        """All at once: a statement each would hold the database for seconds where there are a thousand clusters."""
        targets: list[dict[str, object]] = []
        steps: list[dict[str, object]] = []
        for position, plan in enumerate(clusters):
            state: TargetState = "pending" if plan.steps else "skipped"
            where = {"rollout_id": rollout, "position": position}
            targets.append({**where, "cluster_id": plan.uid, "cluster": plan.cluster, "state": state})
            for index, step in enumerate(plan.steps):
                what = {"kind": step.kind, "title": pack(step.title), "state": "pending", "runs": 0}
                steps.append({**where, "index": index, **what})
        for table, made in ((TargetRow, targets), (StepRow, steps)):
            if made:
                await self._session.execute(insert(table), made)

    async def show(self, id: str, *, team: Whose | None = None) -> RolloutStatus:
        """By its id, where it is of these teams. Raises ``UnknownRolloutError``."""
        return (await self._statuses([await self._row(id, team)]))[0]

    async def frontier(self, id: str) -> RolloutStatus:
        """The rollout with only its first unfinished cluster (none: every one is ``succeeded`` or ``skipped``): what a
        driver needs between two steps, whatever the number of clusters. Raises ``UnknownRolloutError``."""
        found = await self._row(id)
        unfinished = (TargetRow.rollout_id == id) & TargetRow.state.not_in(FINISHED)
        target = await row(self._session, select(TargetRow).where(unfinished).order_by(TargetRow.position).limit(1))
        if target is None:
            return statuses_of([found], (), ())[0]
        mine = (StepRow.rollout_id == id) & (StepRow.position == target.position)
        steps = await rows(self._session, select(StepRow).where(mine).order_by(StepRow.index))
        return statuses_of([found], (target,), steps)[0]

    async def all(
        self,
        *,
        team: Whose | None = None,
        states: Sequence[RolloutState] = (),
        limit: int = 50,
        before: Sequence[str] | None = None,
    ) -> Sequence[RolloutStatus]:
        """Newest first; of one team or several, or in one of some states. ``before``: only those behind this time and
        id."""
        query = select(RolloutRow)
        if team is not None:
            query = query.where(_is_of(team))
        if states:
            query = query.where(RolloutRow.state.in_(states))
        if before is not None:
            query = query.where(tuple_(RolloutRow.created_at, RolloutRow.id) < tuple_(*before))
        newest = query.order_by(RolloutRow.created_at.desc(), RolloutRow.id.desc()).limit(limit)
        return await self._statuses(await rows(self._session, newest))

    async def state(self, id: str) -> RolloutState:
        """Only that, whatever the number of clusters. Raises ``UnknownRolloutError``."""
        return cast(RolloutState, (await self._row(id)).state)

    async def driven(self) -> Sequence[RolloutStatus]:
        """Those that somebody should carry out, newest first, without their clusters."""
        wanted = select(RolloutRow).where(RolloutRow.state.in_(DRIVEN))
        newest = wanted.order_by(RolloutRow.created_at.desc(), RolloutRow.id.desc())
        return statuses_of(await rows(self._session, newest), (), ())

    async def _statuses(self, found: Sequence[RolloutRow]) -> Sequence[RolloutStatus]:
        ids = [r.id for r in found]
        targets = await rows(
            self._session,
            select(TargetRow).where(TargetRow.rollout_id.in_(ids)).order_by(TargetRow.rollout_id, TargetRow.position),
        )
        steps = await rows(
            self._session, select(StepRow).where(StepRow.rollout_id.in_(ids)).order_by(StepRow.position, StepRow.index)
        )
        hashes = {r.plan_hash for r in found}
        told = await self._session.execute(
            select(PlanRow.hash, PlanRow.requested_by, PlanRow.action).where(PlanRow.hash.in_(hashes))
        )
        plans = {plan: PlanFacts(who, cast(Action, action)) for plan, who, action in told}
        return statuses_of(found, targets, steps, plans)

    async def _row(self, id: str, team: Whose | None = None) -> RolloutRow:
        query = select(RolloutRow).where(RolloutRow.id == id)
        found = await row(self._session, query if team is None else query.where(_is_of(team)))
        if found is None:
            raise UnknownRolloutError(rollout=id[:80])
        return found

    # Advancing: everything here is fenced by the generation

    async def check(self, id: str, generation: int) -> Wish:
        """What people wish now; for the moment before a write. Raises ``RolloutSupersededError``,
        ``UnknownRolloutError``."""
        found = await self._row(id)
        if found.generation != generation:
            raise RolloutSupersededError(rollout=id, generation=generation, current=found.generation)
        return cast(Wish, found.wish)

    async def set_state(self, id: str, generation: int, state: RolloutState) -> None:
        """A milestone that is reached (``store.milestones``) is an event, once."""
        await self._fence(id, generation)
        await self._become(id, state)

    async def _become(self, id: str, state: RolloutState) -> None:
        before = await self._row(id)
        if before.state == state:
            return
        await self._set(id, state=state)
        if state in ("pending", "running"):
            return
        where = TargetRow.rollout_id == id
        count = await row(self._session, select(func.count()).select_from(TargetRow).where(where)) or 0
        failed = await row(self._session, select(TargetRow.cluster).where(where, TargetRow.state == "failed"))
        await self._journal.note(f"rollout {id}", **milestone(before, state, count, failed or ""))

    async def set_target(
        self, id: str, generation: int, cluster: str, state: TargetState, error: ErrorReport | None = None
    ) -> None:
        """A cluster's part changes its state; ``error`` replaces the one it had."""
        await self._fence(id, generation)
        where = (TargetRow.rollout_id == id) & (TargetRow.cluster == cluster)
        await self._one(id, update(TargetRow).where(where).values(state=state, error=pack_maybe(error)))

    async def begin_step(self, id: str, generation: int, cluster: str, index: int) -> None:
        """A step begins, or begins again after a crash: ``runs`` counts, ``started_at`` is the first time."""
        await self._fence(id, generation)
        now = stamp(self._clock())
        started = await row(self._session, select(StepRow.started_at).where(self._step(id, cluster, index)))
        change = {"state": "running", "runs": StepRow.runs + 1, "started_at": started or now, "ended_at": None}
        await self._one(id, update(StepRow).where(self._step(id, cluster, index)).values(**change))

    async def end_step(self, id: str, generation: int, cluster: str, index: int, state: StepState = "done") -> None:
        """A step ended as ``done`` or ``failed``."""
        await self._fence(id, generation)
        change = {"state": state, "ended_at": stamp(self._clock())}
        await self._one(id, update(StepRow).where(self._step(id, cluster, index)).values(**change))

    def _step(self, id: str, cluster: str, index: int) -> ColumnElement[bool]:
        position = select(TargetRow.position).where(TargetRow.rollout_id == id, TargetRow.cluster == cluster)
        return (StepRow.rollout_id == id) & (StepRow.position == position.scalar_subquery()) & (StepRow.index == index)

    async def _fence(self, id: str, generation: int) -> None:
        """Locks the rollout's row if the generation is still the current one (compare and set)."""
        guarded = update(RolloutRow).where(RolloutRow.id == id, RolloutRow.generation == generation)
        if await affected(self._session, guarded.values(touched_at=stamp(self._clock()))) == 0:
            await self.check(id, generation)

    async def _set(self, id: str, **values: object) -> None:
        await affected(self._session, update(RolloutRow).where(RolloutRow.id == id).values(**values))

    async def _one(self, id: str, change: Update) -> None:
        if await affected(self._session, change) != 1:
            raise UnknownRolloutError(rollout=id)

    # Commands of people, and taking over

    async def conclude(self, team: str, who: str) -> None:
        """Aborts what stands still of a team that goes. Raises ``TeamAtWorkError`` for what is being carried out."""
        found = await self._unfinished(team)
        driven = [rollout.id for rollout in found if rollout.state in DRIVEN]
        if driven:
            raise TeamAtWorkError(team=team, rollouts=", ".join(driven[:5]), count=len(driven))
        for rollout in found:
            await self.request(rollout.id, "abort")
            told = message("rollout.event.asked", who=who, command=message("rollout.command.abort"))
            await self.append(rollout.id, "asked", told)
            await self.append(rollout.id, "aborted", message("rollout.event.aborted"))
            before, after = {"state": rollout.state}, {"state": "aborted"}
            await self._journal.record(who, "rollout.abort", rollout.id, before, after, team=team)

    async def abandon(self, team: str) -> None:
        """Aborts what is left of a team that is gone, and tells nobody: a team that is made under its name is not to
        hear of it. Whoever drives it is fenced off."""
        for rollout in await self._unfinished(team):
            await self._set(rollout.id, state="aborted", wish="abort", generation=rollout.generation + 1)
            await self._drop_rest(rollout.id)

    async def _unfinished(self, team: str) -> list[RolloutRow]:
        query = select(RolloutRow).where(RolloutRow.team == team, RolloutRow.state.not_in(ENDED))
        return await rows(self._session, query.order_by(RolloutRow.created_at, RolloutRow.id))

    async def request(self, id: str, command: Command) -> RolloutStatus:
        """What a person asks, if the state allows it (``model.rollout.ALLOWED``).

        ``pause`` and ``abort`` of a pending or running rollout become its wish, for its driver to fulfil between two
        steps (a pending one that nobody drives yet, too: its driver looks first). ``abort`` of one that stands still
        takes effect here: clusters that were not finished are ``aborted``, its locks are released. ``resume`` and
        ``retry`` begin a new generation, ``pending``: start a driver for it. Raises ``CommandNotAllowedError``,
        ``UnknownRolloutError``.
        """
        found = await self._locked(id)
        state = cast(RolloutState, found.state)
        if state not in ALLOWED[command]:
            raise CommandNotAllowedError(rollout=id, command=command, state=state)
        if command in ("resume", "retry"):
            await self._again(id, found.generation + 1)
        elif state in DRIVEN:
            await self._set(id, wish=command)
        else:
            await self._set(id, wish="abort", generation=found.generation + 1)
            await self._abort_rest(id)
        return await self.show(id)

    async def take_over(self, id: str, generation: int) -> int:
        """A new generation of a rollout whose driver died under ``generation``; gives it. Of several that try, one
        wins.

        The wish stays. Raises ``RolloutSupersededError`` for the others, ``CommandNotAllowedError`` when it ended.
        """
        found = await self._locked(id)
        if found.generation != generation:
            raise RolloutSupersededError(rollout=id, generation=generation, current=found.generation)
        if found.state not in DRIVEN:
            raise CommandNotAllowedError(rollout=id, command="take over", state=found.state)
        await self._set(id, generation=generation + 1)
        await self._keep_locks(id, generation + 1)
        return generation + 1

    async def abort_rest(self, id: str, generation: int) -> None:
        """For the driver that sees the wish ``abort``: unfinished clusters and the rollout become ``aborted``, locks
        go."""
        await self._fence(id, generation)
        await self._abort_rest(id)

    async def _locked(self, id: str) -> RolloutRow:
        """The row, after a write that makes other writers of it wait until this transaction ends."""
        await self._set(id, touched_at=stamp(self._clock()))
        return await self._row(id)

    async def _again(self, id: str, generation: int) -> None:
        await self._set(id, wish="run", state="pending", generation=generation)
        unfinished = (TargetRow.rollout_id == id) & TargetRow.state.not_in(FINISHED)
        await affected(self._session, update(TargetRow).where(unfinished).values(state="pending", error=None))
        undone = (StepRow.rollout_id == id) & (StepRow.state != "done")
        await affected(self._session, update(StepRow).where(undone).values(state="pending"))
        await self._keep_locks(id, generation)

    async def _abort_rest(self, id: str) -> None:
        await self._become(id, "aborted")
        await self._drop_rest(id)

    async def _drop_rest(self, id: str) -> None:
        unfinished = (TargetRow.rollout_id == id) & TargetRow.state.not_in((*FINISHED, "failed"))
        await affected(self._session, update(TargetRow).where(unfinished).values(state="aborted"))
        await affected(self._session, delete(ClusterLockRow).where(ClusterLockRow.rollout_id == id))

    async def _keep_locks(self, id: str, generation: int) -> None:
        mine = update(ClusterLockRow).where(ClusterLockRow.rollout_id == id)
        await affected(self._session, mine.values(generation=generation))

    # The log

    async def append(self, id: str, kind: str, message: Message, *, cluster: str = "") -> int:
        """Appends a line to the rollout's log and gives its ``seq``. Raises ``UnknownRolloutError``."""
        await self._set(id, last_event=RolloutRow.last_event + 1)
        seq = await row(self._session, select(RolloutRow.last_event).where(RolloutRow.id == id))
        if seq is None:
            raise UnknownRolloutError(rollout=id[:80])
        line = {"rollout_id": id, "seq": seq, "at": stamp(self._clock()), "kind": kind, "cluster": cluster}
        await affected(self._session, insert(RolloutEventRow).values(**line, message=pack(message)))
        return seq

    async def events(self, id: str, *, after: int = 0, limit: int = 500) -> Sequence[RolloutEvent]:
        """The log after the line ``after``, oldest first."""
        query = select(RolloutEventRow).where(RolloutEventRow.rollout_id == id, RolloutEventRow.seq > after)
        return [event_of(r) for r in await rows(self._session, query.order_by(RolloutEventRow.seq).limit(limit))]

    # One writer per cluster

    async def lock_cluster(self, cluster_uid: str, id: str, generation: int) -> None:
        """Takes the cluster for this rollout; again is fine. Raises ``ClusterLockedError`` naming the rollout that has
        it.

        A lock that an ended rollout left behind is taken over. Fenced by the generation like every advance.
        """
        await self._fence(id, generation)
        values = {"rollout_id": id, "generation": generation, "taken_at": stamp(self._clock())}
        if await insert_new(self._session, ClusterLockRow, cluster_id=cluster_uid, **values):
            return
        ended = select(RolloutRow.id).where(RolloutRow.state.in_(ENDED))
        free = (ClusterLockRow.rollout_id == id) | ClusterLockRow.rollout_id.in_(ended)
        take = update(ClusterLockRow).where(ClusterLockRow.cluster_id == cluster_uid).where(free).values(**values)
        if await affected(self._session, take) == 0:
            holder = await self.lock_of(cluster_uid)
            raise ClusterLockedError(owner=holder.rollout if holder else "-")

    async def unlock_cluster(self, cluster_uid: str, id: str, generation: int) -> bool:
        """Releases what this rollout took under this generation; tells whether it had it."""
        mine = (ClusterLockRow.rollout_id == id) & (ClusterLockRow.generation == generation)
        statement = delete(ClusterLockRow).where(ClusterLockRow.cluster_id == cluster_uid).where(mine)
        return await affected(self._session, statement) == 1

    async def lock_of(self, cluster_uid: str) -> ClusterLock | None:
        """Who holds the cluster now."""
        found = await row(self._session, select(ClusterLockRow).where(ClusterLockRow.cluster_id == cluster_uid))
        if found is None:
            return None
        return ClusterLock(found.cluster_id, found.rollout_id, found.generation, found.taken_at)


def _is_of(team: Whose) -> ColumnElement[bool]:
    return lasting(RolloutRow.team, RolloutRow.created_at, team)

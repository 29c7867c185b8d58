"""What is known of every cluster now, judged, and ready to be shown: the one source of every view.

Watchers change snapshots and say so; the board judges what is affected a moment later (many changes of one cluster are
judged together), tells followers, and answers from memory. Clusters that another worker watches come from the database.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from gatewright.gatewayapi.consistency.versions import ClusterVersions, versions_of
from gatewright.gatewayapi.health import affected, assess, elapsed, summarise
from gatewright.gatewayapi.kinds import CRD, DEPLOYMENT, GroupKind, Key
from gatewright.gatewayapi.live import Snapshot, Touched
from gatewright.model.errors import ErrorReport
from gatewright.model.health import ClusterHealth, HealthState, ObjectHealth
from gatewright.model.moments import rfc3339
from gatewright.model.status import Reachability
from gatewright.observe.changes import Changes
from gatewright.observe.memory import Memory, snapshot_of
from gatewright.observe.pulse import Pulse, utc_now

Identity = tuple[GroupKind, Key]
FindingIdentity = tuple[str, tuple[str, str, str, str], str]
SETTLE: Final = 0.03
"""Seconds in which further changes of a cluster are judged with the first."""
LOOKED_AT: Final = 60.0
"""Seconds for which a view that somebody asked for is kept current."""
_INSTALLATION: Final = frozenset({CRD, DEPLOYMENT})


class Part(msgspec.Struct):
    """A cluster's health as one view has it. ``revision``: of the state that it was made of; ``make`` makes it;
    ``asked``: when somebody last asked for it (``time.monotonic``)."""

    revision: int
    health: ClusterHealth
    make: Callable[[ClusterState], ClusterHealth]
    asked: float


class ClusterState(msgspec.Struct):
    """All that is known of one cluster. ``revision`` grows with every judgement; ``synced``: everything that there is
    to see was seen since this process (or the worker that watches) began to look; ``judged``: objects are judged, which
    waits for the first whole look so that what has not come is not missed; ``recalled``: since when findings
    have been there, as an earlier process knew; ``parts``: its health by the view that asked for it.
    """

    uid: str
    name: str
    snapshot: Snapshot
    objects: dict[Identity, ObjectHealth] = msgspec.field(default_factory=lambda: dict[Identity, ObjectHealth]())
    versions: ClusterVersions | None = None
    health: ClusterHealth | None = None
    reachability: Reachability = "unreachable"
    since: str = ""
    seen_at: str = ""
    checked_at: str = ""
    error: ErrorReport | None = None
    synced: bool = False
    judged: bool = False
    revision: int = 0
    recalled: Mapping[FindingIdentity, str] = msgspec.field(default_factory=lambda: dict[FindingIdentity, str]())
    parts: dict[str, Part] = msgspec.field(default_factory=lambda: dict[str, Part]())


class Transition(msgspec.Struct, frozen=True):
    """An object or a cluster (``object`` None) went from one state to another."""

    cluster: str
    uid: str
    before: HealthState | None
    after: HealthState | None
    object: ObjectHealth | None = None
    reachability: tuple[Reachability, Reachability] | None = None


class Follower(Protocol):
    """Who hears of transitions and of touched objects; never waits."""

    def moved(self, transition: Transition) -> None: ...

    def touched(self, event: Touched) -> None: ...


class Board:
    """The states of all clusters, by UID. A ``watcher.Listener``."""

    def __init__(self, changes: Changes, follower: Follower, clock: Callable[[], datetime] = utc_now) -> None:
        self.changes = changes
        self._follower = follower
        self._clock = clock
        self._states: dict[str, ClusterState] = {}
        self._pulses: dict[str, Pulse] = {}
        self._dirty: dict[str, set[Identity] | None] = {}
        self._installation: set[str] = set()
        self._judged: dict[str, datetime] = {}
        self._flush: asyncio.TimerHandle | None = None

    # Reading

    def states(self) -> Mapping[str, ClusterState]:
        """Every cluster of which anything is known."""
        return self._states

    def state(self, uid: str) -> ClusterState | None:
        return self._states.get(uid)

    # Filling

    def begin(self, uid: str, name: str, pulse: Pulse | None, *, secrets: bool = False) -> ClusterState:
        """A cluster is watched from now on (``pulse``), or shown as others watch it; what is known of it stays."""
        state = self._states.get(uid)
        if state is None:
            state = self._states[uid] = ClusterState(uid, name, Snapshot(name))
        state.name = state.snapshot.cluster = name
        state.snapshot.secrets_granted = secrets
        state.synced = state.judged = False
        if pulse is None:
            self._pulses.pop(uid, None)
        else:
            self._pulses[uid] = pulse
            self._follow_pulse(state, pulse)
        self.replaced(uid)
        return state

    def show(self, uid: str, name: str, revision: int, kept: Memory) -> None:
        """What another worker, or an earlier process, left of a cluster that is not watched here."""
        before = self._states.get(uid)
        state = ClusterState(
            uid,
            name,
            snapshot_of(name, kept),
            objects=before.objects if before else {},
            health=before.health if before else None,
            reachability=kept.reachability,
            since=kept.since,
            seen_at=kept.seen_at,
            checked_at=kept.checked_at,
            error=kept.error,
            synced=kept.synced,
            judged=True,
            revision=revision - 1,
            recalled={(s.code, s.subject, s.where): s.at for s in kept.findings},
        )
        self._states[uid] = state
        self._pulses.pop(uid, None)
        self._installation.add(uid)
        self._judge(uid, None)

    def forget(self, uid: str) -> None:
        """A cluster is not registered any more."""
        self._states.pop(uid, None)
        self._pulses.pop(uid, None)
        self._dirty.pop(uid, None)
        self._judged.pop(uid, None)

    # What watchers tell

    def changed(self, uid: str, kind: GroupKind, key: Key, before: Any, after: Any) -> None:
        state = self._states.get(uid)
        if state is None:
            return
        if kind in _INSTALLATION:
            self._installation.add(uid)
        self._mark(uid, affected(state.snapshot, kind, key, before, after))
        self._schedule()

    def probed(self, uid: str, gateway: Identity) -> None:
        """A probe through the Gateway came out otherwise than before."""
        self._mark(uid, (gateway,))
        self._schedule()

    def replaced(self, uid: str) -> None:
        if uid in self._states:
            self._dirty[uid] = None
            self._installation.add(uid)
            self._schedule()

    def pulsed(self, uid: str) -> None:
        state, pulse = self._states.get(uid), self._pulses.get(uid)
        if state is None or pulse is None:
            return
        before = state.reachability
        self._follow_pulse(state, pulse)
        if before != pulse.state:
            self._dirty.setdefault(uid, set())
            self._schedule()
            self._follower.moved(Transition(state.name, uid, None, None, reachability=(before, pulse.state)))

    def touched(self, event: Touched) -> None:
        self._follower.touched(event)

    def synced(self, uid: str) -> None:
        """Everything was seen once."""
        state = self._states.get(uid)
        if state is not None:
            state.synced = True
            self.judge(uid)

    def judge(self, uid: str) -> None:
        """What has been seen so far is judged from now on, even if there is more to see."""
        state = self._states.get(uid)
        if state is not None and not state.judged:
            state.judged = True
            self.replaced(uid)

    # Judging

    def _schedule(self) -> None:
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(SETTLE, self._judge_some)

    def _judge_some(self) -> None:
        """Judges what is dirty, for at most a hundredth of a second at a time: others share the loop."""
        self._flush = None
        loop = asyncio.get_running_loop()
        until = loop.time() + 0.01
        while self._dirty and loop.time() < until:
            uid = next(iter(self._dirty))
            self._judge(uid, self._dirty.pop(uid))
        if self._dirty:
            self._flush = loop.call_later(0, self._judge_some)

    def settle(self) -> None:
        """Judges everything that is dirty now (a look that does not stay needs no timer)."""
        while self._dirty:
            uid, only = self._dirty.popitem()
            self._judge(uid, only)

    def rejudge(self, uids: Iterable[str] | None = None) -> None:
        """Judges anew, of these clusters or all, what only time has changed: grace that ends, certificates that expire,
        probes that grow old. Of what others watch they tell, and their newest probes are not here."""
        now = self._clock()
        states = self._states.values() if uids is None else [self._states[u] for u in uids if u in self._states]
        for state in states:
            since = self._judged.get(state.uid) if state.uid in self._pulses else None
            if since is None:
                continue
            if due := elapsed(state.snapshot, since, now):
                self._mark(state.uid, due)
            self._judged[state.uid] = now
        if self._dirty:
            self._schedule()

    def _mark(self, uid: str, objects: Iterable[Identity] | None) -> None:
        known = self._dirty.get(uid, set())
        self._dirty[uid] = None if known is None or objects is None else known.union(objects)

    def _judge(self, uid: str, only: Iterable[Identity] | None) -> None:
        state = self._states.get(uid)
        if state is None:
            return
        before, summary = state.objects, state.health
        now = self._clock()
        if uid in self._installation and state.judged:
            self._installation.discard(uid)
            state.versions = versions_of(state.snapshot)
        if not state.judged:
            only = ()
        if only is None:
            state.objects = _since(before, assess(state.snapshot, now), now, state.recalled)
            self._judged[uid] = now
        elif only:
            wanted = frozenset(only)
            fresh = _since(before, assess(state.snapshot, now, wanted), now, state.recalled)
            state.objects = dict(before)
            for identity in wanted:
                state.objects.pop(identity, None)
            state.objects.update(fresh)
        state.health = self._summary(state, now)
        state.revision += 1
        _renew(state)
        self._tell(state, before, summary, before.keys() | state.objects.keys() if only is None else frozenset(only))

    def _summary(self, state: ClusterState, now: datetime) -> ClusterHealth:
        return health_of(state, state.objects, rfc3339(now))

    def _tell(
        self,
        state: ClusterState,
        before: Mapping[Identity, ObjectHealth],
        summary: ClusterHealth | None,
        judged: Collection[Identity],
    ) -> None:
        for identity in judged:
            was, now = before.get(identity), state.objects.get(identity)
            if was is now or was == now:
                continue
            known = now or was
            assert known is not None
            self.changes.publish("object", state.name, known.ref, now.state if now else None)
            if (was.state if was else None) != (now.state if now else None):
                transition = Transition(
                    state.name, state.uid, was.state if was else None, now.state if now else None, known
                )
                self._follower.moved(transition)
        if state.health is not None and (summary is None or _shown(summary) != _shown(state.health)):
            self.changes.publish("cluster", state.name, state=state.health.state)
            if summary is None or summary.state != state.health.state:
                was_state = summary.state if summary else None
                self._follower.moved(Transition(state.name, state.uid, was_state, state.health.state))

    def _follow_pulse(self, state: ClusterState, pulse: Pulse) -> None:
        state.reachability, state.since = pulse.state, pulse.since
        state.seen_at, state.checked_at, state.error = pulse.seen_at, pulse.checked_at, pulse.error
        if state.health is not None:
            state.health = msgspec.structs.replace(state.health, seen_at=pulse.seen_at, error=pulse.error)


def _renew(state: ClusterState) -> None:
    """Makes the parts that people look at now, and not all of a team's at once when the next one asks."""
    edge = time.monotonic() - LOOKED_AT
    for part in state.parts.values():
        if part.asked > edge and part.revision == state.revision - 1:
            part.health, part.revision = part.make(state), state.revision


def health_of(state: ClusterState, objects: Mapping[Identity, ObjectHealth], judged_at: str = "") -> ClusterHealth:
    """A cluster rolled up from these of its objects. Of one that does not answer, or has no Gateway API, the objects
    are told as they were last seen and the state is ``unknown``."""
    summary = summarise(state.snapshot, objects)
    seen = state.reachability in ("reachable", "slow") and (state.synced or bool(objects))
    return ClusterHealth(
        cluster=state.name,
        state=summary.state if seen and state.snapshot.of(CRD) else "unknown",
        reachability=state.reachability,
        since=state.since,
        seen_at=state.seen_at,
        judged_at=judged_at,
        objects=summary.objects,
        gateways=summary.gateways,
        errors=summary.errors,
        warnings=summary.warnings,
        causes=summary.causes,
        error=state.error,
    )


def _shown(health: ClusterHealth) -> ClusterHealth:
    """Without what changes all the time."""
    return msgspec.structs.replace(health, seen_at="", judged_at="")


def _since(
    before: Mapping[Identity, ObjectHealth],
    after: Mapping[Identity, ObjectHealth],
    now: datetime,
    recalled: Mapping[FindingIdentity, str],
) -> dict[Identity, ObjectHealth]:
    """``after`` with the moment at which each finding was first seen; what did not change stays the same object."""
    moment = rfc3339(now)
    result: dict[Identity, ObjectHealth] = {}
    for identity, found in after.items():
        was = before.get(identity)
        known = {finding.identity: finding.since for finding in was.findings} if was else {}
        if found.findings:
            findings = tuple(
                msgspec.structs.replace(f, since=known.get(f.identity) or recalled.get(f.identity) or moment)
                for f in found.findings
            )
            found = msgspec.structs.replace(found, findings=findings)
        result[identity] = was if was is not None and was == found else found
    return result

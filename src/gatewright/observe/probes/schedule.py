"""When each target is asked: about each interval, never faster than the rates, fair between clusters. Pure.

Targets of one address stand in one line, because an address is asked by one probe at a time. Of the lines that may
go now, the clusters take turns. Times are seconds of any clock, given by the caller.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from gatewright.model.probe import ProbeTarget

_JITTER: Final = 0.1


class Pace(msgspec.Struct, frozen=True):
    """``interval``: seconds between two probes of one target, give or take a tenth. ``rate``: probes a second over
    all. ``address_rate``: probes a second to one address. ``cluster_targets``: how many of one cluster are probed."""

    interval: float = 30.0
    rate: float = 20.0
    address_rate: float = 2.0
    cluster_targets: int = 500


class _Line:
    """The targets of one address, by when they are due."""

    def __init__(self) -> None:
        self.due: list[tuple[float, int, ProbeTarget]] = []
        self.free_at = 0.0
        self.wake_at = math.inf
        self.busy = False
        self.queued = False

    @property
    def ready_at(self) -> float:
        return max(self.due[0][0], self.free_at)


class Schedule:
    """``put`` the targets of each cluster, then ``take`` what may be asked now, and tell when it is ``done``."""

    def __init__(self, pace: Pace, seed: int | None = None) -> None:
        self._pace = pace
        self._random = random.Random(seed)
        self._order = itertools.count()
        self._targets: dict[str, dict[ProbeTarget, None]] = {}
        self._asked: set[ProbeTarget] = set()
        self._lines: dict[str, _Line] = {}
        self._waiting: list[tuple[float, int, str]] = []
        self._ready: OrderedDict[str, deque[str]] = OrderedDict()
        self._next = 0.0
        self._cut: dict[str, int] = {}

    def __len__(self) -> int:
        return sum(map(len, self._targets.values()))

    def __contains__(self, target: ProbeTarget) -> bool:
        return target in self._targets.get(target.cluster, ())

    @property
    def cut(self) -> Mapping[str, int]:
        """How many targets of a cluster are not probed because it has too many; clusters that lose none are absent."""
        return self._cut

    def put(self, cluster: str, targets: Iterable[ProbeTarget], now: float) -> None:
        """These are the targets of a cluster and no others. New ones are due within as many seconds
        as there are of them, at most an interval."""
        wanted = self._within_limit(cluster, targets)
        known = self._targets.pop(cluster, {})
        if wanted:
            self._targets[cluster] = wanted
        gone = [target for target in known if target not in wanted]
        new = [target for target in wanted if target not in known]
        # a few are asked soon; many, so that the rounds after the first are spread as well
        within = min(self._pace.interval, len(new))
        for target in new:
            self._enter(target, now + self._random.random() * within)
        for address in {target.address for target in gone}:
            self._sweep(address)

    def take(self, now: float) -> ProbeTarget | None:
        """A target to be asked now, or None: then ``pause`` says how long to wait."""
        if now < self._next:
            return None
        self._wake(now)
        while self._ready:
            cluster, addresses = next(iter(self._ready.items()))
            self._ready.move_to_end(cluster)
            target = self._start(addresses.popleft(), now)
            if not addresses:
                del self._ready[cluster]
            if target is not None:
                # a loop that wakes a little late may catch up by one
                self._next = max(self._next, now - 1 / self._pace.rate) + 1 / self._pace.rate
                return target
        return None

    def pause(self, now: float) -> float:
        """Seconds until ``take`` may have something, at least 0; at most the interval."""
        if self._ready:
            return max(0.0, self._next - now)
        if not self._waiting:
            return self._pace.interval
        return min(self._pace.interval, max(0.0, self._next - now, self._waiting[0][0] - now))

    def hurry(self, targets: Iterable[ProbeTarget], now: float) -> None:
        """These are due now. The rates hold for them as for all."""
        wanted = {target for target in targets if target in self and target not in self._asked}
        for address in {target.address for target in wanted}:
            line = self._lines.get(address)
            if line is not None:
                line.due = [(min(due, now) if t in wanted else due, number, t) for due, number, t in line.due]
                heapq.heapify(line.due)
                self._queue(address, line)

    def done(self, target: ProbeTarget, now: float, again: float | None = None) -> None:
        """``target`` was asked. ``again``: seconds until it is due, where it could not be asked after all."""
        self._asked.discard(target)
        line = self._lines.get(target.address)
        if line is None:
            return
        line.busy = False
        if target in self:
            self._enter(target, now + (self._spread() if again is None else again))
        self._queue(target.address, line)
        self._sweep(target.address)

    def overdue(self, now: float) -> float:
        """By how many seconds the target that waits longest is late: the rates are too low for so many targets."""
        return max((now - line.due[0][0] for line in self._lines.values() if line.due), default=0.0)

    def _within_limit(self, cluster: str, targets: Iterable[ProbeTarget]) -> dict[ProbeTarget, None]:
        given = dict.fromkeys(targets)
        limit = self._pace.cluster_targets
        self._cut.pop(cluster, None)
        if len(given) <= limit:
            return given
        self._cut[cluster] = len(given) - limit
        return dict.fromkeys(_fair(given, limit))

    def _spread(self) -> float:
        return self._pace.interval * self._random.uniform(1 - _JITTER, 1 + _JITTER)

    def _enter(self, target: ProbeTarget, due: float) -> None:
        if target in self._asked:
            return
        line = self._lines.setdefault(target.address, _Line())
        heapq.heappush(line.due, (due, next(self._order), target))
        self._queue(target.address, line)

    def _queue(self, address: str, line: _Line) -> None:
        """Has the line woken when its first target may be asked. Of its wishes only the earliest counts."""
        if line.due and not line.busy and not line.queued and line.ready_at < line.wake_at:
            line.wake_at = line.ready_at
            heapq.heappush(self._waiting, (line.wake_at, next(self._order), address))

    def _wake(self, now: float) -> None:
        while self._waiting and self._waiting[0][0] <= now:
            at, _, address = heapq.heappop(self._waiting)
            line = self._lines.get(address)
            if line is None or line.wake_at != at:
                continue
            line.wake_at = math.inf
            if line.due and not line.busy and line.ready_at <= now:
                line.queued = True
                self._ready.setdefault(line.due[0][2].cluster, deque()).append(address)
            else:
                self._queue(address, line)

    def _start(self, address: str, now: float) -> ProbeTarget | None:
        line = self._lines.get(address)
        if line is None or not line.queued:
            return None
        line.queued = False
        while line.due:
            _, _, target = heapq.heappop(line.due)
            if target in self and target not in self._asked:
                self._asked.add(target)
                line.busy, line.free_at = True, now + 1 / self._pace.address_rate
                return target
        self._sweep(address)
        return None

    def _sweep(self, address: str) -> None:
        """Forgets what is no target any more, and a line that nobody stands in."""
        line = self._lines.get(address)
        if line is None:
            return
        kept = [entry for entry in line.due if entry[2] in self]
        if len(kept) < len(line.due):
            heapq.heapify(kept)
            line.due = kept
        if not line.due and not line.busy:
            del self._lines[address]


def _fair(targets: Iterable[ProbeTarget], limit: int) -> Iterable[ProbeTarget]:
    """The first ``limit`` of them, the listeners of all Gateways taking turns."""
    listeners: dict[object, list[ProbeTarget]] = {}
    # sorted, so that the same ones are kept whichever order they come in
    for target in sorted(targets, key=lambda t: (str(t.gateway), t.listener, t.hostname, t.address, t.port, t.path)):
        listeners.setdefault((target.gateway, target.listener, target.address), []).append(target)
    turns = itertools.chain.from_iterable(itertools.zip_longest(*listeners.values()))
    return itertools.islice((target for target in turns if target is not None), limit)

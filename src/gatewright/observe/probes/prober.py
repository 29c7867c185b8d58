"""Asks every target again and again, at the schedule's pace, and hands each result on."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from gatewright.model.addresses import canonical
from gatewright.model.probe import ProbeResult, ProbeTarget, clusters_at
from gatewright.observe.breath import Breath
from gatewright.observe.probes.addresses import AddressPolicy
from gatewright.observe.probes.names import Names
from gatewright.observe.probes.probe import SECONDS, Contexts, Located, ask, locate
from gatewright.observe.probes.schedule import Pace, Schedule

_RETRY_SECONDS: Final = 5.0


class ProberOptions(msgspec.Struct, frozen=True):
    """``concurrency``: probes under way at once. ``seconds``: the deadline of one. ``refresh``: seconds between two
    readings of the targets. ``confirm``: seconds until a target is asked again whose outcome is new, so that what was
    wrong for a moment is not told for a whole interval."""

    policy: AddressPolicy = AddressPolicy()
    pace: Pace = Pace()
    concurrency: int = 50
    seconds: float = SECONDS
    refresh: float = 15.0
    confirm: float = 5.0


class ProberReport(msgspec.Struct, frozen=True):
    """How probing itself fares. ``cut``: targets beyond a cluster's limit, which are not probed. ``overdue``: seconds
    by which the latest target is late. ``probes``: results so far, by outcome."""

    targets: int
    under_way: int
    overdue: float
    cut: Mapping[str, int]
    probes: Mapping[str, int]


class Prober:
    """``await run()`` until cancelled. ``targets`` gives those of each cluster; it is read every few seconds, with
    pauses between clusters, and the same object for a cluster means that nothing changed there. ``sink`` must not
    block. One that raises ends the run."""

    def __init__(
        self,
        targets: Callable[[], Iterable[tuple[str, Sequence[ProbeTarget]]]],
        sink: Callable[[ProbeResult], None],
        options: ProberOptions = ProberOptions(),  # noqa: B008 - frozen
        *,
        names: Names | None = None,
        contexts: Contexts | None = None,
        neighbours: Callable[[], Iterable[tuple[str, str]]] = tuple,
    ) -> None:
        """``names`` belongs to the prober, which closes it when the run ends. ``neighbours``: more addresses, each with
        its cluster, that may answer for a hostname."""
        self._targets = targets
        self._neighbours = neighbours
        self._reading = asyncio.Lock()
        self._outcomes: dict[ProbeTarget, str] = {}
        self._asking: dict[ProbeTarget, list[asyncio.Future[ProbeResult]]] = {}
        self._sink = sink
        self._options = options
        self._names = names or Names()
        self._contexts = contexts or Contexts()
        self._schedule = Schedule(options.pace)
        self._given: dict[str, Sequence[ProbeTarget]] = {}
        self._owners: dict[str, set[str]] = {}
        self._last: dict[str, tuple[float, str]] = {}
        self._under_way = 0
        self._changed = asyncio.Event()
        self._probes: dict[str, int] = {}

    def report(self) -> ProberReport:
        schedule = self._schedule
        return ProberReport(
            len(schedule),
            self._under_way,
            max(0.0, schedule.overdue(time.monotonic())),
            dict(schedule.cut),
            dict(self._probes),
        )

    async def now(self, targets: Iterable[ProbeTarget], seconds: float) -> list[ProbeResult]:
        """Asks these before their time, as fast as the pace allows; what came within ``seconds``, while ``run`` is
        under way. What is no target (any more) is left out."""
        async with self._reading:
            await self._read()
        wanted = [target for target in dict.fromkeys(targets) if target in self._schedule]
        loop = asyncio.get_running_loop()
        futures = {target: loop.create_future() for target in wanted}
        for target, future in futures.items():
            self._asking.setdefault(target, []).append(future)
        self._schedule.hurry(wanted, time.monotonic())
        self._changed.set()
        try:
            if futures:
                await asyncio.wait(futures.values(), timeout=seconds)
        finally:
            for target, future in futures.items():
                if not future.done() and (waiting := self._asking.get(target)):
                    waiting.remove(future)
                    if not waiting:
                        del self._asking[target]
        return [future.result() for future in futures.values() if future.done()]

    async def run(self) -> None:
        """Probes until cancelled; then nothing is under way any more."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._refresh())
                await self._drive(group)
        finally:
            self._names.close()

    async def _refresh(self) -> None:
        while True:
            async with self._reading:
                await self._read()
            now = time.monotonic()
            self._last = {address: last for address, last in self._last.items() if last[0] > now}
            self._outcomes = {target: told for target, told in self._outcomes.items() if target in self._schedule}
            self._changed.set()
            await asyncio.sleep(self._options.refresh)

    async def _read(self) -> None:
        breath, seen, pairs = Breath(), set[str](), dict.fromkeys(self._neighbours())
        for cluster, targets in self._targets():
            seen.add(cluster)
            pairs.update(dict.fromkeys((target.address, cluster) for target in targets))
            if self._given.get(cluster) is not targets:
                self._given[cluster] = targets
                self._schedule.put(cluster, targets, time.monotonic())
            await breath.take()
        for cluster in self._given.keys() - seen:
            del self._given[cluster]
            self._schedule.put(cluster, (), time.monotonic())
        self._owners = _by_address(pairs, self._names)

    async def _drive(self, group: asyncio.TaskGroup) -> None:
        while True:
            self._changed.clear()
            now = time.monotonic()
            target = self._schedule.take(now) if self._under_way < self._options.concurrency else None
            if target is None:
                await self._wait(self._schedule.pause(now))
                continue
            self._under_way += 1
            group.create_task(self._probe(target))

    async def _wait(self, seconds: float) -> None:
        """Until then, or until something changes; while there is no room, only the end of a probe is waited for."""
        full = self._under_way >= self._options.concurrency
        try:
            async with asyncio.timeout(None if full else seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _probe(self, target: ProbeTarget) -> None:
        again: float | None = None
        try:
            found = await locate(target, names=self._names, policy=self._options.policy)
            if isinstance(found, Located):
                if not self._enter(found):
                    again = _RETRY_SECONDS
                    return
                found = await self._ask(found)
            self._probes[found.outcome] = self._probes.get(found.outcome, 0) + 1
            if target in self._schedule:
                if self._outcomes.get(target, found.outcome) != found.outcome:
                    again = self._options.confirm
                self._outcomes[target] = found.outcome
                self._sink(found)
            for future in self._asking.pop(target, ()):
                future.set_result(found)
        finally:
            self._under_way -= 1
            self._schedule.done(target, time.monotonic(), again)
            self._changed.set()

    def _enter(self, located: Located) -> bool:
        """Whether the IP address may be asked now. The schedule keeps apart what is written alike; this, what is
        reached under several names."""
        key, written = canonical(located.address), located.target.address
        until, by = self._last.get(key, (0.0, written))
        if by != written and until > time.monotonic():
            return False
        self._last[key] = (math.inf, written)
        return True

    async def _ask(self, located: Located) -> ProbeResult:
        target, began = located.target, time.monotonic()
        pointing = asyncio.create_task(self._resolved(target.hostname))
        try:
            found = await ask(located, self._contexts, seconds=self._options.seconds)
            resolved = await pointing
        finally:
            pointing.cancel()
            self._last[canonical(located.address)] = (began + 1 / self._options.pace.address_rate, target.address)
        return msgspec.structs.replace(found, resolved=resolved, answered_by=clusters_at(resolved, self._owners))

    async def _resolved(self, hostname: str) -> tuple[str, ...]:
        return await self._names.resolve(hostname) if hostname else ()


def _by_address(pairs: Iterable[tuple[str, str]], names: Names) -> dict[str, set[str]]:
    owners: dict[str, set[str]] = {}
    for address, cluster in pairs:
        for resolved in names.remembered(address):
            owners.setdefault(resolved, set()).add(cluster)
    return owners

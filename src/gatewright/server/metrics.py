"""What Prometheus is told of the fleet and of this process, read anew at each scrape; nothing is global.

``METRICS`` lists every family and its labels; beside it there is only what is told of any process. Series are bounded:
clusters by what is registered, what a cluster can multiply (hostnames, certificates) by a share of ``SERIES``.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

import msgspec
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

from gatewright import __version__
from gatewright.gatewayapi.kinds import SECRET
from gatewright.gatewayapi.surroundings import Secret
from gatewright.model.errors import GatewrightError
from gatewright.model.notifications import DeliveryState
from gatewright.model.probe import ProbeResult
from gatewright.model.rollout import RolloutState
from gatewright.model.status import HealthState, Reachability
from gatewright.observe.board import ClusterState
from gatewright.observe.breath import Breath
from gatewright.observe.probes.probe import now
from gatewright.observe.probes.prober import ProberReport
from gatewright.observe.watcher import ClusterWatcher
from gatewright.server.requests import RequestCounts
from gatewright.store.numbers import StoredNumbers
from gatewright.text import text

MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"
SERIES: Final = 5000
"""Hostnames, and again certificates, that have series of their own, over the whole fleet."""
_PER_CLUSTER: Final = 50
_AT_LEAST: Final = 2
Labels = tuple[str, ...]


class Family(msgspec.Struct, frozen=True):
    """One metric. Its sentence is the text ``metrics.NAME``. A counter's name ends in ``_total``."""

    name: str
    type: Literal["gauge", "counter"]
    labels: Labels = ()


_PROBED: Final = ("cluster", "gateway", "listener", "hostname")
METRICS: Final = (
    Family("gatewright_cluster_reachability", "gauge", ("cluster", "state")),
    Family("gatewright_cluster_health", "gauge", ("cluster", "state")),
    Family("gatewright_findings", "gauge", ("cluster", "code", "severity")),
    Family("gatewright_bundle_info", "gauge", ("cluster", "version", "channel")),
    Family("gatewright_observation_age_seconds", "gauge", ("cluster",)),
    Family("gatewright_drift_open", "gauge", ("cluster",)),
    Family("gatewright_probe_success", "gauge", _PROBED),
    Family("gatewright_probe_latency_seconds", "gauge", _PROBED),
    Family("gatewright_certificate_expiry_seconds", "gauge", ("cluster", "kind", "namespace", "name")),
    Family("gatewright_series_left_out", "gauge", ("cluster", "metric")),
    Family("gatewright_rollouts", "gauge", ("state",)),
    Family("gatewright_notifications", "gauge", ("state",)),
    Family("gatewright_build_info", "gauge", ("version",)),
    Family("gatewright_database_up", "gauge"),
    Family("gatewright_watched_clusters", "gauge"),
    Family("gatewright_watch_streams", "gauge"),
    Family("gatewright_watch_events_total", "counter"),
    Family("gatewright_relists_total", "counter"),
    Family("gatewright_probe_targets", "gauge"),
    Family("gatewright_probe_targets_left_out", "gauge", ("cluster",)),
    Family("gatewright_probe_overdue_seconds", "gauge"),
    Family("gatewright_probes_total", "counter", ("outcome",)),
    Family("gatewright_requests_total", "counter", ("method", "route", "status")),
    Family("gatewright_request_seconds_total", "counter", ("method", "route")),
)
_BY_NAME: Final[Mapping[str, Family]] = {family.name: family for family in METRICS}


async def _no_numbers() -> StoredNumbers | None:
    return None


def _nothing() -> tuple[()]:
    return ()


@dataclass(frozen=True)
class Sources:
    """Where a scrape reads. Each is called once per scrape, on the event loop; what is absent has no series.

    The last result of each probe is in the snapshot of its cluster. ``stored`` may raise ``GatewrightError``: the
    database is then down.
    """

    clusters: Callable[[], Iterable[ClusterState]] = _nothing
    watchers: Callable[[], Sequence[ClusterWatcher]] = _nothing
    stored: Callable[[], Awaitable[StoredNumbers | None]] = _no_numbers
    requests: RequestCounts = field(default_factory=RequestCounts)
    clock: Callable[[], datetime] = now


class Metrics:
    """``scrape`` gives the page. Remembers only what makes counters rise and unchanged clusters cheap."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._events, self._relists = _Rising(), _Rising()
        self._findings: dict[str, tuple[int, Counter[tuple[str, str]]]] = {}
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        self._report: Callable[[], ProberReport | None] = lambda: None

    def attend(self, report: Callable[[], ProberReport | None]) -> None:
        """This process probes from now on, and ``report`` says how that fares."""
        self._report = report

    async def scrape(self) -> str:
        """Everything in the text format of Prometheus (0.0.4). The page is written beside the event loop."""
        sheet = _Sheet()
        await self._stored(sheet)
        states = list(self.sources.clusters())
        await self._clusters(sheet, states)
        self._own(sheet)
        return await asyncio.to_thread(_written, sheet, self._process)

    async def _stored(self, sheet: _Sheet) -> None:
        try:
            found = await self.sources.stored()
        except GatewrightError:
            sheet.add("gatewright_database_up", 0)
            return
        if found is None:
            return
        sheet.add("gatewright_database_up", 1)
        for state in get_args(RolloutState):
            sheet.add("gatewright_rollouts", found.rollouts.get(state, 0), state)
        for state in get_args(DeliveryState):
            sheet.add("gatewright_notifications", found.notifications.get(state, 0), state)
        for cluster, number in found.drifts.items():
            sheet.add("gatewright_drift_open", number, cluster)

    async def _clusters(self, sheet: _Sheet, states: Sequence[ClusterState]) -> None:
        at, share, breath = self.sources.clock(), _share(len(states)), Breath()
        for state in states:
            self._cluster(sheet, state, at)
            _certificates(sheet, state, at, share)
            _probes(sheet, state, share)
            await breath.take()
        seen = {state.uid for state in states}
        self._findings = {uid: known for uid, known in self._findings.items() if uid in seen}

    def _cluster(self, sheet: _Sheet, state: ClusterState, at: datetime) -> None:
        _stateset(sheet, "gatewright_cluster_reachability", state.name, state.reachability, get_args(Reachability))
        health = state.health.state if state.health else "unknown"
        _stateset(sheet, "gatewright_cluster_health", state.name, health, get_args(HealthState))
        for (code, severity), number in self._findings_of(state).items():
            sheet.add("gatewright_findings", number, state.name, code, severity)
        if state.versions is not None and state.versions.bundle is not None:
            bundle = state.versions.bundle
            sheet.add("gatewright_bundle_info", 1, state.name, bundle.version, bundle.channel)
        if (age := _seconds_until(state.seen_at, at)) is not None:
            sheet.add("gatewright_observation_age_seconds", max(0.0, -age), state.name)

    def _findings_of(self, state: ClusterState) -> Counter[tuple[str, str]]:
        known = self._findings.get(state.uid)
        if known is None or known[0] != state.revision:
            found = Counter((f.code, f.severity) for o in state.objects.values() for f in o.findings)
            known = self._findings[state.uid] = (state.revision, found)
        return known[1]

    def _own(self, sheet: _Sheet) -> None:
        watchers = self.sources.watchers()
        sheet.add("gatewright_build_info", 1, __version__)
        sheet.add("gatewright_watched_clusters", len(watchers))
        sheet.add("gatewright_watch_streams", sum(w.streams for w in watchers))
        sheet.add("gatewright_watch_events_total", self._events.over({w.uid: w.changes for w in watchers}))
        sheet.add("gatewright_relists_total", self._relists.over({w.uid: w.relists for w in watchers}))
        self._prober(sheet)
        for (method, route, status), number in self.sources.requests.numbers.items():
            sheet.add("gatewright_requests_total", number, method, route, str(status))
        for (method, route), seconds in self.sources.requests.seconds.items():
            sheet.add("gatewright_request_seconds_total", seconds, method, route)

    def _prober(self, sheet: _Sheet) -> None:
        report = self._report()
        if report is None:
            return
        sheet.add("gatewright_probe_targets", report.targets)
        sheet.add("gatewright_probe_overdue_seconds", report.overdue)
        for cluster, number in report.cut.items():
            sheet.add("gatewright_probe_targets_left_out", number, cluster)
        for outcome, number in report.probes.items():
            sheet.add("gatewright_probes_total", number, outcome)


class _Sheet:
    """The values of one scrape."""

    def __init__(self) -> None:
        self._values: dict[str, dict[Labels, float]] = {family.name: {} for family in METRICS}

    def add(self, name: str, value: float, *labels: str) -> None:
        """Raises ``KeyError`` for a family that is not declared, ``ValueError`` for labels that are not its own."""
        if len(labels) != len(_BY_NAME[name].labels):
            raise ValueError(f"{name}: {labels}")
        self._values[name][labels] = value

    def left_out(self, name: str, cluster: str, number: int) -> None:
        if number > 0:
            self.add("gatewright_series_left_out", number, cluster, name)

    def written(self) -> Iterator[str]:
        """The lines of the text format. By hand: the library's samples are a hundred thousand objects for the garbage
        collector where a fleet is large, and stop the process for as long as it looks through them."""
        for family in METRICS:
            yield f"# HELP {family.name} {text(f'metrics.{family.name}', 'en')}\n"
            yield f"# TYPE {family.name} {family.type}\n"
            for labels, value in self._values[family.name].items():
                pairs = ",".join(f'{k}="{_escaped(v)}"' for k, v in zip(family.labels, labels, strict=True))
                yield f"{family.name}{{{pairs}}} {float(value)!r}\n" if pairs else f"{family.name} {float(value)!r}\n"


class _Rising:
    """The sum of counters that come and go, and begin again at nothing; it never falls."""

    def __init__(self) -> None:
        self._total = 0
        self._last: Mapping[str, int] = {}

    def over(self, counters: Mapping[str, int]) -> int:
        for key, number in counters.items():
            before = self._last.get(key, 0)
            self._total += number - before if number >= before else number
        self._last = counters
        return self._total


def _written(sheet: _Sheet, process: CollectorRegistry) -> str:
    return "".join(sheet.written()) + generate_latest(process).decode()


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _share(clusters: int) -> int:
    """How many series of a kind one cluster may have."""
    return max(_AT_LEAST, min(_PER_CLUSTER, SERIES // max(1, clusters)))


def _stateset(sheet: _Sheet, name: str, cluster: str, state: str, states: Iterable[str]) -> None:
    for one in states:
        sheet.add(name, int(one == state), cluster, one)


def _of_secrets(state: ClusterState, at: datetime) -> Iterator[tuple[Labels, float]]:
    secrets: Iterable[Secret] = state.snapshot.of(SECRET).values()
    for secret in secrets:
        facts = secret.certificate
        if facts is not None and (seconds := _seconds_until(facts.not_after, at)) is not None:
            yield ("Secret", secret.metadata.namespace, secret.metadata.name), seconds


def _certificates(sheet: _Sheet, state: ClusterState, at: datetime, share: int) -> None:
    own = dict(_of_secrets(state, at))
    for result in state.snapshot.probes.values():
        if result.certificate and (seconds := _seconds_until(result.certificate.not_after, at)) is not None:
            gateway = result.target.gateway
            labels = ("Gateway", gateway.namespace or "", gateway.name)
            own[labels] = min(seconds, own.get(labels, seconds))
    for labels in sorted(own, key=lambda labels: (own[labels], labels))[:share]:
        sheet.add("gatewright_certificate_expiry_seconds", round(own[labels]), state.name, *labels)
    sheet.left_out("gatewright_certificate_expiry_seconds", state.name, len(own) - share)


def _probes(sheet: _Sheet, state: ClusterState, share: int) -> None:
    own: dict[Labels, ProbeResult] = {}
    for result in state.snapshot.probes.values():
        labels = _probed(result)
        # of several addresses the worst speaks
        if result.outcome not in ("excluded", "invalid") and (labels not in own or result.outcome != "ok"):
            own[labels] = result
    for labels in sorted(own, key=lambda labels: (own[labels].outcome == "ok", labels))[:share]:
        result = own[labels]
        sheet.add("gatewright_probe_success", int(result.outcome == "ok"), state.name, *labels)
        if result.latency_ms is not None:
            sheet.add("gatewright_probe_latency_seconds", result.latency_ms / 1000, state.name, *labels)
    sheet.left_out("gatewright_probe_success", state.name, len(own) - share)


def _probed(result: ProbeResult) -> Labels:
    target = result.target
    return (f"{target.gateway.namespace}/{target.gateway.name}", target.listener, target.hostname)


def _seconds_until(moment: str, at: datetime) -> float | None:
    try:
        return (datetime.fromisoformat(moment) - at).total_seconds()
    except ValueError:
        return None

"""The page for Prometheus: what is documented is exported and the other way round, and no label grows without bound."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import httpx
import pytest
from probing import target
from prometheus_client.parser import text_string_to_metric_families

from gatewright.gatewayapi.kinds import SECRET
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.metadata import Meta
from gatewright.gatewayapi.surroundings import Secret
from gatewright.model.desired import BundleName
from gatewright.model.health import ClusterHealth, HealthFinding, ObjectHealth
from gatewright.model.objects import ObjectRef
from gatewright.model.probe import CertificateFacts, Outcome, ProbeResult
from gatewright.model.versions import ClusterVersions
from gatewright.observe.board import ClusterState
from gatewright.observe.probes.prober import ProberReport
from gatewright.observe.watcher import ClusterWatcher
from gatewright.server.metrics import METRICS, SERIES, Metrics, Sources
from gatewright.server.requests import CountingRequests, RequestCounts
from gatewright.store.database import Database
from gatewright.store.errors import DatabaseBusyError
from gatewright.store.numbers import StoredNumbers, count
from gatewright.text import message, text

ROOT = Path(__file__).resolve().parents[3]
MONITORING = ROOT / "docs" / "monitoring"
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
PROCESS = {
    "process_virtual_memory_bytes",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_max_fds",
}
# What decides how many values a label may have; a label that is not here has no bound.
BOUNDS = {
    "cluster": "registered clusters",
    "state": "a closed set",
    "severity": "a closed set",
    "code": "our own codes",
    "version": "one per cluster",
    "channel": "a closed set",
    "metric": "our own metrics",
    "outcome": "a closed set",
    "method": "routes of the API",
    "route": "routes of the API",
    "status": "statuses of HTTP",
    "gateway": "a share of SERIES",
    "listener": "a share of SERIES",
    "hostname": "a share of SERIES",
    "kind": "a closed set",
    "namespace": "a share of SERIES",
    "name": "a share of SERIES",
}
CERTIFICATE = CertificateFacts("CN=a", "CN=b", ("a",), "2026-01-01T00:00:00Z", "2026-11-23T12:00:00Z", "0" * 64)
Page = dict[str, dict[tuple[str, ...], float]]


def cluster(
    name: str,
    *probes: ProbeResult,
    findings: int = 0,
    secrets: int = 0,
    seen_at: str = "2026-11-22T11:59:30Z",
) -> ClusterState:
    ref = ObjectRef("gateway.networking.k8s.io/v1", "Gateway", "web", "shop")
    found = tuple(HealthFinding("health.no-address", ref, "error", where=str(n)) for n in range(findings))
    state = ClusterState(f"uid-{name}", name, Snapshot(name), reachability="reachable", seen_at=seen_at)
    state.objects = {((ref.group, ref.kind), ("shop", "web")): ObjectHealth(ref, "unhealthy", findings=found)}
    state.health = ClusterHealth(name, "degraded", "reachable", seen_at, seen_at)
    state.versions = ClusterVersions(name, "1.36.0", "uniform", bundle=BundleName("v1.6.1", "standard"))
    state.snapshot.objects[SECRET] = {
        ("shop", f"s{n}"): Secret(Meta(f"s{n}", "shop"), "kubernetes.io/tls", CERTIFICATE) for n in range(secrets)
    }
    state.snapshot.probes.update({result.target: result for result in probes})
    return state


def probed(
    outcome: Outcome = "ok", *, cluster: str = "a", hostname: str = "a.example", certificate: bool = False
) -> ProbeResult:
    return ProbeResult(
        target(cluster=cluster, hostname=hostname),
        "2026-11-22T12:00:00Z",
        outcome,
        message("probe.ok", status=200),
        latency_ms=12.5 if outcome == "ok" else None,
        certificate=CERTIFICATE if certificate else None,
    )


def watcher(uid: str, changes: int, relists: int) -> ClusterWatcher:
    return cast(ClusterWatcher, SimpleNamespace(uid=uid, changes=changes, relists=relists, streams=7))


async def numbers() -> StoredNumbers:
    return StoredNumbers({"failed": 1}, {"dead": 2}, {"a": 3})


def everything() -> Metrics:
    """With a source for every family."""
    requests = RequestCounts()
    requests.add("GET", "/status", 200, 0.25)
    probes = (probed("http"), probed(hostname="b.example", certificate=True))
    sources = Sources(
        clusters=lambda: [cluster("a", *probes, findings=2, secrets=60), cluster("b", seen_at="")],
        watchers=lambda: [watcher("a", 10, 2)],
        stored=numbers,
        requests=requests,
        clock=lambda: NOW,
    )
    metrics = Metrics(sources)
    metrics.attend(lambda: ProberReport(2, 1, 0.5, {"a": 9}, {"ok": 4}))
    return metrics


async def scrape(sources: Sources | Metrics) -> Page:
    """The values by name and by the values of the labels, in the order in which the family declares them."""
    metrics = sources if isinstance(sources, Metrics) else Metrics(sources)
    page: Page = {}
    order = {family.name: family.labels for family in METRICS}
    for family in text_string_to_metric_families(await metrics.scrape()):
        for sample in family.samples:
            labels = order.get(sample.name, ())
            assert set(sample.labels) == set(labels), sample.name
            page.setdefault(sample.name, {})[tuple(sample.labels[label] for label in labels)] = sample.value
    return page


async def test_every_family_is_exported_and_nothing_else() -> None:
    page = await scrape(everything())
    assert set(page) == {family.name for family in METRICS} | PROCESS
    assert len({family.name for family in METRICS}) == len(METRICS)
    assert all(family.name.endswith("_total") == (family.type == "counter") for family in METRICS)


async def test_the_values() -> None:
    page = await scrape(everything())
    assert page["gatewright_cluster_reachability"][("a", "reachable")] == 1
    assert page["gatewright_cluster_reachability"][("a", "slow")] == 0
    assert page["gatewright_cluster_health"][("a", "degraded")] == 1
    assert page["gatewright_findings"] == {("a", "health.no-address", "error"): 2}
    assert page["gatewright_bundle_info"][("a", "v1.6.1", "standard")] == 1
    assert page["gatewright_observation_age_seconds"] == {("a",): 30}
    assert page["gatewright_drift_open"] == {("a",): 3}
    assert page["gatewright_rollouts"][("failed",)] == 1
    assert page["gatewright_rollouts"][("running",)] == 0
    assert page["gatewright_notifications"][("dead",)] == 2
    assert page["gatewright_database_up"] == {(): 1}
    assert page["gatewright_probe_success"] == {
        ("a", "shop/web", "web", "a.example"): 0,
        ("a", "shop/web", "web", "b.example"): 1,
    }
    assert page["gatewright_probe_latency_seconds"] == {("a", "shop/web", "web", "b.example"): 0.0125}
    assert page["gatewright_certificate_expiry_seconds"][("a", "Gateway", "shop", "web")] == 86400
    assert page["gatewright_requests_total"] == {("GET", "/status", "200"): 1}
    assert page["gatewright_probe_targets_left_out"] == {("a",): 9}


def test_every_label_has_a_bound() -> None:
    assert {label for family in METRICS for label in family.labels} == set(BOUNDS)


async def test_series_are_bounded_whatever_clusters_hold() -> None:
    big = [probed("timeout" if n == 7777 else "ok", cluster="big", hostname=f"h{n}.example") for n in range(8000)]
    clusters = [cluster(f"c{n}", probed(cluster=f"c{n}"), secrets=3) for n in range(400)]
    clusters.append(cluster("big", *big, findings=5000, secrets=5000))
    page = await scrape(Sources(clusters=lambda: clusters))
    for name in ("gatewright_probe_success", "gatewright_certificate_expiry_seconds"):
        assert len(page[name]) <= SERIES
    assert page["gatewright_probe_success"][("big", "shop/web", "web", "h7777.example")] == 0, "failures come first"
    assert all(("c" + str(n), "shop/web", "web", "a.example") in page["gatewright_probe_success"] for n in range(400))
    left = page["gatewright_series_left_out"]
    assert left[("big", "gatewright_probe_success")] > 7900
    assert left[("big", "gatewright_certificate_expiry_seconds")] > 4900
    assert len(page["gatewright_findings"]) == 1
    assert sum(map(len, page.values())) < 20_000


async def test_names_that_clusters_choose_cannot_break_the_page() -> None:
    evil = 'a"} 1\ngatewright_database_up 0 #\\'
    page = await scrape(Sources(clusters=lambda: [cluster(evil, probed(hostname=evil))]))
    assert page["gatewright_cluster_health"][(evil, "degraded")] == 1
    assert "gatewright_database_up" not in page


async def test_a_target_that_was_not_asked_is_neither_up_nor_down() -> None:
    page = await scrape(Sources(clusters=lambda: [cluster("a", probed("excluded"), probed("invalid", hostname="x"))]))
    assert "gatewright_probe_success" not in page


async def test_a_database_that_is_down_is_told_and_spoils_nothing_else() -> None:
    async def down() -> StoredNumbers:
        raise DatabaseBusyError()

    page = await scrape(Sources(clusters=lambda: [cluster("a")], stored=down))
    assert page["gatewright_database_up"] == {(): 0}
    assert "gatewright_rollouts" not in page
    assert page["gatewright_cluster_health"][("a", "degraded")] == 1


async def test_counters_never_fall() -> None:
    watchers: list[ClusterWatcher] = [watcher("a", 10, 1), watcher("b", 5, 1)]
    metrics = Metrics(Sources(watchers=lambda: watchers))
    seen: list[float] = []
    for change in ((), (watcher("a", 12, 1),), (watcher("a", 3, 1), watcher("c", 1, 1)), ()):
        watchers[:] = change or watchers
        seen.append((await scrape(metrics))["gatewright_watch_events_total"][()])
    assert seen == [15, 17, 21, 21]


async def test_findings_are_counted_again_when_the_cluster_was_judged_again() -> None:
    state = cluster("a", findings=1)
    metrics = Metrics(Sources(clusters=lambda: [state]))
    assert list((await scrape(metrics))["gatewright_findings"].values()) == [1]
    state.objects, state.revision = cluster("a", findings=3).objects, state.revision + 1
    assert list((await scrape(metrics))["gatewright_findings"].values()) == [3]


async def test_what_is_stored_is_counted(tmp_path: Path) -> None:
    async with Database.open(f"sqlite:///{tmp_path}/g.db") as database:
        await database.migrate()
        async with database.reading() as unit:
            assert await count(unit.session) == StoredNumbers({}, {}, {})


async def test_requests_are_counted_by_template() -> None:
    counts = RequestCounts()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].startswith("/teams/"):
            scope["route"] = SimpleNamespace(path_format="/teams/{team}")
        await send({"type": "http.response.start", "status": 200 if "route" in scope else 404})
        await send({"type": "http.response.body"})

    async def send(_: Any) -> None: ...

    counting = CountingRequests(app, counts)
    for method, path in (("GET", "/teams/a"), ("GET", "/teams/b"), ("GET", "/x"), ("BREW", "/y")):
        await counting({"type": "http", "method": method, "path": path}, cast(Any, None), send)
    assert dict(counts.numbers) == {("GET", "/teams/{team}", 200): 2, ("-", "-", 404): 2}
    assert set(counts.seconds) == {("GET", "/teams/{team}"), ("-", "-")}


async def test_the_route(api: httpx.AsyncClient) -> None:
    answer = await api.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "gatewright_database_up 1.0\n" in answer.text
    again = (await api.get("/metrics")).text
    assert 'gatewright_requests_total{method="GET",route="/metrics",status="200"} 1.0\n' in again


# Documents


def exported() -> set[str]:
    return {family.name for family in METRICS} | PROCESS


def test_every_metric_is_documented_with_its_labels_and_sentence() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `([a-z_]+)` \| (\w+) \| ([^|]*) \| ([^|]*) \|$", page, re.MULTILINE)
    documented = {name: (kind, tuple(re.findall(r"`(\w+)`", labels)), told) for name, kind, labels, told in found}
    assert set(documented) == exported()
    for family in METRICS:
        told = text(f"metrics.{family.name}", "en")
        assert documented[family.name] == (family.type, family.labels, told), family.name


def names_in(query: str) -> set[str]:
    plain = re.sub(r'"[^"]*"|\{\{.*?\}\}', "", query)
    return set(re.findall(r"\b(?:gatewright|process)_[a-z_]+\b", plain))


def panels(dashboard: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def test_the_dashboard_asks_only_for_what_is_exported() -> None:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))
    queries = [t["expr"] for panel in panels(dashboard) for t in panel.get("targets", [])]
    queries += [v["query"] for v in dashboard["templating"]["list"] if v["type"] == "query"]
    assert len(queries) > 10
    for query in queries:
        assert names_in(query), query
        assert names_in(query) <= exported(), query
    ids = [panel["id"] for panel in panels(dashboard)]
    assert len(set(ids)) == len(ids)


def test_the_rules_ask_only_for_what_is_exported() -> None:
    rules = (MONITORING / "alerts.yaml").read_text(encoding="utf-8")
    expressions = re.findall(r"^\s*(?:- )?expr: (.*)$", rules, re.MULTILINE)
    assert len(expressions) > 10
    assert {name for query in expressions for name in names_in(query)} <= exported()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not here (Debian: prometheus)")
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", str(MONITORING / "alerts.yaml")),
        ("test", "rules", str(Path(__file__).with_name("alerts_test.yaml"))),
    ],
    ids=lambda arguments: arguments[0],
)
def test_promtool_accepts_the_rules(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not here (Debian: prometheus)")
async def test_promtool_accepts_the_page() -> None:
    page = await everything().scrape()
    done = await anyio.run_process(["promtool", "check", "metrics"], input=page.encode(), check=False)
    assert done.returncode == 0, done.stdout + done.stderr

"""``health`` and ``explain``: what is wrong and why, within 100 columns, in both languages, with a stable exit code."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
from collections.abc import AsyncGenerator, Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, cast

import health_worlds as w
import msgspec
import pytest
from rich.cells import cell_len
from rich.console import Console
from side_by_side import bundle, cluster

from gatewright.cli import exits
from gatewright.cli.client import Api
from gatewright.cli.command import Session
from gatewright.cli.following import Seen, changes, follow
from gatewright.cli.output import Screen
from gatewright.cli.views import fleet, health
from gatewright.gatewayapi.consistency.skew import skew_of
from gatewright.gatewayapi.consistency.versions import versions_of
from gatewright.gatewayapi.health import assess, explain, explain_cluster, roll_up, summarise, with_findings
from gatewright.gatewayapi.kinds import ENDPOINT_SLICE, GATEWAY
from gatewright.gatewayapi.live import Snapshot
from gatewright.model.desired import SkewPolicy
from gatewright.model.errors import ErrorReport
from gatewright.model.health import ClusterHealth, Found, Health
from gatewright.model.status import ClusterStatus, Reachability
from gatewright.server.settings import from_environment
from gatewright.text import LANGUAGES, Language, text

Run = Callable[..., Any]
LONG = "a-rather-long-name-of-a-cluster-in-shanghai-01"


def broken(name: str = LONG) -> Snapshot:
    """A Gateway that is not programmed with a stale condition, and a route whose Service has no endpoints."""
    snapshot = w.healthy()
    snapshot.cluster = name
    w.take(snapshot, ENDPOINT_SLICE, ("shop", "cart-1"))
    live = w.gateway()
    live["metadata"]["generation"] = 3
    live["status"]["conditions"] = [
        w.condition("Accepted"),
        w.condition("Programmed", "False", "AddressNotAssigned", observedGeneration=3, message="no address " * 12),
    ]
    w.put(snapshot, GATEWAY, live)
    return snapshot


def member(snapshot: Snapshot, reachability: Reachability = "reachable", **more: Any) -> ClusterHealth:
    summary = summarise(snapshot, assess(snapshot, w.NOW))
    found = msgspec.structs.asdict(summary)
    if reachability not in ("reachable", "slow"):
        found["state"] = "unknown"
    return ClusterHealth(
        cluster=snapshot.cluster, reachability=reachability, since=w.OLD, seen_at=w.OLD, **(found | more)
    )


def world() -> Health:
    error = ErrorReport("kube.unreachable", {"server": "https://example.org:6443", "reason": "refused"}, "gone")
    gone = w.healthy()
    gone.cluster = "gone"
    return roll_up("fleet", [member(broken()), member(w.healthy()), member(gone, "unreachable", error=error)])


def findings() -> list[Found]:
    objects = assess(broken(), w.NOW)
    return [Found(LONG, msgspec.structs.replace(f, since=w.OLD)) for o in objects.values() for f in o.findings]


def drawn(view: Callable[..., Any], value: object, language: Language = "en", **options: Any) -> str:
    file = io.StringIO()
    console = Console(file=file, width=100, highlight=False, markup=False, emoji=False, **options)
    for part in view(value, language):
        console.print(part)
    return file.getvalue()


def views() -> Iterator[tuple[Callable[..., Any], object]]:
    snapshot = broken()
    objects = assess(snapshot, w.NOW)
    yield health.health, world()
    yield partial(health.health, team="payments"), world()
    yield health.one_cluster, health.OneCluster(member(snapshot), tuple(objects.values()))
    yield health.findings, findings()
    yield health.explained, [explain(snapshot, objects, *w.ROUTE_KEY), explain_cluster(snapshot, objects)]
    yield fleet.status, [ClusterStatus(LONG, "reachable", "", "", seen_at=w.OLD, health="degraded")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_fits_and_nothing_is_said_by_colour_alone(language: Language) -> None:
    for view, value in views():
        shown = drawn(view, value, language)
        assert max(cell_len(line) for line in shown.splitlines()) <= 100, shown
        plain = drawn(view, value, language, force_terminal=True, no_color=True, color_system="truecolor")
        assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|38|9[0-7])", plain)
        coloured = drawn(view, value, language, force_terminal=True, color_system="standard", no_color=False)
        assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_fleet_is_told_with_its_causes_and_what_is_not_seen(language: Language) -> None:
    shown = drawn(health.health, world(), language)
    squeezed = re.sub(r"\s", "", shown)
    for state in ("degraded", "healthy", "unknown"):
        assert re.sub(r"\s", "", f"{health.SIGNS[state]}{text(f'observe.state.{state}', language)}") in squeezed
    assert "kube.unreachable" in shown
    assert "Service shop/cart" in shown
    assert text("cli.word.remedy", language) in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cluster_is_told_by_its_objects_that_are_not_healthy(language: Language) -> None:
    snapshot = broken()
    found = health.OneCluster(member(snapshot), tuple(assess(snapshot, w.NOW).values()))
    shown = drawn(health.one_cluster, found, language)
    below = shown[shown.index(text("cli.health.objects", language)) :]
    assert "Gateway shop/web" in below
    assert "Programmed=False AddressNotAssigned" in below
    assert "GatewayClass traefik" not in below
    blind = health.OneCluster(member(snapshot, "forbidden"), found.objects)
    assert text("cli.health.blind", language)[:20] in drawn(health.one_cluster, blind, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tree_has_causes_conditions_evidence_and_remedies(language: Language) -> None:
    snapshot = broken()
    tree = drawn(health.explained, [explain(snapshot, assess(snapshot, w.NOW), *w.ROUTE_KEY)], language)
    assert tree.startswith("HTTPRoute shop/cart")
    assert f"[{LONG}]" in tree
    assert "├── " in tree
    assert "Gateway shop/web" in tree
    assert text("cli.explain.cause", language) in tree
    assert f"Accepted=True Accepted  {text('cli.explain.stale', language)}" in tree
    assert text("cli.explain.evidence", language, evidence="").strip() in tree
    assert "health.no-endpoints" in tree
    assert text("observe.state.healthy", language) in tree


def test_a_good_condition_that_is_current_is_not_shown() -> None:
    snapshot = w.healthy()
    tree = drawn(health.explained, [explain(snapshot, assess(snapshot, w.NOW), *w.ROUTE_KEY)])
    assert "Accepted" not in tree
    assert text("cli.explain.cause", "en") not in tree


@pytest.mark.parametrize("language", LANGUAGES)
def test_changes_between_two_looks_are_told_once(language: Language) -> None:
    well, ill = w.healthy(), broken("east")
    one = Seen(None, (), [member(well)], [])
    [first] = changes(Seen(None, (), (), ()), one, language)
    assert text("cli.reachability.reachable", language) in first[1].plain
    found = [Found("east", f) for o in assess(ill, w.NOW).values() for f in o.findings]
    two = Seen(None, (), [member(ill)], found)
    told = [what.plain for cluster, what in changes(one, two, language) if cluster == "east"]
    assert f"{text('observe.state.healthy', language)} → " in told[0]
    assert len(told) == 1 + len(found)
    assert list(changes(two, two, language)) == []
    assert all(text("cli.health.gone", language) in t.plain for _, t in list(changes(two, one, language))[1:])


class Followed:
    """An API whose stream of changes tells of one change after every look but the last, and what is looked at."""

    def __init__(self, *looks: Seen) -> None:
        self._looks = list(looks)
        self._looked = asyncio.Event()

    async def events(self, path: str, type: object) -> AsyncGenerator[object]:
        assert path == "/changes"
        while self._looks:
            await self._looked.wait()
            self._looked.clear()
            yield {}

    async def look(self) -> Seen:
        self._looked.set()
        return self._looks.pop(0)


@pytest.mark.parametrize("format", ["table", "json"])
async def test_following_looks_again_after_every_change(format: Any, capsys: pytest.CaptureFixture[str]) -> None:
    well, ill = w.healthy(), broken("east")
    found = [Found("east", f) for o in assess(ill, w.NOW).values() for f in o.findings]
    one, two = Seen({"n": 1}, (), [member(well)], []), Seen({"n": 2}, (), [member(ill)], found)
    api = Followed(one, one, two)
    settings = from_environment({"GATEWRIGHT_SERVER": "http://there", "GATEWRIGHT_HOME": "/nowhere"})
    session = Session(settings, Screen("en", format), contextlib.AsyncExitStack())
    async with asyncio.timeout(30):
        await follow(session, cast(Api, api), api.look)
    out = capsys.readouterr().out
    if format == "json":
        assert out.split() == ["{", '"n":', "1", "}", "{", '"n":', "2", "}"]
    else:
        assert len(out.splitlines()) == 2 + len(found)
        assert "● healthy → ✗ unhealthy" in out


def test_an_empty_fleet_says_what_to_do_next(run: Run) -> None:
    for lang in LANGUAGES:
        result = run("health", lang=lang)
        assert (result.code, "gatewright cluster add" in result.out) == (0, True)
    assert json.loads(run("health", "-o", "json").out)["name"] == "fleet"
    assert run("health", "--findings").out.strip() == text("cli.health.none", "en")


@pytest.mark.parametrize(
    ("arguments", "code", "exit"),
    [
        (("health", "-t", "nobody"), "store.unknown-team", 4),
        (("health", "-c", "nowhere"), "store.unknown-cluster", 4),
        (("explain", "cluster/nowhere"), "store.unknown-cluster", 4),
        (("explain", "apple/x"), "observe.unknown-kind", 4),
        (("explain", "gateway/x"), "observe.unknown-object", 4),
        (("explain", "gateway", "shop/x"), "observe.unknown-object", 4),
        (("explain", "gateways/shop/x"), "observe.unknown-object", 4),
        (("explain", "gtw/shop/x"), "observe.unknown-object", 4),
        (("explain", "gateway"), "cli.bad-value", 2),
        (("explain", "gateway/"), "cli.bad-value", 2),
        (("explain", "/x"), "cli.bad-value", 2),
        (("explain", "gateway/a/b/c"), "cli.bad-value", 2),
        (("explain", "gateway/a", "b"), "cli.bad-value", 2),
        (("explain",), "cli.missing-argument", 2),
    ],
)
def test_refusals(run: Run, arguments: tuple[str, ...], code: str, exit: int) -> None:
    result = run(*arguments)
    assert (result.code, code in result.err, result.out) == (exit, True, "")


@pytest.fixture
def registered(run: Run, kubernetes: Any, tmp_path: Any) -> Run:
    """``run`` with the stand-in registered as shanghai; it serves no lists, so it is never seen whole."""
    file = tmp_path / "kubeconfig"
    file.write_text(kubernetes.kubeconfig())
    assert run("cluster", "add", "shanghai", "--kubeconfig", str(file)).code == 0
    return run


def test_what_is_not_known_to_be_healthy_exits_so(registered: Run, kubernetes: Any) -> None:
    kubernetes.answers["/api/v1/namespaces/kube-system"] = 403
    for arguments in (("health",), ("health", "-c", "shanghai"), ("health", "--findings")):
        result = registered(*arguments, "-o", "json")
        assert result.code == exits.UNHEALTHY == 12, result.err
    answer = json.loads(registered("health", "-c", "shanghai", "-o", "json").out)
    assert (answer["state"], answer["reachability"]) == ("unknown", "forbidden")
    shown = registered("health", lang="zh")
    assert "无权限" in shown.out
    assert shown.code == exits.UNHEALTHY


def test_the_current_team_and_cluster_are_looked_at(registered: Run, kubernetes: Any) -> None:
    kubernetes.answers["/api/v1/namespaces/kube-system"] = 403
    for team in ("payments", "orders"):
        assert registered("team", "create", team).code == 0
    assert registered("bind", "payments", "shanghai").code == 0
    assert registered("use", "payments/shanghai").code == 0
    assert "cluster" in json.loads(registered("health", "-o", "json").out)
    assert json.loads(registered("health", "--all-clusters", "-o", "json").out)["name"] == "payments"
    assert json.loads(registered("health", "-t", "orders", "-o", "json").out).get("members", []) == []
    assert json.loads(registered("health", "-A", "-o", "json").out)["name"] == "fleet"
    refused = registered("health", "-t", "orders", "-c", "shanghai")
    assert (refused.code, "store.unknown-binding" in refused.err) == (4, True)
    refused = registered("explain", "cluster/shanghai", "-t", "orders")
    assert (refused.code, "store.unknown-binding" in refused.err) == (4, True)


def test_secrets_and_probes_are_the_users_word(registered: Run) -> None:
    assert "not read" in registered("cluster", "show", "shanghai").out
    allowed = registered("cluster", "secrets", "shanghai", "allow", lang="zh")
    assert (allowed.code, "允许读取" in allowed.out) == (0, True)
    off = json.loads(registered("cluster", "probes", "shanghai", "off", "-o", "json").out)
    assert (off["spec"]["readSecrets"], off["spec"]["probes"]) == (True, False)
    exported = registered("export").out
    assert "readSecrets: true" in exported
    assert "probes: false" in exported
    for wrong in (("secrets", "shanghai", "maybe"), ("probes", "shanghai", "allow")):
        refused = registered("cluster", *wrong)
        assert (refused.code, "cli.bad-value" in refused.err) == (2, True)
    printed = registered("cluster", "access", "--observe-only", "--secrets").out
    assert "secrets" in printed
    assert "create" not in printed
    mixed = registered("cluster", "access", "--observe-only", "--allow-namespace-removal")
    assert (mixed.code, "cli.bad-value" in mixed.err) == (2, True)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_how_a_teams_clusters_differ_is_told_with_its_health(language: Language) -> None:
    versions = {"beijing": "v1.6.1", LONG: "v1.5.1"}
    facts = {name: versions_of(bundle(cluster(name), version)) for name, version in versions.items()}
    policy = SkewPolicy("none", "1h")
    skews = skew_of("payments", facts, policy, {"bundle": w.NOW - timedelta(days=2)}, w.NOW)
    shown = drawn(health.health, with_findings(world(), [skew.finding for skew in skews]), language)
    assert text("cli.health.of-teams", language) in shown
    assert skews[0].finding.code in shown
    assert "v1.5.1" in shown
    assert max(cell_len(line) for line in shown.splitlines()) <= 100

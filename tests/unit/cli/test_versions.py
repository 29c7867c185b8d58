"""Clusters side by side, as people see them: within 100 columns, in both languages."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console
from side_by_side import bundle, cluster, controller, crd, gateway, route

from gatewright.cli.views.advice import advice
from gatewright.cli.views.hostnames import hostnames
from gatewright.cli.views.versions import every_crd, versions
from gatewright.gatewayapi.consistency.facts import facts_of
from gatewright.gatewayapi.consistency.hostnames import compare_hostnames
from gatewright.gatewayapi.consistency.matrix import matrix
from gatewright.gatewayapi.consistency.skew import skew_of
from gatewright.gatewayapi.consistency.versions import versions_of
from gatewright.gatewayapi.kinds import CRD
from gatewright.model.desired import Binding, BundleName, SkewPolicy
from gatewright.model.domains import DomainMap
from gatewright.model.versions import Versions
from gatewright.planning.advice import advise
from gatewright.text import LANGUAGES

Run = Callable[..., Any]
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def drawn(view: Callable[..., Any], value: object, language: str = "en") -> str:
    """What is printed; no line is wider than the screen of a program."""
    file = io.StringIO()
    console = Console(file=file, width=100, highlight=False, markup=False, emoji=False)
    for part in view(value, language):
        console.print(part)
    assert all(cell_len(line) <= 100 for line in file.getvalue().splitlines())
    return " ".join(file.getvalue().split())


def fleet() -> Versions:
    old = BundleName("v1.1.1", "experimental")
    hidden = cluster("hidden", "")
    hidden.unread[CRD] = "kube.forbidden"
    snapshots = [
        controller(bundle(cluster("shanghai"), "v1.6.1"), "3.7.15"),
        controller(bundle(cluster("beijing"), "v1.6.1"), "3.7.15"),
        controller(bundle(cluster("frankfurt"), "v1.4.1"), "3.7.15"),
        crd(
            bundle(cluster("old"), "v1.1.1", "experimental"),
            old,
            "grpcroutes.gateway.networking.k8s.io",
            stored=("v1alpha2", "v1"),
        ),
        hidden,
    ]
    found = {s.cluster: versions_of(s) for s in snapshots}
    since = {"bundle:standard": NOW - timedelta(days=30)}
    skews = skew_of("payments", found, SkewPolicy(), since, NOW, {"frankfurt": BundleName("v1.6.1")})
    return Versions(matrix(found), tuple(found.values()), skews)


@pytest.mark.parametrize("language", LANGUAGES)
def test_versions_are_drawn_with_what_is_wrong(language: str) -> None:
    shown = drawn(versions, fleet(), language)
    assert "≠ v1.4.1" in shown
    assert "! traefik" in shown or "traefik ! 3.7.15" in shown
    assert "frankfurt traefik: tlsroutes.gateway.networking.k8s.io v1" in shown
    assert "old debt: grpcroutes: v1alpha2 < v1.2.0" in shown
    assert "gateways" in shown
    assert ("error" if language == "en" else "错误") in shown


def test_only_crds_that_differ_are_drawn_unless_all_are_wanted() -> None:
    found = {name: versions_of(bundle(cluster(name), "v1.6.1")) for name in ("a", "b")}
    same = Versions(matrix(found), tuple(found.values()), ())
    assert "httproutes" not in drawn(versions, same)
    assert "v1.6.1 standard: a, b" in drawn(every_crd, same)


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostnames_are_drawn_with_their_differences(language: str) -> None:
    snapshots = {
        "a": route(cluster("a"), "shop", "web", "shop.example.com", backend="web"),
        "b": route(cluster("b"), "shop", "web", "shop.example.com", backend="new"),
        "c": cluster("c"),
    }
    route(snapshots["a"], "shop", "only", "only.example.com", backend="x")
    shown = drawn(hostnames, compare_hostnames(snapshots), language)
    assert "HTTPRoute PathPrefix /" in shown
    assert "a web:80" in shown
    assert "b new:80" in shown
    assert ("on one cluster" if language == "en" else "仅一个集群") in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_advice_is_drawn_with_its_evidence(language: str) -> None:
    snapshot = gateway(cluster("a"), "gates", "edge")
    for team in ("pay", "shop"):
        route(snapshot, team, "web", "buy.example.com", parent="gates/edge", backend="pay/cart")
    there = route(cluster("b"), "legacy", "web", "buy.example.com", backend="web")
    teams = ("gates", "pay", "shop")
    bindings = tuple(Binding(team, "a", team) for team in teams)
    found = advise(DomainMap(teams, bindings, (facts_of(snapshot), facts_of(there))))
    shown = drawn(advice, found, language)
    assert "pay - shop: " in shown
    assert "a/shop/web -> a/pay/cart" in shown
    assert "gates" in shown
    assert "1. " in shown
    assert f"{found.coupling:.2f}" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_fleet_says_what_to_do_next(run: Run, language: str) -> None:
    for arguments in (("versions",), ("hostnames",), ("team", "advise")):
        result = run(*arguments, lang=language)
        assert result.code == 0, result.err
        assert result.out.strip()
        assert run(*arguments, "-o", "json").code == 0


def test_an_unknown_team_is_not_found(run: Run) -> None:
    for command in ("versions", "hostnames"):
        result = run(command, "-t", "nobody")
        assert (result.code, "store.unknown-team" in result.err) == (4, True)


def test_how_far_clusters_may_differ_is_said_when_a_team_is_made(run: Run) -> None:
    made = run("team", "create", "pay", "--skew", "patch", "--for", "72h", "-o", "json")
    assert '"for": "72h"' in made.out
    assert '"skew": "patch"' in made.out
    for wrong, code in ((("--for", "400d"), "model.invalid-duration"), (("--skew", "major"), "server.body")):
        result = run("team", "create", "pay", *wrong)
        assert (result.code, code in result.err) == (2, True)

"""How far a team's clusters differ, and when that becomes an error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from side_by_side import bundle, cluster, controller, crd

from gatewright.gatewayapi.consistency.skew import RANK, bundle_level, exceeding, level_between, skew_of, skews_of
from gatewright.gatewayapi.consistency.versions import versions_of
from gatewright.gatewayapi.kinds import CRD
from gatewright.model.desired import BundleName, SkewPolicy

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WANTED = BundleName("v1.6.1")


def team(**versions: str):
    return {name: versions_of(bundle(cluster(name), version)) for name, version in versions.items()}


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("v1.6.1", "v1.6.1", "none"),
        ("3.7.1", "v3.7.1", "none"),
        ("v1.6.0", "v1.6.1", "patch"),
        ("v1.6.1-rc.1", "v1.6.1", "patch"),
        ("v1.5.1", "v1.6.1", "minor"),
        ("v0.8.1", "v1.8.1", "minor"),
        ("monthly-2026.06", "v1.6.1", "any"),
        ("", "v1.6.1", "any"),
    ],
)
def test_how_far_two_versions_are_apart(one, other, level):
    assert level_between(one, other) == level_between(other, one) == level


def test_channels_have_no_order():
    assert bundle_level(BundleName("v1.6.1"), BundleName("v1.6.1", "experimental")) == "any"


def test_equal_clusters_have_no_skew():
    assert skews_of(team(a="v1.6.1", b="v1.6.1"), {}) == ()
    assert skews_of({}, {}) == ()
    assert skews_of(team(a="v1.6.1"), {}) == ()


def test_who_is_ahead_who_is_behind_and_what_levels():
    wanted = {"a": WANTED, "b": WANTED, "c": WANTED}
    (found,) = skew_of("pay", team(a="v1.6.1", b="v1.5.1", c="v1.6.0"), SkewPolicy(), {}, NOW, wanted)
    assert (found.skew.kind, found.skew.level) == ("bundle", "minor")
    assert (found.skew.ahead, found.skew.behind, found.skew.target) == (("a",), ("b", "c"), "v1.6.1 standard")
    assert found.finding.severity == "warning"
    assert "b v1.5.1" in found.finding.message.render("en")
    assert "v1.6.1 standard" in found.finding.remedy.render("zh")
    assert found.levelling.render("en") == (
        "The team's stack wants v1.6.1 standard; a rollout to b, c levels the clusters."
    )


def test_what_levels_is_what_the_stack_wants_even_if_one_is_newer():
    wanted = dict.fromkeys("ab", BundleName("v1.5.1"))
    (found,) = skew_of("pay", team(a="v1.6.1", b="v1.5.1"), SkewPolicy(), {}, NOW, wanted)
    assert found.skew.target == "v1.5.1 standard"
    assert "rollout to a levels" in found.levelling.render("en")


def test_stacks_that_differ_are_named_as_the_reason():
    wanted = {"a": WANTED, "b": BundleName("v1.5.1")}
    (found,) = skew_of("pay", team(a="v1.6.1", b="v1.5.1"), SkewPolicy(), {}, NOW, wanted)
    assert found.levelling.key == "consistency.level-stacks-differ"
    assert "b v1.5.1 standard" in found.levelling.render("en")


def test_without_a_stack_the_newest_is_the_target():
    (found,) = skew_of("pay", team(a="v1.6.1", b="v1.5.1"), SkewPolicy(), {}, NOW)
    assert found.levelling.key == "consistency.level-unwanted"
    assert found.skew.target == "v1.6.1 standard"


@pytest.mark.parametrize(
    ("allowed", "versions", "findings"),
    [
        ("none", ("v1.6.0", "v1.6.1"), 1),
        ("patch", ("v1.6.0", "v1.6.1"), 0),
        ("patch", ("v1.5.1", "v1.6.1"), 1),
        ("minor", ("v1.5.1", "v1.6.1"), 0),
        ("any", ("v1.5.1", "v1.6.1"), 0),
    ],
)
def test_a_policy_allows_up_to_its_level(allowed, versions, findings):
    one, other = versions
    assert len(skew_of("pay", team(a=one, b=other), SkewPolicy(allowed), {}, NOW)) == findings


def test_a_channel_exceeds_all_but_any():
    clusters = team(a="v1.6.1") | {"b": versions_of(bundle(cluster("b"), "v1.6.1", "experimental"))}
    (found,) = skew_of("pay", clusters, SkewPolicy("minor"), {}, NOW, {"a": WANTED, "b": WANTED})
    assert found.finding.code == "consistency.skew-channel"
    assert found.skew.behind == ("b",)
    assert skew_of("pay", clusters, SkewPolicy("any"), {}, NOW) == ()


@pytest.mark.parametrize(("lasted", "severity"), [(timedelta(hours=71), "warning"), (timedelta(hours=72), "error")])
def test_what_is_tolerated_for_a_while_is_an_error_after_it(lasted, severity):
    policy = SkewPolicy("none", "72h")
    (found,) = skew_of("pay", team(a="v1.6.1", b="v1.5.1"), policy, {"bundle": NOW - lasted}, NOW)
    assert found.finding.severity == severity
    assert found.finding.since == (NOW - lasted).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_mixed_cluster_is_a_skew_of_its_own():
    mixed = crd(bundle(cluster("b"), "v1.5.1"), BundleName("v1.2.1"), "grpcroutes.gateway.networking.k8s.io")
    (found,) = skew_of("pay", {"b": versions_of(mixed)}, SkewPolicy(), {}, NOW, {"b": WANTED})
    assert found.skew.key == "mixed:b"
    assert found.skew.target == "v1.6.1 standard"


def test_a_cluster_that_lacks_what_its_stack_wants():
    clusters = team(a="v1.6.1") | {"b": versions_of(cluster("b"))}
    assert skews_of(clusters, {}) == ()
    (found,) = skews_of(clusters, {"b": WANTED})
    assert (found.key, found.behind) == ("absent:b", ("b",))
    assert skews_of({"b": clusters["b"]}, {"b": WANTED}) == ()


def test_clusters_that_hide_their_crds_say_nothing():
    hidden = cluster("b")
    hidden.unread[CRD] = "kube.forbidden"
    assert skews_of(team(a="v1.6.1") | {"b": versions_of(hidden)}, {"b": WANTED}) == ()


def test_versions_of_controllers():
    clusters = {
        name: versions_of(controller(bundle(cluster(name), "v1.6.1"), version))
        for name, version in (("a", "3.7.15"), ("b", "3.6.15"), ("c", ""))
    }
    (found,) = skew_of("pay", clusters, SkewPolicy("patch"), {}, NOW)
    assert found.skew.key == "controller:traefik"
    assert (found.skew.ahead, found.skew.behind) == (("a",), ("b",))
    assert "traefik" in found.levelling.render("zh")


def test_builds_without_an_order():
    monthly = versions_of(bundle(cluster("m"), "v1.6.1", "experimental", claims=("monthly-2026.06", "experimental")))
    release = versions_of(bundle(cluster("r"), "v1.6.1", "experimental"))
    (found,) = skew_of("pay", {"m": monthly, "r": release}, SkewPolicy("minor"), {}, NOW)
    assert found.finding.code == "consistency.skew-unordered"
    assert found.skew.behind == ("m",)


VERSIONS = st.sampled_from(["v1.4.1", "v1.5.0", "v1.5.1", "v1.6.0", "v1.6.1"])


@given(st.dictionaries(st.sampled_from("abcdef"), VERSIONS), st.sampled_from(list(RANK)))
def test_skew_is_symmetric_and_policies_are_monotone(versions, allowed):
    clusters = team(**versions)
    found = skews_of(clusters, {})
    assert bool(found) == (len(set(versions.values())) > 1)
    for skew in found:
        assert set(skew.ahead) | set(skew.behind) == set(versions)
        assert not set(skew.ahead) & set(skew.behind)
        assert skew.ahead
        assert skew.behind
    assert skews_of(dict(reversed(clusters.items())), {}) == found
    keys = [{s.key for s in exceeding(found, SkewPolicy(level))} for level in ("any", allowed, "none")]
    assert keys[0] <= keys[1] <= keys[2]

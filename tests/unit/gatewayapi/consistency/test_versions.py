"""What the CRDs of a cluster say of its version, and clusters side by side."""

from __future__ import annotations

import pytest
from side_by_side import bundle, cluster, controller, crd, put

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.consistency.matrix import matrix
from gatewright.gatewayapi.consistency.versions import POLICY, is_dev, is_monthly, versions_of
from gatewright.gatewayapi.kinds import CRD
from gatewright.model.desired import BundleName
from gatewright.model.versions import BundleClaim

GROUP = "gateway.networking.k8s.io"
GRPC = f"grpcroutes.{GROUP}"


@pytest.mark.parametrize("release", [b.name for b in catalogue().bundles], ids=str)
def test_every_release_is_told_by_what_it_serves(release):
    seen = versions_of(bundle(cluster("a"), release.version, release.channel))
    assert seen.state == "uniform"
    assert release in seen.fits
    assert not seen.untrue
    assert seen.orphans == seen.in_debt == ()
    assert seen.claims == (BundleClaim(seen.crds[0].version, release.channel, len(seen.crds)),)
    assert seen.bundle is not None
    assert seen.bundle.version in (release.version, "v0.8.0")


def test_a_cluster_without_crds_is_absent_and_one_that_hides_them_unknown():
    assert versions_of(cluster("a")).state == "absent"
    hidden = cluster("a")
    hidden.unread[CRD] = "kube.forbidden"
    assert versions_of(hidden).state == "unknown"


@pytest.mark.parametrize(
    ("version", "channel", "state"),
    [
        ("", "", "unannotated"),
        ("v1.6.1", "", "unannotated"),
        ("monthly-2026.06", "experimental", "monthly"),
        ("v0.0.0-dev", "standard", "dev"),
        ("v9.0.0", "standard", "uniform"),
    ],
)
def test_what_annotations_say(version, channel, state):
    seen = versions_of(bundle(cluster("a"), "v1.6.1", claims=(version, channel)))
    assert seen.state == state
    assert BundleName("v1.6.1") in seen.fits
    assert not seen.untrue


def test_crds_of_two_releases_are_mixed_and_most_decide():
    snapshot = crd(bundle(cluster("a"), "v1.5.1"), BundleName("v1.2.1"), GRPC)
    seen = versions_of(snapshot)
    assert seen.state == "mixed"
    assert seen.bundle == BundleName("v1.5.1")
    assert [str(c) for c in seen.claims] == ["v1.5.1 standard", "v1.2.1 standard"]


def test_a_newer_crd_beside_an_older_bundle_is_no_orphan():
    snapshot = crd(bundle(cluster("a"), "v1.5.1"), BundleName("v1.6.1"), f"tcproutes.{GROUP}")
    assert versions_of(snapshot).state == "mixed"
    assert versions_of(snapshot).orphans == ()


def test_what_another_channel_left_behind_are_orphans():
    """What another installer did on the lab: experimental v1.4.1 replaced by standard v1.6.1."""
    seen = versions_of(bundle(bundle(cluster("a"), "v1.4.1", "experimental"), "v1.6.1"))
    assert seen.state == "uniform"
    assert [name.partition(".")[0] for name in seen.orphans] == ["xbackendtrafficpolicies", "xlistenersets", "xmeshes"]
    assert BundleName("v1.6.1") in seen.fits


def test_annotations_that_are_not_true_are_found_by_what_is_served():
    seen = versions_of(bundle(cluster("a"), "v1.4.1", claims=("v1.6.1", "standard")))
    assert seen.untrue
    assert seen.lacking
    assert {n.version for n in seen.fits} == {"v1.4.0", "v1.4.1"}


def test_debt_blocks_the_releases_that_lack_the_stored_version():
    release = BundleName("v1.1.1", "experimental")
    snapshot = crd(bundle(cluster("a"), release.version, release.channel), release, GRPC, stored=("v1alpha2", "v1"))
    (found,) = versions_of(snapshot).in_debt
    assert found.debt == ("v1alpha2",)
    assert found.blocks[0] == BundleName("v1.2.0", "experimental")
    assert all(b.channel == "experimental" for b in found.blocks)


def test_debt_on_the_newest_release_blocks_nothing_yet():
    release = BundleName("v1.6.1")
    snapshot = crd(bundle(cluster("a"), "v1.6.1"), release, f"tcproutes.{GROUP}", stored=("v1alpha2", "v1"))
    (found,) = versions_of(snapshot).in_debt
    assert found.blocks == ()


@pytest.mark.parametrize(("version", "needs"), [("3.7.15", "unserved"), ("3.6.15", "served"), ("9.9", "unknown")])
def test_whether_controllers_find_what_they_read(version, needs):
    (found,) = versions_of(controller(bundle(cluster("a"), "v1.4.1"), version)).controllers
    assert found.needs == needs
    assert bool(found.lacking) == (needs == "unserved")


@pytest.mark.parametrize(
    ("kubernetes", "tested"),
    [("v1.34.2", "tested"), ("v1.40.0", "untested"), ("v1.25.0", "below-floor"), ("", "unknown"), ("odd", "unknown")],
)
def test_whether_the_bundle_was_tested_on_this_kubernetes(kubernetes, tested):
    assert versions_of(bundle(cluster("a", kubernetes), "v1.6.1")).tested == tested


def test_the_policy_is_unknown_unless_it_was_looked_for():
    snapshot = cluster("a")
    assert versions_of(snapshot).admission == "unknown"
    snapshot.objects[POLICY] = {}
    assert versions_of(snapshot).admission == "absent"
    snapshot.objects[POLICY] = {("", f"safe-upgrades.{GROUP}"): object()}
    assert versions_of(snapshot).admission == "present"


def test_crds_of_others_do_not_count():
    foreign = {"metadata": {"name": "widgets.example.com"}, "spec": {"group": "example.com"}}
    assert versions_of(put(cluster("a"), CRD, foreign)).state == "absent"


def test_builds_that_are_no_release():
    assert [is_monthly(v) for v in ("monthly-2026.06", "v1.6.1", "")] == [True, False, False]
    assert [is_dev(v) for v in ("v0.0.0-dev", "v1.6.1-rc.1")] == [True, False]


def test_the_matrix_marks_who_differs():
    clusters = [bundle(cluster("a"), "v1.6.1"), bundle(cluster("b"), "v1.6.1"), bundle(cluster("c"), "v1.5.1")]
    clusters = [controller(c, "3.7.15") for c in clusters]
    made = matrix({c.cluster: versions_of(c) for c in clusters})
    columns = {column.key: index for index, column in enumerate(made.columns)}
    assert [row.cluster for row in made.rows] == ["a", "b", "c"]
    bundles = [row.cells[columns["bundle"]] for row in made.rows]
    assert [cell.state for cell in bundles] == ["common", "common", "differs"]
    assert made.columns[columns["bundle"]].common == "v1.6.1"
    assert not made.columns[columns["bundle"]].agreed
    assert made.columns[columns["channel"]].agreed
    assert made.columns[columns["controller:traefik"]].common == "3.7.15"
    assert [row.cells[columns[f"crd:tcproutes.{GROUP}"]].state for row in made.rows] == ["common", "common", "none"]


def test_the_matrix_points_at_what_is_wrong_everywhere():
    release = BundleName("v1.1.1", "experimental")
    bad = crd(bundle(cluster("bad"), release.version, release.channel), release, GRPC, stored=("v1alpha2", "v1"))
    hidden = cluster("hidden", "")
    hidden.unread[CRD] = "kube.forbidden"
    starved = controller(bundle(cluster("starved"), "v1.4.1"), "3.7.15")
    made = matrix({c.cluster: versions_of(c) for c in (bad, hidden, starved)})
    cells = {
        (row.cluster, col.key): cell for row in made.rows for col, cell in zip(made.columns, row.cells, strict=True)
    }
    assert cells["bad", "debt"].state == "attention"
    assert "v1alpha2 < v1.2.0" in cells["bad", "debt"].details[0]
    assert cells["hidden", "bundle"].state == cells["hidden", "kubernetes"].state == "unknown"
    assert cells["starved", "controller:traefik"].details == ("tlsroutes.gateway.networking.k8s.io v1",)

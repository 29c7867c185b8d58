"""The catalogue: complete, consistent with what Gateway API published, and helpful about names it does not have."""

from __future__ import annotations

import pytest

from gatewright.gatewayapi.catalogue import UnknownBundleError, catalogue
from gatewright.gatewayapi.crds import is_gateway_api_crd
from gatewright.gatewayapi.policies import SAFE_UPGRADES
from gatewright.gatewayapi.versions import version_key
from gatewright.model.desired import BundleName

# From upstream's release notes: how many CRDs each channel has.
COUNTS = {
    "v0.8.0": (4, 8), "v0.8.1": (4, 8), "v1.0.0": (4, 9), "v1.1.0": (5, 10), "v1.1.1": (5, 10), "v1.2.0": (5, 10),
    "v1.2.1": (5, 10), "v1.3.0": (5, 11), "v1.4.0": (6, 12), "v1.4.1": (6, 12), "v1.5.0": (8, 12), "v1.5.1": (8, 12),
    "v1.6.0": (10, 13), "v1.6.1": (10, 13),
}  # fmt: skip


def test_every_release_in_both_channels_oldest_first() -> None:
    assert list(catalogue().versions) == list(COUNTS)
    keys = [version_key(v) for v in catalogue().versions]
    assert None not in keys
    assert keys == sorted(k for k in keys if k)
    for version, (standard, experimental) in COUNTS.items():
        assert len(catalogue().bundle(BundleName(version)).crds) == standard
        assert len(catalogue().bundle(BundleName(version, "experimental")).crds) == experimental


def test_every_crd_is_whole() -> None:
    for bundle in catalogue().bundles:
        assert len({c.name for c in bundle.crds}) == len(bundle.crds)
        for crd in bundle.crds:
            assert is_gateway_api_crd(crd.name)
            assert sum(v.storage for v in crd.versions) == 1
            assert crd.served()
            for digest in (crd.sha256, crd.content, crd.spec, bundle.digest):
                assert len(digest) == 64


def test_facts_that_upgrades_depend_on() -> None:
    old = catalogue().bundle(BundleName("v0.8.1", "experimental"))
    assert {c.annotated for c in old.crds} == {"v0.8.0"}
    grpc = catalogue().bundle(BundleName("v1.1.1", "experimental")).crd("grpcroutes.gateway.networking.k8s.io")
    assert grpc is not None
    assert grpc.served() == {"v1", "v1alpha2"}
    new = catalogue().bundle(BundleName("v1.6.1"))
    grants = new.crd("referencegrants.gateway.networking.k8s.io")
    assert grants is not None
    assert grants.storage == "v1beta1"
    assert ("tcproutes.gateway.networking.k8s.io", "v1alpha2") not in new.served
    assert new.kubernetes.floor == "1.31"


def test_policy_since_1_5_only() -> None:
    for bundle in catalogue().bundles:
        since = bundle.version.startswith(("v1.5", "v1.6"))
        assert [p.name for p in bundle.policy] == ([SAFE_UPGRADES] * 2 if since else [])
        assert len(bundle.policy_expressions) == (2 if since else 0)


def test_bundle_digests_are_distinct() -> None:
    assert len({b.digest for b in catalogue().bundles}) == len(catalogue().bundles)


def test_recognise_names_every_release_that_has_exactly_this_crd() -> None:
    for bundle in catalogue().bundles:
        for crd in bundle.crds:
            assert bundle.name in catalogue().recognise(crd.name, crd.spec)
    assert catalogue().recognise("gateways.gateway.networking.k8s.io", "0" * 64) == ()


@pytest.mark.parametrize(
    ("version", "near"),
    [("v1.6.2", "v1.6.0, v1.6.1"), ("1.6.1", "v1.6.0, v1.6.1"), ("v9", "v1.5.1"), ("latest", "v1.6.1"), ("", "v1.6.1")],
)
def test_unknown_bundle_names_the_nearest(version: str, near: str) -> None:
    with pytest.raises(UnknownBundleError) as caught:
        catalogue().bundle(BundleName(version))
    assert near in str(caught.value)
    assert near in caught.value.report.message("zh")


def test_kubernetes_range() -> None:
    kubernetes = catalogue().bundle(BundleName("v1.6.1")).kubernetes
    assert not kubernetes.allows("v1.30.9+k3s1")
    assert kubernetes.allows("v1.31.0")
    assert kubernetes.tests("v1.36.2") is True
    assert kubernetes.tests("v1.31.2") is False
    assert catalogue().bundle(BundleName("v1.0.0")).kubernetes.tests("v1.27.1") is None

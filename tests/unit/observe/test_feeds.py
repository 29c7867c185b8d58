"""What is watched follows what is there: kinds with their CRDs, Services where routes lead, Secrets where granted."""

from __future__ import annotations

from typing import Any

import health_worlds as w
from health_worlds import HTTP_ROUTE

from gatewright.gatewayapi.kinds import CRD, GATEWAY, GATEWAY_GROUP, X_GROUP
from gatewright.gatewayapi.live import Snapshot
from gatewright.model.objects import ObjectRef
from gatewright.observe.feeds import BASE, MANY_NAMESPACES, MAX_SECRETS, FeedSpec, wanted_feeds


def crd(kind: str, plural: str, *versions: str, group: str = GATEWAY_GROUP, **meta: Any) -> dict[str, Any]:
    return {
        "metadata": w.meta(f"{plural}.{group}", **meta),
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind},
            "versions": [{"name": v, "served": not v.startswith("-")} for v in versions],
        },
        "status": {"conditions": [w.condition("Established")]},
    }


def feeds(snapshot: Snapshot, *owned: ObjectRef) -> dict[str, FeedSpec]:
    """By plural, scope and name."""
    return {f"{f.resource.plural}:{f.namespace}:{f.name}": f for f in wanted_feeds(snapshot, owned)}


def test_an_empty_cluster_is_watched_for_what_may_come() -> None:
    assert wanted_feeds(Snapshot("east")) == BASE
    assert all(f.metadata_only for f in BASE if f.kind == CRD)


def test_kinds_come_and_go_with_their_crds() -> None:
    snapshot = Snapshot("east")
    key = w.put(snapshot, CRD, crd("HTTPRoute", "httproutes", "v1beta1", "v1"))
    assert feeds(snapshot)["httproutes::"].resource.version == "v1"
    w.put(snapshot, CRD, crd("HTTPRoute", "httproutes", "v1beta1", "-v1"))
    assert feeds(snapshot)["httproutes::"].resource.version == "v1beta1"
    w.put(snapshot, CRD, crd("HTTPRoute", "httproutes", "-v1"))
    assert "httproutes::" not in feeds(snapshot)
    w.put(snapshot, CRD, crd("HTTPRoute", "httproutes", "v1", deletionTimestamp=w.OLD))
    assert "httproutes::" not in feeds(snapshot)
    w.take(snapshot, CRD, key)
    assert wanted_feeds(snapshot) == BASE


def test_a_crd_that_is_not_established_is_not_watched_yet() -> None:
    snapshot = Snapshot("east")
    pending = crd("Gateway", "gateways", "v1") | {"status": {"conditions": [w.condition("Established", "False")]}}
    w.put(snapshot, CRD, pending)
    assert wanted_feeds(snapshot) == BASE


def test_foreign_and_unknown_kinds_are_left_alone() -> None:
    snapshot = Snapshot("east")
    w.put(snapshot, CRD, crd("Gateway", "gateways", "v1", group="networking.istio.io"))
    w.put(snapshot, CRD, crd("Surprise", "surprises", "v1"))
    w.put(snapshot, CRD, crd("XListenerSet", "xlistenersets", "v1alpha1", group=X_GROUP))
    assert {f.resource.plural for f in wanted_feeds(snapshot) - BASE} == {"xlistenersets"}


def test_services_and_endpoints_are_watched_where_routes_and_mirrors_lead() -> None:
    snapshot = Snapshot("east")
    there = [{"backendRefs": [{"name": "a"}, {"name": "b", "namespace": "far"}]}]
    mirror = [
        {"filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m", "namespace": "m"}}}]}
    ]
    w.put(snapshot, HTTP_ROUTE, w.route(rules=[*there, *mirror]))
    w.put(snapshot, w.BACKEND_TLS, w.policy())
    assert {k for k in feeds(snapshot) if k.startswith("services:")} == {f"services:{n}:" for n in ("shop", "far", "m")}
    assert "endpointslices:far:" in feeds(snapshot)


def test_a_backend_that_is_no_service_has_no_feed() -> None:
    snapshot = Snapshot("east")
    w.put(snapshot, HTTP_ROUTE, w.route(rules=[{"backendRefs": [{"name": "a", "kind": "XBackend", "group": X_GROUP}]}]))
    assert wanted_feeds(snapshot) == BASE


def test_many_namespaces_become_one_feed() -> None:
    snapshot = Snapshot("east")
    for number in range(MANY_NAMESPACES):
        scopes = {f.namespace for f in wanted_feeds(snapshot) if f.resource.plural == "services"}
        assert "" not in scopes
        assert len(scopes) == number
        w.put(snapshot, HTTP_ROUTE, w.route(namespace=f"ns-{number}"))
    assert {f.namespace for f in wanted_feeds(snapshot) if f.resource.plural == "services"} == {""}


def test_secrets_are_watched_one_by_one_and_only_where_granted() -> None:
    snapshot = Snapshot("east")
    w.put(snapshot, GATEWAY, w.gateway("web", "shop", w.https(), w.https("far", namespace="certs")))
    assert not [k for k in feeds(snapshot) if k.startswith("secrets")]
    snapshot.secrets_granted = True
    assert {k for k in feeds(snapshot) if k.startswith("secrets")} == {"secrets:shop:cert", "secrets:certs:cert"}


def test_a_cluster_cannot_have_us_watch_secrets_without_end() -> None:
    snapshot = Snapshot("east", secrets_granted=True)
    for number in range(MAX_SECRETS + 9):
        w.put(snapshot, GATEWAY, w.gateway(f"g{number:03}", "shop", w.https(secret=f"s{number:03}")))
    secrets = [f for f in wanted_feeds(snapshot) if f.resource.plural == "secrets"]
    assert len(secrets) == MAX_SECRETS
    assert all(f.name for f in secrets)


def test_what_is_ours_is_watched_by_name_unless_its_kind_is_watched_anyway() -> None:
    account = ObjectRef("v1", "ServiceAccount", "traefik", "edge")
    role = ObjectRef("rbac.authorization.k8s.io/v1", "ClusterRole", "gatewright-traefik-edge")
    anyway = ObjectRef("apps/v1", "Deployment", "traefik", "edge")
    unknown = ObjectRef("example.org/v1", "Thing", "x", "y")
    found = wanted_feeds(Snapshot("east"), (account, role, anyway, unknown)) - BASE
    assert {(f.resource.plural, f.namespace, f.name) for f in found} == {
        ("serviceaccounts", "edge", "traefik"),
        ("clusterroles", "", "gatewright-traefik-edge"),
    }
    assert all(f.metadata_only for f in found)


def test_a_feed_covers_its_scope() -> None:
    everything, one = FeedSpec(next(iter(BASE)).resource), FeedSpec(next(iter(BASE)).resource, "a", "x")
    assert everything.covers(("b", "y"))
    assert one.covers(("a", "x"))
    assert not one.covers(("a", "y"))
    assert not one.covers(("b", "x"))

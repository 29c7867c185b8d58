"""Controllers: recognising their images, what they need served, and the objects that we install."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gatewright.gatewayapi import access
from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.controllers import (
    UnknownControllerError,
    UnsupportedControllerVersionError,
    by_controller_name,
    controllers,
    identify,
    minimum_bundles,
    newest_tested_bundle,
    requirements,
    unserved,
)
from gatewright.gatewayapi.manifests import (
    RENDERERS,
    InvalidPortError,
    controller_refs,
    defaults,
    deployment_ref,
    gateway_class_ref,
    render,
)
from gatewright.model.desired import BundleName, ControllerSpec
from gatewright.model.names import InvalidNameError, ReservedNamespaceError
from gatewright.model.objects import ObjectRef
from gatewright.model.observation import MissingPermission

TRAEFIK = ControllerSpec("traefik", "3.7.15")


@pytest.mark.parametrize(
    ("image", "known"),
    [
        ("traefik:v3.7.15", ("traefik", "3.7.15")),
        ("docker.io/library/traefik:3.6", ("traefik", "3.6")),
        ("registry.cn-hangzhou.aliyuncs.com:5000/mirror/traefik:v3.5.3-alpine@sha256:ab", ("traefik", "3.5.3")),
        ("rancher/mirrored-library-traefik:3.6.12", ("traefik", "3.6.12")),
        ("traefik@sha256:0123", ("traefik", "")),
        ("traefik", ("traefik", "")),
        ("traefik:latest", ("traefik", "")),
        ("docker.io/envoyproxy/gateway:v1.6.0", ("envoy-gateway", "1.6.0")),
        ("ghcr.io/nginx/nginx-gateway-fabric:2.4.0", ("nginx-gateway-fabric", "2.4.0")),
        ("docker.io/istio/pilot:1.30.1-distroless", ("istio", "1.30.1")),
        ("quay.io/cilium/operator-generic:v1.20.0-rc.1@sha256:ab", ("cilium", "1.20.0-rc.1")),
        ("cr.kgateway.dev/kgateway-dev/kgateway:v2.3.1", ("kgateway", "2.3.1")),
        ("apache/apisix-ingress-controller:2.1.0", ("apisix", "2.1.0")),
        ("ghcr.io/projectcontour/contour:v1.33.0", ("contour", "1.33.0")),
        ("kong/kubernetes-ingress-controller:3.5", ("kong-ingress-controller", "3.5")),
        ("nginx:1.29", None),
        ("example.com/not-traefik:v3", None),
        ("traefik/whoami:v1.10", None),
        ("", None),
    ],
)
def test_identify(image: str, known: tuple[str, str] | None) -> None:
    assert identify(image) == known


def test_controller_names_are_unique() -> None:
    names = [n for c in controllers().values() for n in c.controller_names]
    assert len(names) == len(set(names))
    found = by_controller_name("traefik.io/gateway-controller")
    assert found is not None
    assert found.name == "traefik"
    assert by_controller_name("example.com/x") is None


# Measured: which of these routed at all on which bundle (fresh CRDs, standard channel).
@pytest.mark.parametrize(("traefik", "works_from"), [("3.5.3", "v1.1.1"), ("3.6.15", "v1.4.1"), ("3.7.15", "v1.5.1")])
def test_traefik_needs_agree_with_what_was_measured(traefik: str, works_from: str) -> None:
    needed = requirements("traefik", traefik)
    assert needed is not None
    versions = ["v1.1.1", "v1.2.1", "v1.3.0", "v1.4.1", "v1.5.1", "v1.6.1"]
    works = [v for v in versions if not unserved(needed, catalogue().bundle(BundleName(v)).served)]
    assert works == versions[versions.index(works_from) :]


def test_the_experimental_flag_needs_more() -> None:
    args = ("--providers.kubernetesGateway", "--providers.kubernetesGateway.experimentalChannel=true")
    needed = requirements("traefik", "v3.7.15", args)
    assert needed is not None
    missing = unserved(needed, catalogue().bundle(BundleName("v1.6.1")).served)
    assert missing == (("tcproutes.gateway.networking.k8s.io", "v1alpha2"),)
    assert not unserved(needed, catalogue().bundle(BundleName("v1.6.1", "experimental")).served)


def test_traefik_without_the_provider_needs_nothing() -> None:
    assert requirements("traefik", "3.7.15", ("--providers.kubernetesingress",)) == frozenset()
    off = ("--providers.kubernetesgateway=false",)
    assert requirements("traefik", "3.7.15", off) == frozenset()
    assert requirements("traefik", "3.7.15", ("--configfile=/etc/t.yml",)) == requirements("traefik", "3.7.15")


@pytest.mark.parametrize(
    ("name", "version"), [("traefik", ""), ("traefik", "3.99.0"), ("traefik", "2.11"), ("cilium", "1.19"), ("x", "1")]
)
def test_unknown_needs_are_said_to_be_unknown(name: str, version: str) -> None:
    assert requirements(name, version) is None


def test_hints() -> None:
    assert newest_tested_bundle("envoy-gateway", "1.9.2") == "v1.6.1"
    assert newest_tested_bundle("envoy-gateway", "9.9") is None
    assert minimum_bundles("istio")["tlsroutes.gateway.networking.k8s.io"] == "v1.5.0"
    assert minimum_bundles("traefik") == {}
    for controller in controllers().values():
        for bundle in (*controller.tested.values(), *controller.minimums.values()):
            assert bundle in {*catalogue().versions, "v1.1.0"}


def test_defaults_are_filled_and_checked() -> None:
    spec = defaults(ControllerSpec("traefik", "v3.7.15"))
    assert (spec.version, spec.namespace, spec.gateway_class) == ("3.7.15", "traefik", "traefik")
    assert defaults(spec) == spec


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        (ControllerSpec("envoy-gateway", "1.9.0"), UnknownControllerError),
        (ControllerSpec("nope", "1"), UnknownControllerError),
        (ControllerSpec("traefik", "3.4.0"), UnsupportedControllerVersionError),
        (ControllerSpec("traefik", "3.7"), UnsupportedControllerVersionError),
        (ControllerSpec("traefik", ""), UnsupportedControllerVersionError),
        (ControllerSpec("traefik", "3.7.15; rm"), UnsupportedControllerVersionError),
        (ControllerSpec("traefik", "3.7.15", namespace="Bad"), InvalidNameError),
        (ControllerSpec("traefik", "3.7.15", namespace="kube-system"), ReservedNamespaceError),
        (ControllerSpec("traefik", "3.7.15", gateway_class="a_b"), InvalidNameError),
        (ControllerSpec("traefik", "3.7.15", ports=()), InvalidPortError),
        (ControllerSpec("traefik", "3.7.15", ports=(80, 80)), InvalidPortError),
        (ControllerSpec("traefik", "3.7.15", ports=(8080,)), InvalidPortError),
        (ControllerSpec("traefik", "3.7.15", ports=(70000,)), InvalidPortError),
    ],
)
def test_bad_specs_are_refused_in_both_languages(spec: ControllerSpec, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        render(spec)
    report: Any = caught.value
    for language in ("en", "zh"):
        assert report.report.message(language)
        assert report.report.remedy(language)


def by_kind(spec: ControllerSpec) -> dict[str, dict[str, Any]]:
    return {m["kind"]: m for m in render(spec)}


def test_traefik_objects() -> None:
    objects = by_kind(ControllerSpec("traefik", "3.6.15", "edge", "fast", (8000, 8443)))
    container = objects["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "traefik:v3.6.15"
    assert "--entrypoints.web.address=:8000" in container["args"]
    assert "--entrypoints.port8443.address=:8443" in container["args"]
    assert "--providers.kubernetesgateway.statusaddress.service.namespace=edge" in container["args"]
    assert container["readinessProbe"]["httpGet"] == {"path": "/ping", "port": 8080}
    assert [p["port"] for p in objects["Service"]["spec"]["ports"]] == [8000, 8443]
    assert objects["Service"]["spec"]["type"] == "LoadBalancer"
    assert objects["GatewayClass"]["metadata"]["name"] == "fast"
    assert objects["GatewayClass"]["spec"] == {"controllerName": "traefik.io/gateway-controller"}
    assert objects["ClusterRoleBinding"]["subjects"] == [
        {"kind": "ServiceAccount", "name": "traefik", "namespace": "edge"}
    ]
    assert "Namespace" not in objects
    assert "sysctls" not in objects["Deployment"]["spec"]["template"]["spec"]["securityContext"]


def test_a_low_port_is_opened_without_a_capability() -> None:
    pod = by_kind(ControllerSpec("traefik", "3.7.15", ports=(80,)))["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["sysctls"] == [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
    assert pod["securityContext"]["runAsNonRoot"] is True


def test_two_namespaces_share_no_cluster_scoped_name_but_the_class() -> None:
    first = set(controller_refs(ControllerSpec("traefik", "3.7.15", "one", "one")))
    second = set(controller_refs(ControllerSpec("traefik", "3.7.15", "two", "two")))
    assert not first & second


def test_refs() -> None:
    assert deployment_ref(TRAEFIK) == ObjectRef("apps/v1", "Deployment", "traefik", "traefik")
    assert gateway_class_ref(TRAEFIK).name == "traefik"


@pytest.mark.parametrize("version", controllers()["traefik"].verified)
def test_traefik_may_read_exactly_the_gateway_kinds_that_it_needs(version: str) -> None:
    rules = by_kind(ControllerSpec("traefik", version))["ClusterRole"]["rules"]
    gateway = [r for r in rules if r["apiGroups"] == ["gateway.networking.k8s.io"]]
    needed = requirements("traefik", version)
    assert needed is not None
    assert {f"{k}.gateway.networking.k8s.io" for k in gateway[0]["resources"]} == {name for name, _ in needed}
    assert all(r.endswith("/status") for r in gateway[1]["resources"])
    assert gateway[1]["verbs"] == ["update"]


def test_rendering_is_data_that_nobody_shares() -> None:
    first, second = render(TRAEFIK), render(TRAEFIK)
    assert first == second
    first[0]["metadata"]["labels"]["x"] = "y"
    assert first != second
    assert json.loads(json.dumps(second)) == list(second)


def allows(rules: tuple[access.Rule, ...], verb: str, group: str, resource: str, name: str = "") -> bool:
    return any(
        verb in r.verbs and r.group == group and resource in r.resources and (not r.names or name in r.names)
        for r in rules
        if not r.namespace
    )


def test_access_has_no_wildcard() -> None:
    for rule in access.access_rules():
        assert "*" not in (rule.group, *rule.resources, *rule.verbs)
        assert not {"escalate", "bind", "impersonate", "deletecollection"} & set(rule.verbs)


def test_namespace_removal_is_asked_for_explicitly() -> None:
    without, with_removal = access.access_rules(), access.access_rules(allow_namespace_removal=True)
    assert not allows(without, "delete", "", "namespaces")
    assert allows(with_removal, "delete", "", "namespaces")
    wild = [r for r in with_removal if r.group == "*"]
    assert [r.verbs for r in wild] == [("list",)]


def test_access_covers_what_controllers_are_granted() -> None:
    rules = access.access_rules()
    for renderer in RENDERERS.values():
        for rule in renderer.rules():
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    assert allows(rules, verb, rule["apiGroups"][0], resource), (resource, verb)


def test_access_covers_every_plan_for_every_bundle_and_controller() -> None:
    rules = access.access_rules()
    refs = [f.ref for b in catalogue().bundles for f in (*b.crds, *b.policy)]
    refs += controller_refs(ControllerSpec("traefik", "3.7.15", "anywhere"))
    refs.append(ObjectRef("v1", "Namespace", "pay"))
    for wish in access.permissions_to_write(refs, [r for r in refs if r.kind != "Namespace"]):
        if not wish.namespace or wish.namespace == "anywhere":
            assert allows(rules, wish.verb, wish.group, wish.resource, wish.name), wish


def test_writing_crds_is_limited_to_gateway_api() -> None:
    rules = access.access_rules()
    group = "apiextensions.k8s.io"
    assert allows(rules, "patch", group, "customresourcedefinitions", "gateways.gateway.networking.k8s.io")
    assert not allows(rules, "patch", group, "customresourcedefinitions", "certificates.cert-manager.io")
    assert not allows(rules, "delete", "apps", "deployments", "payments-api")


def test_cluster_roles_can_be_narrowed_to_namespaces() -> None:
    rules = access.access_rules(controller_namespaces=["edge"])
    group = "rbac.authorization.k8s.io"
    assert allows(rules, "patch", group, "clusterroles", "gatewright-traefik-edge")
    assert not allows(rules, "patch", group, "clusterroles", "cluster-admin")


def test_a_plan_that_writes_nothing_asks_for_nothing() -> None:
    assert access.permissions_to_write([]) == ()
    asked = access.permissions_to_write([ObjectRef("v1", "Namespace", "pay")])
    assert MissingPermission("patch", "", "namespaces", "", "pay") in asked
    assert MissingPermission("create", "coordination.k8s.io", "leases", "kube-system") in asked


def watched() -> list[tuple[str, str]]:
    """Group and plural of everything that feeds may ask for."""
    kinds = {("", "services"), ("", "namespaces"), ("discovery.k8s.io", "endpointslices"), ("apps", "deployments")}
    kinds.add(("apiextensions.k8s.io", "customresourcedefinitions"))
    served = {f.ref.name: f for bundle in catalogue().bundles for f in bundle.crds}
    for facts in served.values():
        plural, _, group = facts.name.partition(".")
        kinds.add((group, plural))
    return sorted(kinds)


@pytest.mark.parametrize("observe_only", [False, True])
def test_whatever_is_watched_may_be_read(observe_only: bool) -> None:
    rules = access.access_rules(observe_only=observe_only)
    for group, plural in watched():
        for verb in ("get", "list", "watch"):
            assert allows(rules, verb, group, plural), (verb, plural)
    for group, kind in access.RESOURCES:
        if not observe_only:
            assert allows(rules, "watch", group, access.RESOURCES[group, kind]), kind


def test_an_account_that_only_watches_can_write_nothing_and_read_no_secret() -> None:
    rules = access.access_rules(observe_only=True, allow_namespace_removal=True)
    assert {verb for rule in rules for verb in rule.verbs} == {"get", "list", "watch"}
    assert not allows(rules, "get", "", "secrets")
    assert allows(access.access_rules(observe_only=True, secrets=True), "watch", "", "secrets")
    assert allows(access.access_rules(secrets=True), "list", "", "secrets")
    kinds = [m["kind"] for m in access.access_manifests(observe_only=True)]
    assert kinds == ["Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Secret"]


def test_no_rule_is_printed_twice() -> None:
    for secrets in (False, True):
        rules = access.access_rules(allow_namespace_removal=True, secrets=secrets)
        assert len(set(rules)) == len(rules)


def test_access_manifests_are_complete() -> None:
    manifests = access.access_manifests("gw", allow_namespace_removal=True)
    kinds = [m["kind"] for m in manifests]
    assert kinds == [
        "Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Secret"
    ]  # fmt: skip
    assert manifests[4]["metadata"]["namespace"] == "kube-system"
    assert {m["subjects"][0]["namespace"] for m in manifests if "subjects" in m} == {"gw"}
    assert manifests[6]["metadata"]["annotations"] == {"kubernetes.io/service-account.name": "gatewright"}

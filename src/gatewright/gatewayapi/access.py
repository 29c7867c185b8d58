"""The rights that Gatewright needs in a cluster, and no more: to print as RBAC, and to ask the API server about.

Reading is by kind; what watching reads is a part of its own, which is all that a cluster needs where Gatewright only
watches. Secrets are read only where that is asked for. Writing is by name wherever Gatewright knows the name
beforehand: Kubernetes checks ``create`` against the name too when an object is created by server-side apply, the only
way in which Gatewright writes. The rules of the controllers' own ClusterRoles are part of it, because Kubernetes lets
nobody grant what they do not hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.controllers import controller_named
from gatewright.gatewayapi.crds import GROUPS
from gatewright.gatewayapi.manifests import RENDERERS, controller_refs
from gatewright.gatewayapi.policies import SAFE_UPGRADES
from gatewright.model.desired import ControllerSpec
from gatewright.model.objects import Manifest, ObjectRef
from gatewright.model.observation import MissingPermission

NAME: Final = "gatewright"
LEASE_NAMESPACE: Final = "kube-system"
LEASE_NAME: Final = "gatewright"
_RBAC: Final = "rbac.authorization.k8s.io"
_READ: Final = ("get", "list", "watch")
_WRITE: Final = ("create", "patch", "delete")
_APPLY: Final = ("create", "patch")

RESOURCES: Final[dict[tuple[str, str], str]] = {
    ("", "Namespace"): "namespaces",
    ("", "ServiceAccount"): "serviceaccounts",
    ("", "Service"): "services",
    ("apps", "Deployment"): "deployments",
    (_RBAC, "ClusterRole"): "clusterroles",
    (_RBAC, "ClusterRoleBinding"): "clusterrolebindings",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "customresourcedefinitions",
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): "validatingadmissionpolicies",
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"): "validatingadmissionpolicybindings",
    ("gateway.networking.k8s.io", "GatewayClass"): "gatewayclasses",
}
"""The plural of every kind that a plan may write, by group and kind."""


class Rule(msgspec.Struct, frozen=True, order=True):
    """One RBAC rule on one group. ``names`` empty: every object; ``namespace`` empty: the whole cluster."""

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()
    namespace: str = ""

    def manifest(self) -> Manifest:
        """The rule as a ClusterRole or Role holds it."""
        names: dict[str, Any] = {"resourceNames": list(self.names)} if self.names else {}
        return {"apiGroups": [self.group], "resources": list(self.resources), **names, "verbs": list(self.verbs)}

    def permissions(self) -> tuple[MissingPermission, ...]:
        """Every single permission that the rule grants, to be asked about one by one."""
        return tuple(
            MissingPermission(verb, self.group, resource, self.namespace, name)
            for resource in self.resources
            for verb in self.verbs
            for name in self.names or ("",)
        )


def access_rules(
    *,
    allow_namespace_removal: bool = False,
    controller_namespaces: Sequence[str] | None = None,
    secrets: bool = False,
    observe_only: bool = False,
) -> tuple[Rule, ...]:
    """Every right that Gatewright uses.

    ``allow_namespace_removal`` adds deleting namespaces, and listing every kind: a namespace is only deleted once it
    is proven empty. ``controller_namespaces`` narrows writing ClusterRoles to those of controllers in these namespaces.
    ``secrets`` adds reading Secrets. ``observe_only``: only what watching reads, whatever else is asked for.
    """
    watching = tuple(watch_rules(secrets=secrets))
    if observe_only:
        return watching
    writing = _writing_rules(allow_namespace_removal, controller_namespaces)
    return (*watching, *(rule for rule in writing if rule not in watching))


def watch_rules(*, secrets: bool = False) -> Iterable[Rule]:
    """What watching reads: workloads of controllers, namespaces, Services and their endpoints, CRDs, and every kind of
    Gateway API; no verb that writes."""
    yield Rule("", ("namespaces",), _READ)
    yield Rule("", ("services",), _READ)
    if secrets:
        yield Rule("", ("secrets",), _READ)
    yield Rule("discovery.k8s.io", ("endpointslices",), _READ)
    yield Rule("apps", ("deployments",), _READ)
    yield Rule("apiextensions.k8s.io", ("customresourcedefinitions",), _READ)
    for group in sorted(GROUPS):
        kinds = sorted(n.partition(".")[0] for n in catalogue().crd_names() if n.partition(".")[2] == group)
        yield Rule(group, tuple(kinds), _READ)


def _writing_rules(allow_namespace_removal: bool, controller_namespaces: Sequence[str] | None) -> tuple[Rule, ...]:
    return (
        *_core_rules(),
        *_cluster_role_rules(controller_namespaces),
        Rule("gateway.networking.k8s.io", ("gatewayclasses",), _WRITE),
        *_controller_rules(),
        *(_removal_rules() if allow_namespace_removal else ()),
        *_lease_rules(),
    )


def access_manifests(
    namespace: str = NAME,
    allow_namespace_removal: bool = False,
    controller_namespaces: Sequence[str] | None = None,
    *,
    secrets: bool = False,
    observe_only: bool = False,
) -> list[Manifest]:
    """The objects that grant ``access_rules`` to the ServiceAccount ``gatewright``: apply them as an administrator,
    then register the cluster with the token in the Secret ``gatewright-token``."""
    rules = access_rules(
        allow_namespace_removal=allow_namespace_removal,
        controller_namespaces=controller_namespaces,
        secrets=secrets,
        observe_only=observe_only,
    )
    cluster_wide = [r.manifest() for r in rules if not r.namespace]
    local = [r.manifest() for r in rules if r.namespace]
    subject = {"kind": "ServiceAccount", "name": NAME, "namespace": namespace}
    token = {"kubernetes.io/service-account.name": NAME}
    return [
        _object("v1", "Namespace", namespace),
        _object("v1", "ServiceAccount", NAME, namespace),
        _object(f"{_RBAC}/v1", "ClusterRole", NAME, rules=cluster_wide),
        _object(f"{_RBAC}/v1", "ClusterRoleBinding", NAME, roleRef=_role("ClusterRole"), subjects=[subject]),
        *(_local(local, subject) if local else ()),
        _object(
            "v1", "Secret", f"{NAME}-token", namespace, annotations=token, type="kubernetes.io/service-account-token"
        ),
    ]


def _local(rules: list[Manifest], subject: Manifest) -> Iterable[Manifest]:
    yield _object(f"{_RBAC}/v1", "Role", NAME, LEASE_NAMESPACE, rules=rules)
    yield _object(f"{_RBAC}/v1", "RoleBinding", NAME, LEASE_NAMESPACE, roleRef=_role("Role"), subjects=[subject])


def permissions_to_write(
    written: Iterable[ObjectRef], deleted: Iterable[ObjectRef] = ()
) -> tuple[MissingPermission, ...]:
    """What a plan needs that applies ``written`` and removes ``deleted``: each object's verbs by name, and the Lease.
    Raises ``KeyError`` for a kind that no plan writes."""
    asked = [(ref, _APPLY) for ref in written] + [(ref, ("delete",)) for ref in deleted]
    found = {
        MissingPermission(verb, ref.group, RESOURCES[ref.group, ref.kind], ref.namespace or "", ref.name)
        for ref, verbs in asked
        for verb in verbs
    }
    return tuple(sorted(found | {p for rule in _lease_rules() for p in rule.permissions()})) if asked else ()


def _core_rules() -> tuple[Rule, ...]:
    crds = tuple(sorted(catalogue().crd_names()))
    policies = ("validatingadmissionpolicies", "validatingadmissionpolicybindings")
    return (
        Rule("", ("namespaces",), _APPLY),
        Rule("apiextensions.k8s.io", ("customresourcedefinitions",), _WRITE, crds),
        Rule("admissionregistration.k8s.io", policies, _READ),
        Rule("admissionregistration.k8s.io", policies, _WRITE, (SAFE_UPGRADES,)),
        *_workload_rules(),
    )


def _workload_rules() -> Iterable[Rule]:
    """Reading every workload (which controllers are here?), writing those of the controllers that we install."""
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for ref in (r for spec in _specs() for r in controller_refs(spec) if r.namespace):
        names[ref.group, RESOURCES[ref.group, ref.kind]].add(ref.name)
    for (group, resource), known in sorted(names.items()):
        yield Rule(group, (resource,), _READ)
        yield Rule(group, (resource,), _WRITE, tuple(sorted(known)))


def _cluster_role_rules(namespaces: Sequence[str] | None) -> tuple[Rule, ...]:
    kinds = ("clusterrolebindings", "clusterroles")
    names = {r.name for spec in _specs(namespaces or ()) for r in controller_refs(spec) if r.kind == "ClusterRole"}
    return (
        Rule(_RBAC, kinds, _READ),
        Rule(_RBAC, kinds, _WRITE, tuple(sorted(names)) if namespaces else ()),
    )


def _controller_rules() -> tuple[Rule, ...]:
    """Every rule of every controller's ClusterRole, merged by group and verbs."""
    merged: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for rule in (rule for renderer in RENDERERS.values() for rule in renderer.rules()):
        for group in rule["apiGroups"]:
            merged[group, tuple(rule["verbs"])].update(rule["resources"])
    return tuple(Rule(group, tuple(sorted(kinds)), verbs) for (group, verbs), kinds in sorted(merged.items()))


def _removal_rules() -> tuple[Rule, ...]:
    return (Rule("", ("namespaces",), ("delete",)), Rule("*", ("*",), ("list",)))


def _lease_rules() -> tuple[Rule, ...]:
    leases = ("leases",)
    return (
        Rule("coordination.k8s.io", leases, ("create",), namespace=LEASE_NAMESPACE),
        Rule("coordination.k8s.io", leases, ("get", "update", "patch", "delete"), (LEASE_NAME,), LEASE_NAMESPACE),
    )


def _specs(namespaces: Sequence[str] = ("",)) -> Iterable[ControllerSpec]:
    for name in RENDERERS:
        for namespace in namespaces:
            yield ControllerSpec(name, controller_named(name).verified[-1], namespace)


def _role(kind: str) -> Manifest:
    return {"apiGroup": _RBAC, "kind": kind, "name": NAME}


def _object(
    api: str, kind: str, name: str, namespace: str = "", /, annotations: dict[str, str] | None = None, **body: Any
) -> Manifest:
    metadata: dict[str, Any] = {"name": name, **({"namespace": namespace} if namespace else {})}
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **body}

"""Who wrote an object: the table of writers, and how each is known by.

Every tool leaves traces: annotations and labels that name the instance (a Helm release, an Argo CD application), and
field managers in ``metadata.managedFields``. A row says what a writer's traces are. Rows are in the order of authority:
a tool that drives another (Flux drives Helm, k3s drives Helm) stands before the one it drives. To add a writer, add
a row, and a sample of a real object to the test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from gatewright.gatewayapi.marks import GATEWRIGHT, INSTALLATION, MANAGED_BY, TEAM
from gatewright.model.observation import Manager, Metadata
from gatewright.model.plan import Owner

OTHER: Final = "other"
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"

InstanceName = Callable[[Mapping[str, str]], str]


class Writer(msgspec.Struct, frozen=True):
    """One row. ``keys``: a label or annotation that only this writer sets, as a pattern of the whole ``key=value``;
    ``managers``: the field managers it writes with, as a pattern of the whole name; ``hints``: keys that others copy
    too (``app.kubernetes.io/managed-by`` comes with rendered charts), so that they count last; ``name``: reads the
    instance from labels and annotations."""

    key: str
    keys: re.Pattern[str] | None = None
    managers: re.Pattern[str] | None = None
    hints: re.Pattern[str] | None = None
    name: InstanceName = lambda _: ""


def _joined(*keys: str) -> InstanceName:
    """The values of the keys that are set, joined by ``/``."""
    return lambda marks: "/".join(marks[k] for k in keys if marks.get(k))


def _first(*keys: str) -> InstanceName:
    return lambda marks: next((marks[k] for k in keys if marks.get(k)), "")


def _argo(marks: Mapping[str, str]) -> str:
    tracking = marks.get("argocd.argoproj.io/tracking-id", "").partition(":")[0]
    return tracking or marks.get("argocd.argoproj.io/instance", "")


def _flux(marks: Mapping[str, str]) -> str:
    for area in ("helm.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"):
        found = _joined(f"{area}/namespace", f"{area}/name")(marks)
        if found:
            return found
    return ""


def _karmada(marks: Mapping[str, str]) -> str:
    for binding in ("propagationpolicy.karmada.io", "clusterpropagationpolicy.karmada.io", "work.karmada.io"):
        found = _joined(f"{binding}/namespace", f"{binding}/name")(marks)
        if found:
            return found
    return ""


_RANCHER_OWNER: Final = _joined("objectset.rio.cattle.io/owner-namespace", "objectset.rio.cattle.io/owner-name")

WRITERS: Final[tuple[Writer, ...]] = (
    Writer(
        "sveltos",
        re.compile(r"projectsveltos\.io/(owner-|reference-|hash).*"),
        re.compile(r"application/apply-patch"),
        name=_joined("projectsveltos.io/owner-kind", "projectsveltos.io/owner-name"),
    ),
    Writer(
        "karmada",
        re.compile(r"karmada\.io/managed=true|(work|(cluster)?resourcebinding)\.karmada\.io/.*"),
        re.compile(r"karmada-(controller-manager|agent)"),
        name=_karmada,
    ),
    Writer(
        "ocm",
        re.compile(r"work\.open-cluster-management\.io/.*|open-cluster-management\.io/manifestwork.*"),
        re.compile(r"work-agent(-.*)?|work|klusterlet-agent"),
    ),
    Writer(
        "argocd",
        re.compile(r"argocd\.argoproj\.io/(tracking-id|instance|installation-id)=.*"),
        re.compile(r"argocd-(application-)?controller"),
        name=_argo,
    ),
    Writer(
        "flux",
        re.compile(r"(kustomize|helm)\.toolkit\.fluxcd\.io/(name|namespace)=.*"),
        re.compile(r"(kustomize|helm)-controller"),
        name=_flux,
    ),
    Writer(
        "k3s",
        re.compile(
            r"objectset\.rio\.cattle\.io/owner-gvk=(k3s|rke2|helm)\.cattle\.io/.*"
            r"|helmcharts\.helm\.cattle\.io/.*|helm\.cattle\.io/.*"
        ),
        re.compile(r"deploy@.*|k3s|rke2"),
        name=_RANCHER_OWNER,
    ),
    Writer("rancher", re.compile(r"objectset\.rio\.cattle\.io/owner-gvk=(?!fleet\.).+"), name=_RANCHER_OWNER),
    Writer(
        "fleet",
        re.compile(r"fleet\.cattle\.io/.*|objectset\.rio\.cattle\.io/(owner-gvk=fleet\.cattle\.io/.*|id=.+)"),
        re.compile(r"fleetagent|fleet-agent"),
        name=_first("objectset.rio.cattle.io/id", "fleet.cattle.io/bundle-name"),
    ),
    Writer(
        "openshift",
        re.compile(r"ingress\.operator\.openshift\.io/.*|include\.release\.openshift\.io/.*"),
        re.compile(r"(cluster-)?ingress-operator|cluster-version-operator"),
    ),
    Writer(
        "gke",
        re.compile(r"components\.gke\.io/.*|networking\.gke\.io/managed.*"),
        re.compile(r"GCE|gke-.*|glbc"),
        name=_first("components.gke.io/component-name"),
    ),
    Writer(
        "addon-manager",
        managers=re.compile(r"kube-addon-manager"),
        hints=re.compile(r"addonmanager\.kubernetes\.io/mode=.*"),
    ),
    Writer(
        "doks",
        re.compile(r"(c3\.)?doks\.digitalocean\.com/(managed|component|plane)=.*"),
        re.compile(r"c3"),
        name=_first("c3.doks.digitalocean.com/component"),
    ),
    Writer(
        "helm",
        re.compile(r"meta\.helm\.sh/release-name=.*"),
        re.compile(r"helm"),
        hints=re.compile(r"app\.kubernetes\.io/managed-by=Helm"),
        name=_joined("meta.helm.sh/release-namespace", "meta.helm.sh/release-name"),
    ),
    Writer("terraform", managers=re.compile(r"(HashiCorp|Terraform|terraform|opentofu).*")),
    Writer("pulumi", managers=re.compile(r"pulumi-.*")),
    Writer("rainbond", managers=re.compile(r"rbd-.*|rainbond.*"), hints=re.compile(r"creator=Rainbond")),
    Writer(
        "kubectl",
        managers=re.compile(r"kubectl(-.*)?"),
        hints=re.compile(re.escape(LAST_APPLIED) + r"=.*", re.DOTALL),
    ),
)

_HOUSEKEEPING: Final = re.compile(
    r"kube-(apiserver|controller-manager|scheduler)|kubelet|cloud-controller-manager|.*-cloud-controller-manager"
    r"|namespace-controller|storage-version-migrat.*"
)
_TOUCHES: Final = re.compile(r"kubectl-(annotate|edit|label|patch|rollout|scale|set)")


def owner_of(metadata: Metadata, installation_uid: str | None = None) -> Owner | None:
    """Who holds an object. None: nobody has written it (no field manager but Kubernetes' own housekeeping, no mark).

    Our own marks win: ``gatewright`` with an empty name for ``installation_uid`` itself (or its team's name on a
    team's namespace), and with the other's uid for another installation. Then marks of other writers, then field
    managers (a hand edit counts less than any other), then hints. A field manager that is in no row gives ``other``
    with the manager as name; our field manager without our marks gives ``gatewright`` named ``unmarked``.
    """
    return (
        _gatewright(metadata, installation_uid)
        or _by_keys(metadata)
        or _by_managers(metadata)
        or _by_hints(metadata)
        or _unmarked(metadata)
    )


def _gatewright(metadata: Metadata, installation_uid: str | None) -> Owner | None:
    uid = metadata.annotations.get(INSTALLATION)
    if not uid:
        return None
    team = metadata.annotations.get(TEAM, "")
    foreign = installation_uid is not None and uid != installation_uid
    return Owner(GATEWRIGHT, uid if foreign else team, f"annotation {INSTALLATION}")


def _by_keys(metadata: Metadata) -> Owner | None:
    marks = {**metadata.labels, **metadata.annotations}
    for writer in WRITERS:
        key = _matching(writer.keys, marks)
        if key is not None:
            return Owner(writer.key, writer.name(marks), f"{_where(metadata, key)} {key}")
    return None


def _by_managers(metadata: Metadata) -> Owner | None:
    owning = [m.name for m in metadata.managers if _owns(m)]
    names = [n for n in owning if _TOUCHES.fullmatch(n) is None] or owning
    marks = {**metadata.labels, **metadata.annotations}
    for writer in WRITERS:
        name = next((n for n in names if writer.managers and writer.managers.fullmatch(n)), None)
        if name is not None:
            return Owner(writer.key, writer.name(marks), f"field manager {name}")
    return Owner(OTHER, names[0], f"field manager {names[0]}") if names else None


def _by_hints(metadata: Metadata) -> Owner | None:
    marks = {**metadata.labels, **metadata.annotations}
    for writer in WRITERS:
        key = _matching(writer.hints, marks)
        if key is not None:
            return Owner(writer.key, "", f"{_where(metadata, key)} {key}")
    named = metadata.labels.get(MANAGED_BY, "")
    return Owner(OTHER, named, f"label {MANAGED_BY}") if named and named != GATEWRIGHT else None


def _unmarked(metadata: Metadata) -> Owner | None:
    if any(m.name == GATEWRIGHT and not m.subresource for m in metadata.managers):
        return Owner(GATEWRIGHT, "unmarked", f"field manager {GATEWRIGHT}")
    return None


def _owns(manager: Manager) -> bool:
    return not manager.subresource and manager.name != GATEWRIGHT and _HOUSEKEEPING.fullmatch(manager.name) is None


def _matching(pattern: re.Pattern[str] | None, marks: Mapping[str, str]) -> str | None:
    if pattern is None:
        return None
    return next((key for key, value in sorted(marks.items()) if pattern.fullmatch(f"{key}={value}")), None)


def _where(metadata: Metadata, key: str) -> str:
    return "annotation" if key in metadata.annotations else "label"

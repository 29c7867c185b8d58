"""The table of writers, one realistic object per writer: who is named, by which instance, on which evidence."""

from __future__ import annotations

import pytest

from gatewright.gatewayapi.writers import LAST_APPLIED, WRITERS, owner_of
from gatewright.model.observation import Manager, Metadata
from gatewright.model.plan import Owner


def seen(*managers: str, labels: dict[str, str] | None = None, annotations: dict[str, str] | None = None) -> Metadata:
    return Metadata("u", labels=labels or {}, annotations=annotations or {}, managers=tuple(map(Manager, managers)))


RIO = "objectset.rio.cattle.io"
HELM = {"meta.helm.sh/release-name": "eg", "meta.helm.sh/release-namespace": "envoy-gateway-system"}
MANAGED_BY_HELM = {"app.kubernetes.io/managed-by": "Helm"}

SAMPLES: dict[str, tuple[Metadata, str]] = {
    "sveltos": (
        seen(
            "application/apply-patch",
            labels={"projectsveltos.io/reference-kind": "ConfigMap"},
            annotations={"projectsveltos.io/owner-kind": "ClusterProfile", "projectsveltos.io/owner-name": "gateway"},
        ),
        "ClusterProfile/gateway",
    ),
    "karmada": (
        seen(
            "karmada-controller-manager",
            labels={"karmada.io/managed": "true", "work.karmada.io/permanent-id": "1c8b"},
            annotations={"work.karmada.io/name": "gateways-6fc", "work.karmada.io/namespace": "karmada-es-member1"},
        ),
        "karmada-es-member1/gateways-6fc",
    ),
    "ocm": (seen("work-agent"), ""),
    "fleet": (
        seen(
            "fleetagent",
            labels={**MANAGED_BY_HELM, f"{RIO}/hash": "9f"},
            annotations={**HELM, f"{RIO}/id": "default-gateway-api"},
        ),
        "default-gateway-api",
    ),
    "argocd": (
        seen(
            "argocd-controller",
            annotations={
                "argocd.argoproj.io/tracking-id": "infra:apiextensions.k8s.io/CustomResourceDefinition:default/gateways"
            },
        ),
        "infra",
    ),
    "flux": (
        seen(
            "kustomize-controller",
            labels={"kustomize.toolkit.fluxcd.io/name": "crds", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"},
        ),
        "flux-system/crds",
    ),
    "k3s": (
        seen(
            "deploy@server-1",
            annotations={
                f"{RIO}/id": "",
                f"{RIO}/owner-gvk": "k3s.cattle.io/v1, Kind=Addon",
                f"{RIO}/owner-name": "traefik",
                f"{RIO}/owner-namespace": "kube-system",
            },
        ),
        "kube-system/traefik",
    ),
    "rancher": (
        seen(
            "rancher",
            annotations={
                f"{RIO}/id": "cluster-create",
                f"{RIO}/owner-gvk": "provisioning.cattle.io/v1, Kind=Cluster",
                f"{RIO}/owner-name": "prod",
            },
        ),
        "prod",
    ),
    "openshift": (seen("ingress-operator"), ""),
    "gke": (
        seen(
            "kubectl-client-side-apply",
            labels={"addonmanager.kubernetes.io/mode": "Reconcile"},
            annotations={"components.gke.io/component-name": "gateway-api", LAST_APPLIED: "{}"},
        ),
        "gateway-api",
    ),
    "addon-manager": (seen("kube-addon-manager"), ""),
    "doks": (
        seen(
            "c3",
            labels={"doks.digitalocean.com/managed": "true", "c3.doks.digitalocean.com/component": "cilium"},
        ),
        "cilium",
    ),
    "helm": (seen("helm", labels=MANAGED_BY_HELM, annotations=HELM), "envoy-gateway-system/eg"),
    "terraform": (seen("HashiCorp"), ""),
    "pulumi": (seen("pulumi-kubernetes"), ""),
    "rainbond": (seen("rbd-api", labels={"creator": "Rainbond"}), ""),
    "kubectl": (seen("kubectl-client-side-apply", annotations={LAST_APPLIED: '{"a":\n1}'}), ""),
}


def test_every_row_has_a_sample() -> None:
    assert [w.key for w in WRITERS if w.key not in SAMPLES] == []
    assert set(SAMPLES) == {w.key for w in WRITERS}


@pytest.mark.parametrize("writer", list(SAMPLES))
def test_writer_is_named(writer: str) -> None:
    metadata, name = SAMPLES[writer]
    owner = owner_of(metadata)
    assert owner is not None
    assert (owner.writer, owner.name) == (writer, name)
    assert owner.evidence


@pytest.mark.parametrize(
    ("manager", "writer"),
    [
        ("kubectl", "kubectl"),
        ("kubectl-create", "kubectl"),
        ("kubectl-edit", "kubectl"),
        ("argocd-application-controller", "argocd"),
        ("helm-controller", "flux"),
        ("work-agent-another", "ocm"),
        ("fleet-agent", "fleet"),
        ("karmada-agent", "karmada"),
        ("cluster-version-operator", "openshift"),
        ("Terraform", "terraform"),
    ],
)
def test_field_manager_alone(manager: str, writer: str) -> None:
    assert owner_of(seen(manager)) == Owner(writer, "", f"field manager {manager}")


def test_unknown_manager_is_other() -> None:
    assert owner_of(seen("acme-operator")) == Owner("other", "acme-operator", "field manager acme-operator")


def test_a_hand_edit_does_not_make_an_owner_of_anothers_object() -> None:
    assert owner_of(seen("acme-operator", "kubectl-edit")) == Owner(
        "other", "acme-operator", "field manager acme-operator"
    )


def test_who_drives_wins_over_what_is_driven() -> None:
    flux = seen("helm-controller", labels={"helm.toolkit.fluxcd.io/name": "eg", **MANAGED_BY_HELM}, annotations=HELM)
    assert str(owner_of(flux)) == "flux eg"
    rendered = seen("argocd-controller", labels=MANAGED_BY_HELM, annotations={LAST_APPLIED: "{}"})
    assert str(owner_of(rendered)) == "argocd"


def test_a_rendered_chart_applied_by_kubectl_is_kubectls() -> None:
    assert str(owner_of(seen("kubectl-client-side-apply", labels=MANAGED_BY_HELM))) == "kubectl"
    assert str(owner_of(seen(labels=MANAGED_BY_HELM))) == "helm"


def test_housekeeping_and_status_are_nobody() -> None:
    metadata = Metadata(
        "u",
        managers=(
            Manager("kube-apiserver"),
            Manager("kube-controller-manager"),
            Manager("envoy-gateway", subresource="status"),
        ),
    )
    assert owner_of(metadata) is None
    assert owner_of(Metadata("u")) is None


def test_our_marks_win() -> None:
    annotations = {"gatewright.io/installation": "ours", "argocd.argoproj.io/tracking-id": "x:y"}
    assert str(owner_of(seen("argocd-controller", annotations=annotations), "ours")) == "gatewright"
    assert str(owner_of(seen(annotations=annotations | {"gatewright.io/team": "pay"}), "ours")) == "gatewright pay"


def test_another_gatewright_is_named_by_its_uid() -> None:
    other = seen("gatewright", annotations={"gatewright.io/installation": "theirs"})
    assert str(owner_of(other, "ours")) == "gatewright theirs"


def test_our_field_manager_without_marks_is_no_mans_land() -> None:
    assert str(owner_of(seen("gatewright"), "ours")) == "gatewright unmarked"

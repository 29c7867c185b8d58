"""What a cluster should have after the change, as objects: the claims solved, rendered, and named.

``Wanted`` is computed from what is known alone, before anything is observed; everything else in planning compares
it with the observation.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from gatewright.gatewayapi.catalogue import BundleFacts, catalogue
from gatewright.gatewayapi.manifests import render
from gatewright.model.objects import Manifest, ObjectRef, ref_of
from gatewright.planning.request import Known, namespace_ref
from gatewright.planning.solver import Installation, Solution, WantedController, solve


class WantedNamespace(msgspec.Struct, frozen=True):
    """A namespace that must exist: a team's (``team`` set), a controller's (``controller`` set), or both."""

    name: str
    team: str = ""
    controller: str = ""

    @property
    def manifest(self) -> Manifest:
        """Without marks."""
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name}}


class WantedObjects(msgspec.Struct, frozen=True):
    """One controller's objects, without marks, in the order to apply them; the GatewayClass is last and apart."""

    controller: WantedController
    manifests: tuple[Manifest, ...]
    gateway_class: Manifest | None

    @property
    def all(self) -> tuple[Manifest, ...]:
        return self.manifests if self.gateway_class is None else (*self.manifests, self.gateway_class)

    @property
    def deployment(self) -> ObjectRef | None:
        return next((ref_of(m) for m in self.manifests if m["kind"] == "Deployment"), None)


class Wanted(msgspec.Struct, frozen=True):
    """``solution.installation`` None (clashing claims): only the team's own namespace is wanted."""

    solution: Solution
    bundle: BundleFacts | None = None
    namespaces: tuple[WantedNamespace, ...] = ()
    controllers: tuple[WantedObjects, ...] = ()

    @property
    def refs(self) -> frozenset[tuple[str, str, str, str]]:
        """The identity of every object that is wanted."""
        crds = [] if self.bundle is None else [*(c.ref for c in self.bundle.crds), *(p.ref for p in self.bundle.policy)]
        objects = [ref_of(m) for c in self.controllers for m in c.all]
        return frozenset(r.identity for r in (*crds, *objects, *(namespace_ref(n.name) for n in self.namespaces)))


def wanted_for(known: Known, team: str) -> Wanted:
    """What ``team``'s plan brings about: the cluster's one installation, and the team's own namespace.

    Raises ``UnknownBundleError`` and the errors of ``gatewayapi.controllers`` for names the catalogue does not have.
    """
    solution = solve(known.claims)
    own = next((c for c in known.claims if c.team == team), None)
    installation = solution.installation or Installation()
    names: dict[str, WantedNamespace] = {}
    if own is not None:
        names[own.namespace] = WantedNamespace(own.namespace, team=team)
    for controller in installation.controllers:
        name = controller.spec.namespace
        there = names.get(name, WantedNamespace(name))
        names[name] = msgspec.structs.replace(there, controller=controller.spec.name)
    bundle = None if installation.bundle is None else catalogue().bundle(installation.bundle)
    return Wanted(solution, bundle, tuple(names.values()), tuple(_objects(c) for c in installation.controllers))


def team_namespaces(known: Known) -> dict[str, str]:
    """The namespaces that the claims of this cluster name, each with its team."""
    return {c.namespace: c.team for c in known.claims}


def _objects(controller: WantedController) -> WantedObjects:
    manifests = _without_namespaces(render(controller.spec))
    classes = [m for m in manifests if m["kind"] == "GatewayClass"]
    others = tuple(m for m in manifests if m["kind"] != "GatewayClass")
    return WantedObjects(controller, others, classes[0] if classes else None)


def _without_namespaces(manifests: Sequence[Manifest]) -> tuple[Manifest, ...]:
    return tuple(m for m in manifests if m["kind"] != "Namespace")

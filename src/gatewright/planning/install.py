"""The plan that brings one cluster to what its teams claim: a verdict per object, then the steps in the design's order.

Steps: check, namespaces, CRDs, admission policy, controller, available, accepted. Only steps with something to do
are there; a cluster that is as it should be has none, and a stopped plan has none either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from gatewright.gatewayapi.catalogue import BundleFacts
from gatewright.model.objects import Manifest, ObjectRef, ref_of
from gatewright.model.plan import STOPS, WRITES, ClusterPlan, Finding, ObjectVerdict, Step
from gatewright.planning.crds import LiveCrd, classify, crd_verdict
from gatewright.planning.namespaces import namespace_manifest, namespace_verdict
from gatewright.planning.objects import Judged, object_verdict, policy_verdict
from gatewright.planning.preflight import Context, preflight
from gatewright.planning.request import ClusterRequest
from gatewright.planning.wanted import Wanted, WantedObjects, wanted_for
from gatewright.text import message


class Parts(msgspec.Struct, frozen=True):
    """The verdicts by the part of the installation that they belong to, in the order of the steps."""

    namespaces: tuple[ObjectVerdict, ...]
    crds: tuple[ObjectVerdict, ...]
    policy: tuple[ObjectVerdict, ...]
    controllers: tuple[tuple[WantedObjects, tuple[ObjectVerdict, ...]], ...]

    @property
    def all(self) -> tuple[ObjectVerdict, ...]:
        objects = tuple(v for _, verdicts in self.controllers for v in verdicts)
        return (*self.namespaces, *self.crds, *self.policy, *objects)


def plan_install(request: ClusterRequest) -> ClusterPlan:
    """The plan of action ``install``. Raises ``UnknownBundleError`` and the errors of ``gatewayapi.controllers``."""
    wanted = wanted_for(request.known, request.team)
    live = classify(request, wanted.bundle)
    crds = _crds(request, wanted.bundle, live)
    shared = request.known.custody == "observe" or any(v.verdict == "share" for v in crds)
    policy = _policy(request, wanted.bundle, shared=shared)
    judged = tuple((c, tuple(object_verdict(request, m) for m in c.all)) for c in wanted.controllers)
    parts = Parts(
        _namespaces(request, wanted),
        crds,
        tuple(j.verdict for j in policy),
        tuple((c, tuple(j.verdict for j in objects)) for c, objects in judged),
    )
    findings = (*_clashes(wanted), *preflight(Context(request, wanted, live, parts.all)))
    stopped = any(v.verdict in STOPS for v in parts.all) or any(f.severity == "block" for f in findings)
    manifests = [j.manifest for _, objects in judged for j in objects if j.manifest is not None]
    return ClusterPlan(
        request.cluster,
        request.observation.uid,
        None if wanted.bundle is None else wanted.bundle.name,
        parts.all,
        findings,
        () if stopped else checked(request, _steps(request, parts)),
        (*_namespace_manifests(request, wanted, parts.namespaces), *manifests),
    )


def _clashes(wanted: Wanted) -> tuple[Finding, ...]:
    return tuple(clash.finding for clash in wanted.solution.clashes)


def _namespaces(request: ClusterRequest, wanted: Wanted) -> tuple[ObjectVerdict, ...]:
    live = {n.name: n for n in request.observation.namespaces}
    return tuple(namespace_verdict(request, n, live.get(n.name)) for n in wanted.namespaces)


def _namespace_manifests(
    request: ClusterRequest, wanted: Wanted, verdicts: Sequence[ObjectVerdict]
) -> Iterator[Manifest]:
    for namespace, verdict in zip(wanted.namespaces, verdicts, strict=True):
        if verdict.verdict in WRITES:
            yield namespace_manifest(namespace, request.known.installation)


def _crds(
    request: ClusterRequest, bundle: BundleFacts | None, live: Mapping[str, LiveCrd]
) -> tuple[ObjectVerdict, ...]:
    if bundle is None:
        return ()
    return tuple(crd_verdict(request, bundle, facts, live.get(facts.name)) for facts in bundle.crds)


def _policy(request: ClusterRequest, bundle: BundleFacts | None, *, shared: bool) -> tuple[Judged, ...]:
    if bundle is None:
        return ()
    content = request.bundles.get(bundle.name)
    manifests = {ref_of(m).identity: m for m in content.policy} if content else {}
    judged = (policy_verdict(request, p, manifests.get(p.ref.identity), shared=shared) for p in bundle.policy)
    return tuple(j for j in judged if j is not None)


def checked(request: ClusterRequest, steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps, if there are any, after the one that plans the cluster again and stops if it has moved."""
    rest = tuple(steps)
    return (Step("check", message("planning.step-check", cluster=request.cluster)), *rest) if rest else ()


def _steps(request: ClusterRequest, parts: Parts) -> Iterator[Step]:
    cluster = request.cluster
    namespaces = _refs(v for v in parts.namespaces if v.verdict in WRITES)
    if namespaces:
        names = ", ".join(ref.name for ref in namespaces)
        yield Step("namespaces", message("planning.step-namespaces", cluster=cluster, names=names), namespaces)
    yield from _crd_steps(request, parts.crds)
    policy = _refs(v for v in parts.policy if v.verdict in WRITES)
    if policy:
        yield Step("policy", message("planning.step-policy", cluster=cluster, name=policy[0].name), policy)
    for wanted, verdicts in parts.controllers:
        yield from _controller_steps(request, wanted, verdicts)


def _crd_steps(request: ClusterRequest, verdicts: Sequence[ObjectVerdict]) -> Iterator[Step]:
    """New CRDs cannot hurt one another and go together; a change to one that is in use goes alone, so that the first
    refusal stops the rest."""
    new = _refs(v for v in verdicts if v.verdict == "create")
    if new:
        title = message("planning.step-crds-create", cluster=request.cluster, count=len(new))
        yield Step("crds", title, new, together=True)
    for verdict in verdicts:
        if verdict.verdict in ("update", "adopt"):
            key = f"planning.step-crd-{verdict.verdict}"
            yield Step("crds", message(key, cluster=request.cluster, crd=verdict.ref.name), (verdict.ref,))
    pending = {c.name for c in request.observation.crds if not c.established}
    ours = _refs(v for v in verdicts if v.verdict == "unchanged" and v.ref.name in pending)
    if ours:
        title = message("planning.step-crds-wait", cluster=request.cluster, count=len(ours))
        yield Step("crds", title, ours, together=True)


def _controller_steps(
    request: ClusterRequest, wanted: WantedObjects, verdicts: Sequence[ObjectVerdict]
) -> Iterator[Step]:
    spec = wanted.controller.spec
    params = {"cluster": request.cluster, "controller": f"{spec.name} {spec.version}", "namespace": spec.namespace}
    written = _refs(v for v in verdicts if v.verdict in WRITES and v.ref.kind != "GatewayClass")
    if written:
        yield Step("controller", message("planning.step-controller", **params), written)
    deployment = wanted.deployment
    waits = deployment is not None and (bool(written) or not _available(request, deployment))
    if deployment is not None and waits:
        yield Step("available", message("planning.step-available", **params), (deployment,))
    of_class = next((v for v in verdicts if v.ref.kind == "GatewayClass"), None)
    if of_class is not None and (of_class.verdict in WRITES or waits or not _accepted(request, of_class.ref.name)):
        title = message("planning.step-accepted", **params, name=of_class.ref.name)
        yield Step("accepted", title, (of_class.ref,))


def _available(request: ClusterRequest, deployment: ObjectRef) -> bool:
    """Whether the running controller is available, as far as it was observed: one that was not is not waited for."""
    seen = (
        c
        for c in request.observation.controllers
        if (c.namespace, c.deployment) == (deployment.namespace, deployment.name)
    )
    return all(c.available for c in seen)


def _accepted(request: ClusterRequest, name: str) -> bool:
    return all(c.accepted == "True" for c in request.observation.gateway_classes if c.name == name)


def _refs(verdicts: Iterator[ObjectVerdict]) -> tuple[ObjectRef, ...]:
    return tuple(v.ref for v in verdicts)

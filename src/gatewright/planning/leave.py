"""The plan that takes a team off a cluster: what no other team claims goes, as far as we created it, in reverse order.

Removed is only what a record and our mark both say that we created; what we adopted or shared is kept, and so is a
namespace that is not proven empty. A CRD that has objects blocks the plan. The last step forgets: its ``refs`` are the
objects whose records end; the records of what is kept stay while a team still claims something of the cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from gatewright.gatewayapi.crds import is_gateway_api_crd
from gatewright.model.objects import ObjectRef
from gatewright.model.observation import CrdObservation, Metadata, NamespaceObservation
from gatewright.model.plan import STOPS, ClusterPlan, Finding, ObjectVerdict, Step, Verdict
from gatewright.planning.crds import classify
from gatewright.planning.fingerprints import Seen, fingerprint
from gatewright.planning.install import checked
from gatewright.planning.objects import live_object
from gatewright.planning.ownership import created_by_us, holding_of
from gatewright.planning.preflight import Context, permissions
from gatewright.planning.request import CRD_KIND, ClusterRequest, Record, crd_ref, namespace_ref
from gatewright.planning.wanted import Wanted, team_namespaces, wanted_for
from gatewright.text import Message, Param, message

POLICY_KINDS: Final = ("ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy")
REMOVAL_ORDER: Final = ("GatewayClass", "Deployment", "Service", "ClusterRoleBinding", "ClusterRole", "ServiceAccount")
"""The reverse of the order of writing: first what routes traffic, last the rights that it used."""


def plan_leave(request: ClusterRequest) -> ClusterPlan:
    """The plan of action ``leave``. ``request.known.claims`` are those that remain. Raises as ``plan_install`` does."""
    wanted = wanted_for(request.known, request.team)
    clashes = tuple(clash.finding for clash in wanted.solution.clashes)
    if clashes:
        # What remains cannot be told, so nothing can be told to be unclaimed.
        return ClusterPlan(request.cluster, request.observation.uid, None, (), clashes)
    objects = tuple(_objects(request, wanted))
    groups = {
        "controller": tuple(v for v in objects if v.ref.kind not in POLICY_KINDS),
        "policy": tuple(v for v in objects if v.ref.kind in POLICY_KINDS),
        "crds": tuple(_crds(request, wanted, objects)),
        "namespaces": tuple(_namespaces(request, wanted)),
    }
    verdicts = tuple(v for group in groups.values() for v in group)
    context = Context(request, wanted, classify(request, wanted.bundle), verdicts)
    findings = (*_lost_controllers(context, request), *permissions(context))
    stopped = any(v.verdict in STOPS for v in verdicts) or any(f.severity == "block" for f in findings)
    bundle = None if wanted.bundle is None else wanted.bundle.name
    steps = () if stopped else checked(request, _steps(request, wanted, groups))
    return ClusterPlan(request.cluster, request.observation.uid, bundle, verdicts, findings, steps)


def _objects(request: ClusterRequest, wanted: Wanted) -> Iterator[ObjectVerdict]:
    for record in sorted(_unwanted(request, wanted), key=_removal_key):
        live = live_object(request, record.ref)
        if record.ref.kind in (CRD_KIND, "Namespace") or live is None:
            continue
        if request.keep_crds and record.ref.kind in POLICY_KINDS:
            yield _verdict(request, record.ref, live, "keep", "planning.keep-asked")
        elif created_by_us(live.metadata, request.known, record):
            yield _verdict(request, record.ref, live, "delete", "planning.delete-object")
        else:
            yield _verdict(request, record.ref, live, "keep", _kept(request, live.metadata, record))


def _crds(request: ClusterRequest, wanted: Wanted, objects: Sequence[ObjectVerdict]) -> Iterator[ObjectVerdict]:
    if wanted.bundle is not None:
        return
    going = sum(1 for v in objects if v.verdict == "delete" and v.ref.kind == "GatewayClass")
    for crd in sorted(request.observation.crds, key=lambda c: c.name):
        ref, record = crd_ref(crd.name), request.known.record_of(crd_ref(crd.name))
        if not is_gateway_api_crd(crd.name):
            continue
        if record is None or not created_by_us(crd.metadata, request.known, record):
            yield _verdict(request, ref, crd, "keep", _kept(request, crd.metadata, record))
        elif request.keep_crds:
            yield _verdict(request, ref, crd, "keep", "planning.keep-asked")
        else:
            yield _created_crd(request, crd, going if crd.name.startswith("gatewayclasses.") else 0)


def _created_crd(request: ClusterRequest, crd: CrdObservation, going: int) -> ObjectVerdict:
    """``going``: how many of its objects the plan itself removes first."""
    ref = crd_ref(crd.name)
    if crd.objects is None:
        return _verdict(request, ref, crd, "blocked", "planning.crd-uncounted")
    count = sum(crd.objects.values()) - going
    if count <= 0:
        return _verdict(request, ref, crd, "delete", "planning.delete-crd")
    where = _places(request, crd.objects)
    return _verdict(request, ref, crd, "blocked", "planning.crd-has-objects", count=count, where=where)


def _namespaces(request: ClusterRequest, wanted: Wanted) -> Iterator[ObjectVerdict]:
    live = {n.name: n for n in request.observation.namespaces}
    claimed, needed = team_namespaces(request.known), {n.name for n in wanted.namespaces}
    for name in _left_namespaces(request, wanted):
        seen, record = live.get(name), request.known.record_of(namespace_ref(name))
        if seen is None or name in claimed or name in request.bindings:
            continue
        if name in needed:
            yield _verdict(request, namespace_ref(name), seen, "keep", "planning.keep-namespace-used")
        elif record is None or not created_by_us(seen.metadata, request.known, record):
            yield _verdict(request, namespace_ref(name), seen, "keep", _kept(request, seen.metadata, record))
        else:
            yield _created_namespace(request, seen)


def _left_namespaces(request: ClusterRequest, wanted: Wanted) -> tuple[str, ...]:
    """The team's namespace, and those of controllers that nobody claims any more."""
    known = request.known
    teams = {c.team for c in known.claims}
    names = [known.leaving.namespace] if known.leaving is not None else []
    unwanted = _unwanted(request, wanted)
    names += [r.ref.name for r in unwanted if r.ref.kind == "Namespace" and r.team not in teams]
    names += [r.ref.namespace for r in unwanted if r.ref.namespace is not None]
    return tuple(dict.fromkeys(names))


def _created_namespace(request: ClusterRequest, seen: NamespaceObservation) -> ObjectVerdict:
    ref = namespace_ref(seen.name)
    if seen.contents is None or seen.uncounted:
        what = ", ".join(seen.uncounted) or "-"
        return _verdict(request, ref, seen, "keep", "planning.keep-namespace-unproven", remedy=True, kinds=what)
    if any(seen.contents.values()):
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(seen.contents.items()) if count)
        return _verdict(request, ref, seen, "keep", "planning.keep-namespace-contents", remedy=True, contents=listed)
    return _verdict(request, ref, seen, "delete", "planning.delete-namespace")


def _unwanted(request: ClusterRequest, wanted: Wanted) -> list[Record]:
    return [r for r in request.known.records if r.ref.identity not in wanted.refs]


def _removal_key(record: Record) -> tuple[int, ObjectRef]:
    kinds = (*REMOVAL_ORDER, *POLICY_KINDS)
    return (kinds.index(record.ref.kind) if record.ref.kind in kinds else len(kinds), record.ref)


def _kept(request: ClusterRequest, metadata: Metadata, record: Record | None) -> str:
    """Why it stays: the key of the reason."""
    if record is None:
        ours = holding_of(metadata, request.known).holder == "ours"
        return "planning.keep-unrecorded" if ours else "planning.keep-shared"
    if record.uid != metadata.uid:
        return "planning.keep-replaced"
    if record.origin == "adopted":
        return "planning.keep-adopted"
    return "planning.keep-unmarked"


def _places(request: ClusterRequest, objects: Mapping[str, int]) -> str:
    """Where the objects are and whose the namespaces are: ``payments (payments): 3, shop: 1``."""
    teams = {**request.bindings, **team_namespaces(request.known)}
    leaving = request.known.leaving
    if leaving is not None:
        teams[leaving.namespace] = leaving.team
    parts: list[str] = []
    for namespace, count in sorted(objects.items()):
        team = f" ({teams[namespace]})" if namespace in teams else ""
        if count:
            parts.append(f"{namespace or '*'}{team}: {count}")
    return ", ".join(parts)


def _lost_controllers(context: Context, request: ClusterRequest) -> Iterator[Finding]:
    """Gateways that would lose the controller that serves them: other teams' block while those teams stay."""
    going = [v.ref.name for v in context.verdicts if v.verdict == "delete" and v.ref.kind == "GatewayClass"]
    gateways = next((c for c in request.observation.crds if c.name == "gateways.gateway.networking.k8s.io"), None)
    counts = (gateways.objects if gateways is not None else None) or {}
    own = request.known.leaving.namespace if request.known.leaving is not None else ""
    foreign = {namespace: count for namespace, count in counts.items() if count and namespace != own}
    if going and any(counts.values()):
        blocks = bool(foreign) and bool(request.known.claims)
        yield context.finding(
            "gateways-lose-controller", "block" if blocks else "warn",
            classes=", ".join(going), where=_places(request, foreign if blocks else counts), team=request.team,
        )  # fmt: skip


def _steps(request: ClusterRequest, wanted: Wanted, groups: Mapping[str, tuple[ObjectVerdict, ...]]) -> Iterator[Step]:
    cluster = request.cluster
    for group, verdicts in groups.items():
        refs = tuple(v.ref for v in verdicts if v.verdict == "delete")
        if refs:
            names = ", ".join(str(ref) if group == "controller" else ref.name for ref in refs)
            title = message(f"planning.step-remove-{group}", cluster=cluster, count=len(refs), names=names)
            yield Step("remove", title, refs, together=group in ("crds", "namespaces"))
    kept = {v.ref.identity for group in groups.values() for v in group if v.verdict == "keep"}
    forgotten = tuple(sorted(r.ref for r in _ended(request, wanted) if r.ref.identity not in kept))
    yield Step("forget", message("planning.step-forget", cluster=cluster, team=request.team), forgotten)


def _ended(request: ClusterRequest, wanted: Wanted) -> Iterable[Record]:
    """The records that nobody's claim needs any more (those of namespaces of other teams are theirs)."""
    teams = {c.team for c in request.known.claims}
    for record in _unwanted(request, wanted):
        if record.ref.kind == CRD_KIND and wanted.bundle is not None:
            continue
        if record.ref.kind != "Namespace" or record.team not in teams:
            yield record


def _verdict(
    request: ClusterRequest,
    ref: ObjectRef,
    live: Seen,
    verdict: Verdict,
    key: str,
    *,
    remedy: bool = False,
    **more: Param,
) -> ObjectVerdict:
    holding = holding_of(live.metadata, request.known)
    params: dict[str, Param] = {
        "cluster": request.cluster,
        "team": request.team,
        "object": str(ref),
        "name": ref.name,
        "owner": holding.name,
        **more,
    }
    needs = remedy or verdict in STOPS
    return ObjectVerdict(
        ref,
        verdict,
        Message(key, params),
        Message(f"{key}.remedy", params) if needs else None,
        holding.owner,
        (),
        fingerprint(live),
    )

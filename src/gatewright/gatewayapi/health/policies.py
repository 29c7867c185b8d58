"""Direct policies (BackendTLSPolicy and its like): what they aim at, who else does, and what each ancestor says."""

from __future__ import annotations

from gatewright.gatewayapi.conditions import place
from gatewright.gatewayapi.health.judgement import Judgement
from gatewright.gatewayapi.health.rules import POLICY_CONFLICT, POLICY_NOT_READ, TARGET_MISSING
from gatewright.gatewayapi.health.view import View, age_order
from gatewright.gatewayapi.kinds import GroupKind
from gatewright.gatewayapi.live import SHAPES, ref_of
from gatewright.gatewayapi.shapes import Policy, TargetRef
from gatewright.gatewayapi.surroundings import Service
from gatewright.model.health import ObjectHealth


def policy(view: View, kind: GroupKind, found: Policy) -> ObjectHealth:
    """Judges a policy."""
    judged = Judgement(view, kind, found.metadata)
    ancestors = (found.status.ancestors if found.status else None) or ()
    namespace = found.metadata.namespace
    places = [place(a.ancestor_ref, namespace) for a in ancestors]
    judged.parts(places)
    for entry, where in zip(ancestors, places, strict=True):
        judged.conditions(entry.conditions, (), where=where, path=f"status.ancestors[{where}].conditions")
    for target in found.spec.targets():
        _target(judged, kind, found, target)
    if not ancestors and not judged.findings and not judged.is_young:
        judged.add(POLICY_NOT_READ, evidence=("status.ancestors: []",))
    return judged.health(ref_of((t.group, t.kind), (t.namespace or namespace, t.name)) for t in found.spec.targets())


def _target(judged: Judgement, kind: GroupKind, found: Policy, target: TargetRef) -> None:
    view, group_kind = judged.view, (target.group, target.kind)
    key = (target.namespace or found.metadata.namespace, target.name)
    ref = ref_of(group_kind, key)
    if group_kind in SHAPES:
        if not view.readable(group_kind, key):
            judged.not_seen(group_kind)
            return
        live = view.snapshot.of(group_kind).get(key)
        if live is None or not _has_section(live, target.section_name):
            judged.add(
                TARGET_MISSING,
                evidence=(f"spec.targetRefs: {ref} {target.section_name}".rstrip(),),
                cause=ref,
                target=str(ref),
                section=target.section_name or "-",
            )
            return
    rivals = view.policies_by_target.get((kind, group_kind, key, target.section_name), ())
    older = [p for p in rivals if p is not found and age_order(p.metadata) < age_order(found.metadata)]
    if older:
        other = ref_of(kind, min(older, key=lambda p: age_order(p.metadata)).metadata.key)
        evidence = (f"spec.targetRefs: {ref}", f"{other} spec.targetRefs: {ref}")
        judged.add(POLICY_CONFLICT, evidence=evidence, cause=other, target=str(ref), other=str(other))


def _has_section(live: object, section: str) -> bool:
    """Of a Service a section is the name of a port; of other kinds nothing is claimed."""
    if not section or not isinstance(live, Service):
        return True
    return any(p.name == section for p in live.spec.ports or ())

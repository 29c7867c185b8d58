"""What a step applies for an object of a plan: the plan's own manifest, or the bundle's with our marks on it."""

from __future__ import annotations

from gatewright.gatewayapi.crds import applicable
from gatewright.gatewayapi.marks import mark
from gatewright.model.objects import Manifest, ObjectRef, part, ref_of
from gatewright.model.plan import ClusterPlan, Origin
from gatewright.planning.request import BundleContent


def manifest_of(plan: ClusterPlan, ref: ObjectRef, content: BundleContent | None, installation: str) -> Manifest:
    """The manifest to apply (server-side, as field manager ``marks.FIELD_MANAGER``) for an object that the plan writes.

    Raises ``KeyError`` for an object that neither the plan nor the bundle holds.
    """
    own = next((m for m in plan.manifests if ref_of(m).identity == ref.identity), None)
    if own is not None:
        return own
    released = None if content is None else _released(content, ref)
    if released is None:
        raise KeyError(str(ref))
    return mark(applicable(released), installation, origin_of(plan, ref))


def surplus(wanted: Manifest, live: Manifest) -> Manifest | None:
    """A merge patch that removes from a live CRD what others added to its spec beside what ``wanted`` sets; None where
    there is nothing. Applying alone leaves that: what another manager owns is not ours to drop by leaving it out. (The
    list of versions is one value, which applying replaces.)"""
    ours, theirs = part(wanted, "spec"), part(live, "spec")
    names = {k: None for k in part(theirs, "names") if k not in (*part(ours, "names"), "singular", "listKind")}
    patch: Manifest = {"names": names} if names else {}
    if "conversion" not in ours and part(theirs, "conversion").get("strategy", "None") != "None":
        patch["conversion"] = {"strategy": "None", "webhook": None}
    if theirs.get("preserveUnknownFields") and not ours.get("preserveUnknownFields"):
        patch["preserveUnknownFields"] = False
    return {"spec": patch} if patch else None


def origin_of(plan: ClusterPlan, ref: ObjectRef) -> Origin:
    """How the object comes to be ours, for its marks and its record."""
    verdict = plan.verdict_of(ref)
    return (verdict.origin if verdict is not None else None) or "created"


def _released(content: BundleContent, ref: ObjectRef) -> Manifest | None:
    if ref.name in content.crds:
        return content.crds[ref.name]
    return next((m for m in content.policy if ref_of(m).identity == ref.identity), None)

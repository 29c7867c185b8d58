"""Whether what was planned still holds: for one object right before its write, and for a whole cluster on resuming."""

from __future__ import annotations

from typing import Final, Literal

from gatewright.gatewayapi.crds import bundle_of
from gatewright.gatewayapi.marks import is_ours
from gatewright.model.objects import Manifest, ObjectRef
from gatewright.model.observation import CrdObservation, NamespaceObservation
from gatewright.model.plan import STOPS, WRITES, ClusterPlan, ObjectVerdict
from gatewright.planning.differences import missing
from gatewright.planning.fingerprints import Seen, fingerprint

Standing = Literal["as-planned", "done", "moved"]

_SETTLED: Final = frozenset({"unchanged", "share", "keep"})


def unmoved(verdict: ObjectVerdict, seen: Seen | None, wanted: Manifest | None, installation: str) -> Standing:
    """How one object stands to its verdict, read again by the step that would write it (None: it is not there).

    ``as-planned``: go on. ``done``: it is already what we wanted, with our marks: an earlier run of this step, killed
    before it was recorded, did it; skip the write, keep the record. ``moved``: stop, the plan is stale.
    ``wanted``: what the step would apply (``writes.manifest_of``), needed for ``create``, ``update`` and ``adopt``.
    Whether a CRD or a namespace is still empty is not judged here: the step counts again before it deletes.
    """
    if verdict.verdict == "delete":
        return _deletion(verdict, seen)
    if verdict.verdict not in WRITES:
        return "as-planned" if seen is not None and not seen.metadata.deleting else "moved"
    if seen is None:
        return "moved" if verdict.seen else "as-planned"
    if not seen.metadata.deleting and _achieved(verdict, seen, installation, wanted):
        return "done"
    return "as-planned" if verdict.seen == fingerprint(seen) else "moved"


def moved(planned: ClusterPlan, now: ClusterPlan) -> tuple[ObjectRef, ...]:
    """What no longer holds when the cluster is planned again (before a rollout starts, or resumes): objects whose
    verdict is another one, except what is done by now. A blocking finding that is new gives its object, or the
    cluster's every written object if it names none."""
    before = {v.ref.identity: v for v in planned.verdicts}
    after = {v.ref.identity: v for v in now.verdicts}
    found = [v.ref for v in now.verdicts if _differs(before.get(v.ref.identity), v)]
    found += [v.ref for v in planned.verdicts if v.ref.identity not in after and v.verdict not in ("delete", "keep")]
    blocks = {(f.code, f.object) for f in now.findings if f.severity == "block"}
    for _, ref in sorted(blocks - {(f.code, f.object) for f in planned.findings}, key=str):
        found += [ref] if ref is not None else [v.ref for v in planned.verdicts if v.verdict in WRITES]
    return tuple(dict.fromkeys(found))


def _differs(before: ObjectVerdict | None, after: ObjectVerdict) -> bool:
    if before is None:
        return after.verdict in WRITES or after.verdict in STOPS
    if before.verdict in _SETTLED and after.verdict in _SETTLED:
        return False
    if after.verdict == "unchanged":
        return bool(before.wanted) and bool(after.wanted) and before.wanted != after.wanted
    if before.verdict == after.verdict == "delete":
        return False  # it may be on its way already; the step looks again at this very object
    return before.verdict != after.verdict or (after.verdict in WRITES and before.seen != after.seen)


def _deletion(verdict: ObjectVerdict, seen: Seen | None) -> Standing:
    if seen is None:
        return "done"
    if seen.metadata.deleting:
        return "as-planned"
    return "as-planned" if verdict.seen == fingerprint(seen) else "moved"


def _achieved(verdict: ObjectVerdict, seen: Seen, installation: str, wanted: Manifest | None) -> bool:
    if not is_ours(seen.metadata, installation):
        return False
    match seen:
        case CrdObservation():
            return seen.spec_digest == verdict.wanted and _stamp_matches(seen, wanted)
        case NamespaceObservation():
            return wanted is not None and not missing(wanted, _metadata_only(seen))
        case _:
            return wanted is not None and not missing(wanted, seen.content)


def _stamp_matches(seen: CrdObservation, wanted: Manifest | None) -> bool:
    return wanted is not None and bundle_of(seen.metadata.annotations) == bundle_of(
        wanted["metadata"].get("annotations") or {}
    )


def _metadata_only(seen: NamespaceObservation) -> Manifest:
    return {"metadata": {"labels": seen.metadata.labels, "annotations": seen.metadata.annotations}}

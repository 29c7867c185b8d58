"""Which changes to our objects are drift, who made them, and when putting them back has become a fight.

Nothing here observes anything: the watch tells what an object's metadata became (``suspicious``), a plan tells what
differs (``deviation``), and what became of a drift is a value that these functions carry on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

import msgspec

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.crds import CHANNEL_ANNOTATION, VERSION_ANNOTATION, spec_digest
from gatewright.gatewayapi.marks import FIELD_MANAGER, GATEWRIGHT, INSTALLATION, MANAGED_BY, TEAM
from gatewright.gatewayapi.metadata import WrittenMeta
from gatewright.gatewayapi.writers import OTHER, WRITERS
from gatewright.model.desired import BundleName, Claim, DriftMode
from gatewright.model.drift import Changer, DriftKind
from gatewright.model.objects import Manifest, part, parts
from gatewright.model.plan import STOPS, WRITES, ClusterPlan, FieldDifference, ObjectVerdict
from gatewright.planning.request import CRD_KIND, Record
from gatewright.text import Message, message

_POLICIES: Final = frozenset({"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"})
_HOUSEKEEPING: Final = re.compile(
    r"kube-(apiserver|controller-manager|scheduler)|kubelet|(.*-)?cloud-controller-manager|namespace-controller"
    r"|storage-version-migrat.*"
)
_SEGMENT: Final = re.compile(r"\[[^\]]*\]|[^.\[\]]+")


class Deviation(msgspec.Struct, frozen=True):
    """An object of ours that is not what we wrote. ``uid``: the object's that is there now, empty where none is.
    ``restorable``: the plan would write what we wrote before."""

    record: Record
    kind: DriftKind
    verdict: ObjectVerdict
    differences: tuple[FieldDifference, ...] = ()
    changers: tuple[Changer, ...] = ()
    uid: str = ""
    restorable: bool = False


# The cheap look


def suspicious(record: Record, metadata: WrittenMeta | None, installation: str) -> bool:
    """Whether an object with this metadata (None: it is absent) may be other than our last write left it."""
    if metadata is None or metadata.uid != record.uid or metadata.deletion_timestamp is not None:
        return True
    if lost_marks(record, metadata.labels or {}, metadata.annotations or {}, installation):
        return True
    if metadata.generation and metadata.generation != record.generation:
        return True
    writers = [w for w in metadata.managed_fields or () if w.subresource != "status"]
    ours = max((w.time or "" for w in writers if w.manager == FIELD_MANAGER), default="")
    others = (w for w in writers if w.manager != FIELD_MANAGER and not _HOUSEKEEPING.fullmatch(w.manager))
    return any((w.time or "") >= ours for w in others)


def lost_marks(
    record: Record, labels: Mapping[str, str], annotations: Mapping[str, str], installation: str
) -> tuple[FieldDifference, ...]:
    """Our marks that are missing or other than we wrote them."""
    wanted = {INSTALLATION: installation, **({TEAM: record.team} if record.team else {})}
    found = [
        FieldDifference(f"metadata.annotations[{key}]", annotations.get(key), value)
        for key, value in wanted.items()
        if annotations.get(key) != value
    ]
    if labels.get(MANAGED_BY) != GATEWRIGHT:
        found.append(FieldDifference(f"metadata.labels[{MANAGED_BY}]", labels.get(MANAGED_BY), GATEWRIGHT))
    return tuple(found)


# The judgement


def worth_reading(record: Record, verdict: ObjectVerdict, suspects: frozenset[tuple[str, str, str, str]]) -> bool:
    """Whether the object must be read to judge it: it is suspect, or a plan would put it back as we wrote it."""
    return record.ref.identity in suspects or (verdict.verdict != "unchanged" and verdict.wanted == record.wanted)


def deviation(
    record: Record,
    verdict: ObjectVerdict,
    live: Manifest | None,
    installation: str,
    bundle: BundleName | None = None,
) -> Deviation | None:
    """How the object differs from what we wrote, by a plan's verdict and the object itself (None: absent); None where
    it does not: it is as we wrote it, others changed only what we do not set, or people want something else by now and
    nobody else touched it. ``bundle``: the one that the plan is for."""
    if live is None:
        return Deviation(record, "deleted", verdict, restorable=_restores(record, verdict))
    metadata = part(live, "metadata")
    uid = str(metadata.get("uid", ""))
    lost = lost_marks(record, part(metadata, "labels"), part(metadata, "annotations"), installation)
    differences = lost
    if verdict.verdict != "unchanged":
        differences = _merged(lost, verdict.differences, _stamps(record, bundle, part(metadata, "annotations")))
    changers = changers_of(live, differences)
    found = Deviation(record, "changed", verdict, differences, changers, uid, _restores(record, verdict))
    if "deletionTimestamp" in metadata:
        return msgspec.structs.replace(found, kind="deleting", differences=(), changers=())
    if uid != record.uid:
        return msgspec.structs.replace(found, kind="replaced")
    if lost or _drifted(record, verdict, live):
        return found
    return None


def _restores(record: Record, verdict: ObjectVerdict) -> bool:
    return verdict.verdict in ("create", "update") and verdict.wanted == record.wanted


def _stamps(record: Record, bundle: BundleName | None, annotations: Mapping[str, str]) -> tuple[FieldDifference, ...]:
    """The annotations of a CRD that name its release, where they are not those of the bundle."""
    facts = None if bundle is None or record.ref.kind != CRD_KIND else catalogue().bundle(bundle).crd(record.ref.name)
    if bundle is None or facts is None:
        return ()
    wanted = {VERSION_ANNOTATION: facts.annotated, CHANNEL_ANNOTATION: bundle.channel}
    return tuple(
        FieldDifference(f"metadata.annotations[{key}]", annotations.get(key), value)
        for key, value in wanted.items()
        if annotations.get(key) != value
    )


def _drifted(record: Record, verdict: ObjectVerdict, live: Manifest) -> bool:
    if record.ref.kind == CRD_KIND and spec_digest(live["spec"]) != record.wanted:
        return True
    if verdict.verdict in ("unchanged", "share", "wait"):
        return False
    if verdict.wanted == record.wanted:
        return True
    # People want something else by now, so a difference alone does not tell that others changed anything.
    return record.ref.kind != CRD_KIND and any(_owns_any(entry, verdict.differences) for entry in _others(live))


def _merged(*groups: Sequence[FieldDifference]) -> tuple[FieldDifference, ...]:
    found = {difference.path: difference for group in groups for difference in group}
    return tuple(found.values())


def changers_of(live: Manifest, differences: Sequence[FieldDifference]) -> tuple[Changer, ...]:
    """Who may have made the differences, newest first: who owns one of the fields now, else (a field that was removed
    belongs to nobody) who wrote since we did. Kubernetes' own housekeeping and writers of the status are not named."""
    others = _others(live)
    owning = [entry for entry in others if _owns_any(entry, differences)]
    ours = [str(e.get("time", "")) for e in _written(live) if e.get("manager") == FIELD_MANAGER]
    since = max(ours, default="")
    chosen = owning or [entry for entry in others if str(entry.get("time", "")) >= since]
    found = (_changer(entry) for entry in sorted(chosen, key=lambda e: str(e.get("time", "")), reverse=True))
    return tuple(dict.fromkeys(found))


def _written(live: Manifest) -> list[dict[str, Any]]:
    return [e for e in parts(part(live, "metadata"), "managedFields") if e.get("subresource") != "status"]


def _others(live: Manifest) -> list[dict[str, Any]]:
    named = (e for e in _written(live) if e.get("manager") != FIELD_MANAGER)
    return [e for e in named if _HOUSEKEEPING.fullmatch(str(e.get("manager", ""))) is None]


def _changer(entry: dict[str, Any]) -> Changer:
    manager = str(entry.get("manager", ""))
    writer = next((w.key for w in WRITERS if w.managers and w.managers.fullmatch(manager)), OTHER)
    return Changer(writer, manager, str(entry.get("operation", "")), str(entry.get("time", "")))


def _owns_any(entry: dict[str, Any], differences: Iterable[FieldDifference]) -> bool:
    fields = part(entry, "fieldsV1")
    return bool(fields) and any(_owns(fields, _SEGMENT.findall(d.path)) for d in differences)


def _owns(fields: dict[str, Any], path: Sequence[str]) -> bool:
    """Whether a set of ``fieldsV1`` (structured-merge-diff v4) covers the path of a difference. A position in a list
    stands for any of its members: managedFields name members by their keys."""
    if not path or not fields:
        return True
    head, rest = path[0], path[1:]
    inner = head[1:-1] if head.startswith("[") else head
    if head.startswith("[") and (inner.isdigit() or "=" in inner):
        members = (v for k, v in fields.items() if k[:2] in ("k:", "v:", "i:"))
        return any(_owns(cast(dict[str, Any], member), rest) for member in members)
    found = fields.get(f"f:{inner}")
    return found is not None and _owns(cast(dict[str, Any], found), rest)


# What stacks say


def mode_of(record: Record, claims: Sequence[Claim]) -> DriftMode | None:
    """What the stacks of those who want the object say; None where they disagree. A team's namespace is its own
    stack's, CRDs and policy are of every stack, a controller's objects of the stacks that want a controller."""
    stacks = [c for c in claims if c.bundle is not None]
    if record.team:
        stacks = [c for c in stacks if c.team == record.team]
    elif record.ref.kind != CRD_KIND and record.ref.kind not in _POLICIES:
        stacks = [c for c in stacks if c.controller is not None]
    modes: set[DriftMode] = {c.drift for c in stacks}
    if len(modes) > 1:
        return None
    return modes.pop() if modes else "report"


def obstacle(
    plan: ClusterPlan, records: Sequence[Record], healed: frozenset[tuple[str, str, str, str]]
) -> Message | None:
    """Why the plan must not run by itself: it is stopped, or it would do more than put back objects among ``healed``
    (a change that people want takes their own word). None: it may."""
    cluster = plan.cluster
    blocking = next((f for f in plan.findings if f.severity == "block"), None)
    if blocking is not None:
        return message("drift.why-stopped", cluster=cluster, reason=blocking.message)
    stopping = next((v for v in plan.verdicts if v.verdict in STOPS), None)
    if stopping is not None:
        return message("drift.why-stopped", cluster=cluster, reason=stopping.reason)
    known = {record.ref.identity: record for record in records}
    writes = [v for v in plan.verdicts if v.verdict in WRITES]
    for verdict in writes:
        record = known.get(verdict.ref.identity)
        if record is None or not _restores(record, verdict):
            return message("drift.why-more", cluster=cluster, object=str(verdict.ref))
        if verdict.ref.identity not in healed:
            return message("drift.why-reported", cluster=cluster, object=str(verdict.ref))
    return None if writes else message("drift.why-nothing", cluster=cluster)


def losses(record: Record, kind: DriftKind) -> bool:
    """Whether more than the object is gone: a CRD took every object of its kind along, a namespace all in it."""
    return kind in ("deleting", "deleted", "replaced") and record.ref.kind in (CRD_KIND, "Namespace")


def recent(moments: Sequence[str], now: datetime, window: timedelta) -> tuple[str, ...]:
    """Those of the moments (RFC 3339) that are at most ``window`` old."""
    return tuple(m for m in moments if now - datetime.fromisoformat(m) <= window)

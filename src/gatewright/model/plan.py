"""Plan: what would happen to every object of a set of clusters, why, and in which order. Immutable and hashed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from gatewright.model.desired import BundleName
from gatewright.model.objects import JSON, Manifest, ObjectRef, digest
from gatewright.text import Message

Verdict = Literal["create", "unchanged", "update", "adopt", "share", "wait", "conflict", "blocked", "delete", "keep"]
"""The verdicts of the design; a leaving plan adds ``delete`` (ours, goes) and ``keep`` (stays; the reason says why)."""

WRITES: Final[frozenset[Verdict]] = frozenset({"create", "update", "adopt", "delete"})
STOPS: Final[frozenset[Verdict]] = frozenset({"wait", "conflict", "blocked"})

Origin = Literal["created", "adopted"]
Severity = Literal["block", "warn"]
Action = Literal["install", "leave"]
StepKind = Literal[
    "check", "namespaces", "crds", "policy", "controller", "available", "accepted",
    "remove", "forget",
]  # fmt: skip
Outcome = Literal["change", "nothing", "stopped"]


class Owner(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who holds an object. ``writer`` is a key of the table of writers (``kubectl``, ``helm``, ``gatewright``, ...);
    ``name`` the instance where the object tells it (a Helm release, an Argo CD application, a team);
    ``evidence`` the label, annotation or field manager that told."""

    writer: str
    name: str = ""
    evidence: str = ""

    def __str__(self) -> str:
        return f"{self.writer} {self.name}" if self.name else self.writer


class FieldDifference(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field that differs: a path such as ``spec.template.spec.containers[0].image``; None stands for absent."""

    path: str
    live: JSON = None
    wanted: JSON = None


class ObjectVerdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What would happen to one object, and why.

    ``seen`` is the fingerprint (``planning.fingerprints``) of the object that the verdict was made on, empty where it
    was absent: a step that finds another one stops as stale. ``wanted`` is the digest of what would be applied.
    """

    ref: ObjectRef
    verdict: Verdict
    reason: Message
    remedy: Message | None = None
    owner: Owner | None = None
    differences: tuple[FieldDifference, ...] = ()
    seen: str = ""
    wanted: str = ""
    origin: Origin | None = None
    """On a write: how the object is ours from then on, for its marks and its record. An update never turns what was
    adopted into what was created."""


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a preflight rule found. ``code`` is the rule's; the evidence is in ``message``."""

    code: str
    severity: Severity
    message: Message
    remedy: Message
    object: ObjectRef | None = None


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One durable, idempotent step in a cluster. ``refs`` in the order to write; ``together``: they may be sent at
    once."""

    kind: StepKind
    title: Message
    refs: tuple[ObjectRef, ...] = ()
    together: bool = False


def outcome_of(verdicts: Iterable[Verdict], severities: Iterable[Severity], *, steps: bool) -> Outcome:
    """What a cluster's part of a plan comes to."""
    if any(verdict in STOPS for verdict in verdicts) or any(severity == "block" for severity in severities):
        return "stopped"
    return "change" if steps else "nothing"


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """``stopped`` if any cluster is; else ``change`` if any would change; else ``nothing``."""
    found = set(outcomes)
    if "stopped" in found:
        return "stopped"
    return "change" if "change" in found else "nothing"


class ClusterPlan(msgspec.Struct, frozen=True, omit_defaults=True):
    """One cluster's part. ``manifests`` holds the controller objects and namespaces that would be applied
    (the CRDs and the policy come from the bundle, by its digest)."""

    cluster: str
    uid: str
    bundle: BundleName | None
    verdicts: tuple[ObjectVerdict, ...]
    findings: tuple[Finding, ...] = ()
    steps: tuple[Step, ...] = ()
    manifests: tuple[Manifest, ...] = ()

    @property
    def stopped(self) -> bool:
        """Whether something forbids to start: a wait, a conflict, or a blocking finding."""
        return self.outcome == "stopped"

    @property
    def outcome(self) -> Outcome:
        return outcome_of(
            (v.verdict for v in self.verdicts), (f.severity for f in self.findings), steps=bool(self.steps)
        )

    def verdict_of(self, ref: ObjectRef) -> ObjectVerdict | None:
        return next((v for v in self.verdicts if v.ref.identity == ref.identity), None)


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """The plan of a team for its clusters, in the order in which they would be changed.

    ``keep_crds`` (leaving only): the person asked to leave the CRDs and the policy where they are.
    """

    team: str
    action: Action
    clusters: tuple[ClusterPlan, ...]
    keep_crds: bool = False

    @property
    def hash(self) -> str:
        """Content address: equal decisions, equal hash (times and resource versions are not part of a plan)."""
        return digest(msgspec.to_builtins(self))

    @property
    def outcome(self) -> Outcome:
        return together(c.outcome for c in self.clusters)


class PlanOutline(msgspec.Struct, frozen=True, omit_defaults=True):
    """A plan in a list. ``clusters`` in its order; ``verdicts``: how many objects get which; ``summary``: one sentence.
    ``created_at`` (RFC 3339) and ``requested_by``: when it was first made, and for whom."""

    hash: str
    team: str
    action: Action
    outcome: Outcome
    clusters: tuple[str, ...]
    summary: Message
    created_at: str
    requested_by: str
    verdicts: dict[Verdict, int] = {}

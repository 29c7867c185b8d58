"""Health: what is wrong, with what, by whose fault, and what to do; rolled up from the object to the fleet."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from gatewright.model.errors import ErrorReport
from gatewright.model.objects import ObjectRef
from gatewright.model.status import HealthState, Reachability
from gatewright.text import Message

Severity: TypeAlias = Literal["info", "warning", "error"]

SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "error")
WORST: Final[tuple[HealthState, ...]] = ("unhealthy", "degraded", "progressing", "unknown", "healthy")
"""The order in which states decide a roll-up: one unhealthy part makes the whole at least degraded."""


class HealthFinding(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One thing that is wrong, or worth knowing.

    ``code`` is stable (``health.backend-missing``) and its sentences are ``code`` and ``code.remedy`` with ``params``.
    ``subject`` is the object it is about, ``where`` the listener, parent or rule within it. ``evidence``: the fields
    and values that show it, as ``path: value``. ``cause``: the object whose mending removes the finding, where that
    is another. ``since``: RFC 3339, when it was first seen.
    """

    code: str
    subject: ObjectRef
    severity: Severity
    params: dict[str, str | int] = {}
    where: str = ""
    evidence: tuple[str, ...] = ()
    cause: ObjectRef | None = None
    since: str = ""

    @property
    def message(self) -> Message:
        return Message(self.code, self._named())

    @property
    def remedy(self) -> Message:
        return Message(f"{self.code}.remedy", self._named())

    def _named(self) -> dict[str, str | int | Message]:
        """The parameters, with ``place``: the object, and where in it."""
        subject = str(self.subject)
        place = f"{subject} ({self.where})" if self.where else subject
        return {"object": subject, "where": self.where or "-", "place": place, **self.params}

    @property
    def identity(self) -> tuple[str, tuple[str, str, str, str], str]:
        """What stays the same while the finding lasts."""
        return (self.code, self.subject.identity, self.where)


class Found(msgspec.Struct, frozen=True):
    """A finding, and the cluster that it is in."""

    cluster: str
    finding: HealthFinding


class ConditionFact(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A condition as the controller wrote it, with any reason it chose. ``where``: the listener, parent or ancestor.
    ``stale``: its ``observedGeneration`` is behind. ``good``: whether its status is the good one of its type."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    where: str = ""
    stale: bool = False
    good: bool | None = None


class ObjectHealth(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One object. ``parents``: the objects it is reached through (a route's Gateways), for the tree."""

    ref: ObjectRef
    state: HealthState
    conditions: tuple[ConditionFact, ...] = ()
    findings: tuple[HealthFinding, ...] = ()
    parents: tuple[ObjectRef, ...] = ()


class SeenObject(msgspec.Struct, frozen=True):
    """An object, and the cluster that it is in."""

    cluster: str
    object: ObjectHealth


class Cause(msgspec.Struct, frozen=True, omit_defaults=True):
    """What explains findings: mending ``object`` (or what ``code`` says) removes ``explains`` of them."""

    code: str
    object: ObjectRef
    message: Message
    remedy: Message
    severity: Severity
    explains: int
    cluster: str = ""
    affected: tuple[ObjectRef, ...] = ()
    since: str = ""


class Counts(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many objects (or clusters, or teams) are in each state."""

    healthy: int = 0
    progressing: int = 0
    degraded: int = 0
    unhealthy: int = 0
    unknown: int = 0


class ClusterHealth(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cluster rolled up. ``seen_at``: when what this says was last confirmed; ``judged_at``: when it was last judged;
    ``error``: why it is not seen now."""

    cluster: str
    state: HealthState
    reachability: Reachability
    since: str
    seen_at: str
    judged_at: str = ""
    objects: Counts = Counts()
    gateways: Counts = Counts()
    errors: int = 0
    warnings: int = 0
    causes: tuple[Cause, ...] = ()
    error: ErrorReport | None = None


class Health(msgspec.Struct, frozen=True, omit_defaults=True):
    """A team or the fleet rolled up: its state, its clusters, and the few causes that explain the most, worst
    first. ``findings``: of the team itself (of every team), and not of an object in a cluster: how its clusters
    differ."""

    name: str
    state: HealthState
    clusters: Counts
    objects: Counts
    errors: int = 0
    warnings: int = 0
    causes: tuple[Cause, ...] = ()
    members: tuple[ClusterHealth, ...] = ()
    findings: tuple[HealthFinding, ...] = ()


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of ``gatewright explain``: an object (or a cluster), its state, its findings, and what hangs on it.
    ``is_cause``: mending it removes findings of other objects in the tree."""

    ref: ObjectRef
    state: HealthState
    cluster: str = ""
    is_cause: bool = False
    note: Message | None = None
    findings: tuple[HealthFinding, ...] = ()
    conditions: tuple[ConditionFact, ...] = ()
    children: tuple[Node, ...] = ()

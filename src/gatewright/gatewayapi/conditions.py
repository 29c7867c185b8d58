"""What the conditions of a Gateway API object say, never hiding that a status is behind: the one judgement that
``gatewright get``, gates and health share.

Source: Gateway API ``apis/v1`` condition types, and the rule of its troubleshooting guide that a condition whose
``observedGeneration`` is below ``metadata.generation`` says nothing about the object as it is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from gatewright.gatewayapi.metadata import Condition
from gatewright.gatewayapi.shapes import Conditions, ParentRef, RouteParentStatus
from gatewright.model.health import ConditionFact
from gatewright.model.objects import Manifest, part, parts

State = Literal["true", "false", "unknown", "stale", "none"]

GOOD: Final[Mapping[str, bool]] = {
    "Accepted": True,
    "Programmed": True,
    "ResolvedRefs": True,
    "SupportedVersion": True,
    "Conflicted": False,
    "OverlappingTLSConfig": False,
    "PartiallyInvalid": False,
    "InsecureFrontendValidationMode": False,
}
"""The types that the specification gives a meaning, with the status that is the good one. Others are shown only."""

_DECISIVE: Final[dict[str, tuple[str, ...]]] = {
    "Gateway": ("Accepted", "Programmed"),
    "ListenerSet": ("Accepted", "Programmed"),
    "GatewayClass": ("Accepted",),
}
_ROUTE: Final = ("Accepted", "ResolvedRefs")
_STATES: Final[dict[str, State]] = {"True": "true", "False": "false"}
_WORST: Final[tuple[State, ...]] = ("false", "stale", "unknown", "none", "true")


class Judged(msgspec.Struct, frozen=True):
    """One decisive condition of an object or of one parent of a route: ``where`` names the parent, or is empty.

    ``none``: the controller has not written the condition at all.
    """

    type: str
    state: State
    reason: str = ""
    message: str = ""
    where: str = ""


def is_stale(condition: Condition, generation: int) -> bool:
    """Whether it speaks of an older object. What a CRD writes by default (``Unknown``, no generation): of none."""
    if not condition.observed_generation and condition.status == "Unknown":
        return False
    return condition.observed_generation < generation


def good(condition: Condition) -> bool | None:
    """Whether its status is the good one; None for ``Unknown`` and for types that the specification does not have."""
    wanted = GOOD.get(condition.type)
    if wanted is None or condition.status not in ("True", "False"):
        return None
    return (condition.status == "True") is wanted


def facts(conditions: Conditions, generation: int, where: str = "") -> tuple[ConditionFact, ...]:
    """Every condition as the controller wrote it."""
    return tuple(
        ConditionFact(c.type, c.status, c.reason, c.message, where, is_stale(c, generation), good(c))
        for c in conditions or ()
    )


def place(ref: ParentRef, namespace: str) -> str:
    """A parent in words: ``Gateway shop/web#http:80``. ``namespace`` is that of the object which refers."""
    section = f"#{ref.section_name}" if ref.section_name else ""
    port = f":{ref.port}" if ref.port else ""
    return f"{ref.kind} {ref.namespace or namespace}/{ref.name}{section}{port}"


def same_parent(one: ParentRef, other: ParentRef, namespace: str) -> bool:
    """Whether two references from objects of ``namespace`` mean one parent."""
    return _identity(one, namespace) == _identity(other, namespace)


def reported(
    parents: Iterable[RouteParentStatus], wanted: ParentRef, namespace: str, controller: str = ""
) -> tuple[RouteParentStatus, ...]:
    """The statuses for a requested parent; only those of ``controller`` (a controllerName) where that is given."""
    return tuple(
        p
        for p in parents
        if same_parent(p.parent_ref, wanted, namespace) and (not controller or p.controller_name == controller)
    )


def judge(live: Manifest) -> tuple[Judged, ...]:
    """Every decisive condition of a Gateway API object; for a route, of each parent that it *requests*."""
    generation = int(live["metadata"].get("generation", 0))
    status = part(live, "status")
    kind = str(live["kind"])
    if kind in _DECISIVE:
        return tuple(_decisive(_DECISIVE[kind], status.get("conditions"), generation, ""))
    if kind.endswith("Route"):
        return tuple(_route(live, status, generation))
    return ()


def worst(judged: Iterable[Judged]) -> Judged | None:
    """The one that a person should read first: the first of the worst, or where all is well the last, which tells
    most (``Programmed``). None where nothing is judged (kinds without conditions)."""
    found = tuple(judged)
    if found and all(j.state == "true" for j in found):
        return found[-1]
    return min(found, key=lambda j: _WORST.index(j.state), default=None)


def _route(live: Manifest, status: dict[str, Any], generation: int) -> Iterator[Judged]:
    namespace = str(live["metadata"].get("namespace") or "")
    present = msgspec.convert(parts(status, "parents"), list[RouteParentStatus])
    for wanted in msgspec.convert(parts(live["spec"], "parentRefs"), list[ParentRef]):
        found = reported(present, wanted, namespace)
        yield from _decisive(_ROUTE, found[0].conditions if found else None, generation, place(wanted, namespace))


def _identity(ref: ParentRef, namespace: str) -> tuple[str, str, str, str, str, int]:
    return (ref.group, ref.kind, ref.namespace or namespace, ref.name, ref.section_name, ref.port)


def _decisive(types: tuple[str, ...], conditions: Any, generation: int, where: str) -> Iterator[Judged]:
    by_type = {c.type: c for c in msgspec.convert(conditions or (), tuple[Condition, ...])}
    for kind in types:
        found = by_type.get(kind)
        if found is None:
            yield Judged(kind, "none", where=where)
        elif is_stale(found, generation):
            yield Judged(kind, "stale", found.reason, found.message, where)
        else:
            yield Judged(kind, _STATES.get(found.status, "unknown"), found.reason, found.message, where)

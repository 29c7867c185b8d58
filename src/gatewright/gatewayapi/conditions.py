"""The conditions of a Gateway API object as one state with its reason, never hiding that a status is behind.

Source: Gateway API ``apis/v1`` condition types, and the rule of its troubleshooting guide that a condition whose
``observedGeneration`` is below ``metadata.generation`` says nothing about the object as it is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

import msgspec

from gatewright.model.objects import Manifest, part, parts

State = Literal["true", "false", "unknown", "stale", "none"]

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


def judge(live: Manifest) -> tuple[Judged, ...]:
    """Every decisive condition of a Gateway API object; for a route, of each parent that it *requests*."""
    generation = int(live["metadata"].get("generation", 0))
    status = part(live, "status")
    kind = str(live["kind"])
    if kind in _DECISIVE:
        return tuple(_conditions(_DECISIVE[kind], status.get("conditions"), generation, ""))
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
    reported = parts(status, "parents")
    namespace = live["metadata"].get("namespace")
    for wanted in parts(live["spec"], "parentRefs"):
        key = _parent(wanted, namespace)
        found = next((p for p in reported if _parent(p["parentRef"], namespace) == key), None)
        where = f"{key[0]} {key[1]}/{key[2]}" + (f"#{key[3]}" if key[3] else "")
        yield from _conditions(_ROUTE, None if found is None else found.get("conditions"), generation, where)


def _parent(ref: dict[str, Any], namespace: str | None) -> tuple[str, str, str, str, int]:
    return (
        ref.get("kind") or "Gateway",
        ref.get("namespace") or namespace or "",
        ref["name"],
        ref.get("sectionName") or "",
        ref.get("port") or 0,
    )


def _conditions(
    types: tuple[str, ...], conditions: list[dict[str, Any]] | None, generation: int, where: str
) -> Iterator[Judged]:
    by_type = {c["type"]: c for c in conditions or ()}
    for kind in types:
        found = by_type.get(kind)
        if found is None:
            yield Judged(kind, "none", where=where)
            continue
        state = _STATES.get(str(found.get("status")), "unknown")
        if int(found.get("observedGeneration", 0)) < generation:
            state = "stale"
        yield Judged(kind, state, str(found.get("reason", "")), str(found.get("message", "")), where)

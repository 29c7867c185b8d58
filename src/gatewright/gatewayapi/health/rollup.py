"""Many objects told as one: a state, counts, and the few causes that explain the most."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

import msgspec

from gatewright.gatewayapi.health.rules import BY_CODE
from gatewright.gatewayapi.health.view import ObjectKey
from gatewright.gatewayapi.kinds import GATEWAY
from gatewright.gatewayapi.live import Snapshot
from gatewright.model.health import (
    SEVERITIES,
    WORST,
    Cause,
    ClusterHealth,
    Counts,
    Health,
    HealthFinding,
    HealthState,
    ObjectHealth,
)
from gatewright.model.objects import ObjectRef

CAUSES: Final = 10
"""How many causes a roll-up names."""
_AFFECTED: Final = 20
_SEVERITY: Final = {severity: -place for place, severity in enumerate(SEVERITIES)}


class Summary(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the objects of a cluster come to: the part of a ``ClusterHealth`` that does not depend on the connection."""

    state: HealthState
    objects: Counts = Counts()
    gateways: Counts = Counts()
    errors: int = 0
    warnings: int = 0
    causes: tuple[Cause, ...] = ()


def summarise(snapshot: Snapshot, objects: Mapping[ObjectKey, ObjectHealth]) -> Summary:
    """The objects of a cluster (or of a team in it: ``of_namespaces``) rolled up. No objects: healthy."""
    states: list[HealthState] = [o.state for o in objects.values()]
    gateways: list[HealthState] = [o.state for (kind, _), o in objects.items() if kind == GATEWAY]
    severities = Counter([f.severity for o in objects.values() if o.findings for f in o.findings])
    return Summary(
        state=_together(states, gateways or states),
        objects=counts(states),
        gateways=counts(gateways),
        errors=severities["error"],
        warnings=severities["warning"],
        causes=causes(objects, snapshot.cluster),
    )


def of_namespaces(
    objects: Mapping[ObjectKey, ObjectHealth], namespaces: Iterable[str]
) -> dict[ObjectKey, ObjectHealth]:
    """What a team sees: the objects in its namespaces, and the Gateways and classes that they hang on."""
    wanted = frozenset(namespaces) - {""}
    found = {key: health for key, health in objects.items() if key[1][0] in wanted}
    waiting = {parent for health in found.values() for parent in health.parents}
    outside = False
    while waiting:
        key = key_of(waiting.pop())
        health = objects.get(key)
        if health is None or key in found:
            continue
        found[key] = health
        outside = True
        waiting.update(health.parents)
    return {key: health for key, health in objects.items() if key in found} if outside else found


def roll_up(name: str, members: Sequence[ClusterHealth]) -> Health:
    """Clusters told as one: of a team, or of the fleet."""
    states: list[HealthState] = [m.state for m in members]
    # Each cluster's causes are in order already: of a thousand clusters only the first of each are looked at, and
    # the worst causes of all are among those of the clusters with the worst first ones.
    worst = heapq.nsmallest(CAUSES, (m.causes for m in members if m.causes), key=lambda c: _rank(c[0]))
    ranked = islice(heapq.merge(*worst, key=_rank), CAUSES)
    return Health(
        name=name,
        state=_together(states, states),
        clusters=counts(states),
        objects=_sum(m.objects for m in members),
        errors=sum(m.errors for m in members),
        warnings=sum(m.warnings for m in members),
        causes=tuple(ranked),
        members=tuple(members),
    )


def with_findings(health: Health, findings: Iterable[HealthFinding]) -> Health:
    """With findings that are of no object: counted, and an error among them makes the whole at least degraded."""
    found = tuple(sorted(findings, key=lambda f: (_worse(f), f.identity)))
    severities = Counter(f.severity for f in found)
    fine = health.state not in ("degraded", "unhealthy")
    return msgspec.structs.replace(
        health,
        state="degraded" if severities["error"] and fine else health.state,
        errors=health.errors + severities["error"],
        warnings=health.warnings + severities["warning"],
        findings=(*health.findings, *found),
    )


def causes(objects: Mapping[ObjectKey, ObjectHealth], cluster: str = "", most: int = CAUSES) -> tuple[Cause, ...]:
    """The objects whose mending removes the most errors and warnings, worst first."""
    groups: dict[ObjectKey, list[HealthFinding]] = defaultdict(list)
    for finding in [f for o in objects.values() if o.findings for f in o.findings if f.severity != "info"]:
        groups[key_of(root(objects, finding))].append(finding)
    found = (_cause(objects, key, group, cluster) for key, group in groups.items())
    return tuple(sorted(found, key=_rank)[:most])


def root(objects: Mapping[ObjectKey, ObjectHealth], finding: HealthFinding) -> ObjectRef:
    """The object to mend: the cause of a finding, or where that only passes on another's trouble, the cause of that."""
    seen: set[ObjectRef] = set()
    while finding.cause is not None and finding.cause not in seen and BY_CODE[finding.code].inherited:
        seen.add(finding.cause)
        health = objects.get(key_of(finding.cause))
        worst = next((f for f in health.findings if f.severity == "error"), None) if health else None
        if worst is None or worst.cause is None:
            return finding.cause
        finding = worst
    return finding.cause or finding.subject


def counts(states: Iterable[HealthState]) -> Counts:
    return Counts(**Counter(states))


def key_of(ref: ObjectRef) -> ObjectKey:
    """The key of an object in what ``assess`` gives."""
    return ((ref.group, ref.kind), (ref.namespace or "", ref.name))


def _cause(
    objects: Mapping[ObjectKey, ObjectHealth], key: ObjectKey, group: list[HealthFinding], cluster: str
) -> Cause:
    """Told by the object's own worst finding; where it has none (it is missing, or not ours to judge), by the worst of
    those that it explains."""
    order = sorted(group, key=lambda f: (key_of(f.subject) != key, BY_CODE[f.code].inherited, _worse(f), f.identity))
    told = order[0]
    ref = next((f.cause for f in group if f.cause and key_of(f.cause) == key), told.subject)
    affected = dict.fromkeys(f.subject for f in order if key_of(f.subject) != key)
    return Cause(
        code=told.code,
        object=ref,
        message=told.message,
        remedy=told.remedy,
        severity=min(group, key=_worse).severity,
        explains=len(group),
        cluster=cluster,
        affected=tuple(sorted(affected, key=lambda r: r.identity)[:_AFFECTED]),
        since=min((f.since for f in group if f.since), default=""),
    )


def _worse(finding: HealthFinding) -> int:
    return _SEVERITY[finding.severity]


def _rank(cause: Cause) -> tuple[int, int, str, tuple[str, str, str, str]]:
    return (_SEVERITY[cause.severity], -cause.explains, cause.cluster, cause.object.identity)


def _together(states: Sequence[HealthState], decisive: Sequence[HealthState]) -> HealthState:
    """Unhealthy where all that decides is; degraded where anything is; else the worst there is."""
    if decisive and all(s == "unhealthy" for s in decisive):
        return "unhealthy"
    present: set[HealthState] = set(states)
    if present & {"unhealthy", "degraded"}:
        return "degraded"
    for state in WORST:
        if state in present:
            return state
    return "healthy"


def _sum(all_counts: Iterable[Counts]) -> Counts:
    total = [0, 0, 0, 0, 0]
    for entry in all_counts:
        for place, number in enumerate(msgspec.structs.astuple(entry)):
            total[place] += number
    return Counts(*total)

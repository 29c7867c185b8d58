"""A snapshot seen from one moment, with the indexes that judging needs, each built once and only when asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, TypeAlias

import msgspec

from gatewright.gatewayapi.conditions import good, is_stale
from gatewright.gatewayapi.controllers import by_controller_name
from gatewright.gatewayapi.health.listeners import Place, places
from gatewright.gatewayapi.health.references import Target, crossings, grants_allow
from gatewright.gatewayapi.kinds import (
    ENDPOINT_SLICE,
    GATEWAY,
    GATEWAY_CLASS,
    LISTENER_SET,
    NAMESPACE,
    REFERENCE_GRANT,
    SERVICE,
    X_LISTENER_SET,
    GroupKind,
    Key,
)
from gatewright.gatewayapi.live import Snapshot, ref_of
from gatewright.gatewayapi.metadata import Meta
from gatewright.gatewayapi.shapes import (
    Conditions,
    Gateway,
    GatewayClass,
    ListenerSet,
    ParentRef,
    Policy,
    ReferenceGrant,
)
from gatewright.gatewayapi.surroundings import EndpointSlice, Service
from gatewright.model.health import HealthState, Severity
from gatewright.model.moments import rfc3339
from gatewright.model.objects import ObjectRef
from gatewright.model.observation import ControllerObservation
from gatewright.model.probe import ProbeResult

ObjectKey: TypeAlias = tuple[GroupKind, Key]
GRACE: Final = timedelta(seconds=60)
"""How long a young object, or a condition that just changed, may be without an answer."""
FRESH: Final = timedelta(minutes=5)
"""How old what a probe found may be."""
_SKEW: Final = timedelta(minutes=5)


class Trouble(msgspec.Struct, frozen=True):
    """Why something cannot serve what hangs on it: the object to mend."""

    cause: ObjectRef
    severity: Severity


class View:
    """What the rules look at. Not kept: a new one for every assessment."""

    def __init__(self, snapshot: Snapshot, now: datetime) -> None:
        self.snapshot = snapshot
        self.now = now
        self._young_from, self._young_until = rfc3339(now - GRACE), rfc3339(now + _SKEW)
        self._classes: dict[str, Trouble | None] = {}

    def readable(self, kind: GroupKind, key: Key = ("", "")) -> bool:
        """Whether an object of that kind and key would be seen if it were there."""
        return kind not in self.snapshot.unread and not self.snapshot.awaits(kind, key)

    def is_young(self, *moments: str | None) -> bool:
        """Whether one of the moments (RFC 3339, UTC) is within the grace period; a moment far ahead is not."""
        return any(m and self._young_from < m <= self._young_until for m in moments)

    def gateway(self, key: Key) -> Gateway | None:
        return self.snapshot.gateways().get(key)

    def class_of(self, gateway: Gateway) -> GatewayClass | None:
        return self.snapshot.classes().get(("", gateway.spec.gateway_class_name))

    def service(self, key: Key) -> Service | None:
        return self.snapshot.of(SERVICE).get(key)

    def labels(self, namespace: str) -> Mapping[str, str] | None:
        """The labels of a namespace; None where it is not seen. Every namespace has its name as a label."""
        found = self.snapshot.of(NAMESPACE).get(("", namespace))
        return None if found is None else {"kubernetes.io/metadata.name": namespace, **(found.metadata.labels or {})}

    @cached_property
    def slices(self) -> Mapping[Key, list[EndpointSlice]]:
        found: dict[Key, list[EndpointSlice]] = defaultdict(list)
        for entry in self.snapshot.of(ENDPOINT_SLICE).values():
            found[entry.service].append(entry)
        return found

    @cached_property
    def grants(self) -> Mapping[str, list[ReferenceGrant]]:
        found: dict[str, list[ReferenceGrant]] = defaultdict(list)
        for grant in self.snapshot.of(REFERENCE_GRANT).values():
            found[grant.metadata.namespace].append(grant)
        return found

    @cached_property
    def crossings(self) -> Mapping[tuple[GroupKind, str], list[Target]]:
        """Every reference that leaves its namespace, by the kind and namespace that it comes from."""
        found: dict[tuple[GroupKind, str], list[Target]] = defaultdict(list)
        for kind, namespace, target in crossings(self.snapshot):
            found[kind, namespace].append(target)
        return found

    @cached_property
    def sets(self) -> Mapping[Key, list[tuple[GroupKind, ListenerSet]]]:
        """The ListenerSets of each Gateway, in the order of the specification: older first, then by name."""
        found: dict[Key, list[tuple[GroupKind, ListenerSet]]] = defaultdict(list)
        for kind, entry in self.snapshot.listener_sets():
            found[gateway_of(entry)].append((kind, entry))
        for entries in found.values():
            entries.sort(key=lambda e: age_order(e[1].metadata))
        return found

    @cached_property
    def policies_by_target(self) -> Mapping[tuple[GroupKind, GroupKind, Key, str], list[Policy]]:
        """Policies by their own kind and what they aim at: the target's kind, key and section."""
        found: dict[tuple[GroupKind, GroupKind, Key, str], list[Policy]] = defaultdict(list)
        for kind, policy in self.snapshot.policies():
            for target in policy.spec.targets():
                key = (target.namespace or policy.metadata.namespace, target.name)
                found[kind, (target.group, target.kind), key, target.section_name].append(policy)
        return found

    @cached_property
    def probes(self) -> Mapping[Key, list[ProbeResult]]:
        """What probes found lately, by Gateway."""
        found: dict[Key, list[ProbeResult]] = defaultdict(list)
        oldest = rfc3339(self.now - FRESH)
        for target, result in self.snapshot.probes.items():
            if result.at >= oldest:
                found[target.gateway.namespace or "", target.gateway.name].append(result)
        return found

    def collisions(self, gateway: Gateway) -> Iterator[tuple[Place, str, Place]]:
        """Listeners that an older Gateway of the class has too, at an address that both have."""
        for place in places(gateway):
            for address in addresses(gateway):
                other = self._claims.get(spot(gateway, place, address))
                if other is not None and other.owner != gateway.metadata.key:
                    yield place, address, other
                    break

    @cached_property
    def _claims(self) -> Mapping[tuple[str, str, int, str, str], Place]:
        found: dict[tuple[str, str, int, str, str], Place] = {}
        for gateway in sorted(self.snapshot.gateways().values(), key=lambda g: age_order(g.metadata)):
            for place in places(gateway):
                for address in addresses(gateway):
                    found.setdefault(spot(gateway, place, address), place)
        return found

    def permitted(self, group: str, kind: str, namespace: str, target: Target) -> bool | None:
        """Whether an object of that kind and namespace may refer to ``target``; None where grants cannot be read."""
        if target.namespace == namespace:
            return True
        if not self.readable(REFERENCE_GRANT):
            return None
        return any(
            grants_allow(grant, group, kind, namespace, target) for grant in self.grants.get(target.namespace, ())
        )

    def class_trouble(self, name: str) -> Trouble | None:
        """Why the Gateways of a class cannot be looked after."""
        if name not in self._classes:
            self._classes[name] = self._class_trouble(name)
        return self._classes[name]

    def _class_trouble(self, name: str) -> Trouble | None:
        if not self.readable(GATEWAY_CLASS):
            return None
        found, ref = self.snapshot.classes().get(("", name)), ref_of(GATEWAY_CLASS, ("", name))
        if found is None:
            return Trouble(ref, "error")
        accepted = standing(found.status.conditions if found.status else None, "Accepted", found.metadata.generation)
        if accepted == "unhealthy":
            return Trouble(ref, "error")
        if accepted == "unknown" and not self.is_young(found.metadata.creation_timestamp):
            return Trouble(ref, "error")
        workloads = self.workloads(found.spec.controller_name)
        return Trouble(ref, "warning") if workloads and not any(w.available for w in workloads) else None

    def workloads(self, controller_name: str) -> tuple[ControllerObservation, ...]:
        """The workloads of the controller behind a class; empty where it is not known or none is seen."""
        name = controller_of(controller_name)
        return tuple(w for w in self.snapshot.controllers if w.controller == name) if name else ()

    def gateway_trouble(self, gateway: Gateway) -> Trouble | None:
        """Why a Gateway as a whole cannot serve its routes: its class, or what it says of itself."""
        trouble = self.class_trouble(gateway.spec.gateway_class_name)
        if trouble is not None and trouble.severity == "error":
            return trouble
        return self._own_trouble(gateway) or trouble

    def _own_trouble(self, gateway: Gateway) -> Trouble | None:
        conditions = (gateway.status.conditions if gateway.status else None) or ()
        for condition in conditions:
            if condition.type not in ("Accepted", "Programmed") or condition.reason == "ListenersNotValid":
                continue
            if good(condition) is False and not is_stale(condition, gateway.metadata.generation):
                if condition.reason in PASSING and self.is_young(condition.last_transition_time):
                    continue
                return Trouble(ref_of(GATEWAY, gateway.metadata.key), "error")
        return None


def ageing(before: datetime, now: datetime) -> Callable[[str | None], bool]:
    """Tells of a moment whether it is young (``View.is_young``) at only one of the two times."""
    end, last_end = rfc3339(now - GRACE), rfc3339(before - GRACE)
    begin, last_begin = rfc3339(now + _SKEW), rfc3339(before + _SKEW)
    return lambda moment: bool(moment) and (last_end < moment <= end) != (last_begin < moment <= begin)


PASSING: Final = frozenset({"Pending", "AddressNotAssigned", "NotReconciled", "Waiting", "Scheduled"})
"""Reasons that a controller gives while it is still at work."""


def standing(conditions: Conditions, kind: str, generation: int) -> HealthState:
    """What one condition says: healthy, unhealthy, progressing where it is stale, unknown where it says nothing."""
    found = next((c for c in conditions or () if c.type == kind), None)
    if found is None:
        return "unknown"
    if is_stale(found, generation):
        return "progressing"
    return {True: "healthy", False: "unhealthy", None: "unknown"}[good(found)]  # type: ignore[return-value]


def addresses(gateway: Gateway) -> tuple[str, ...]:
    """Where a Gateway can be reached, as its controller says."""
    return tuple(a.value for a in (gateway.status.addresses if gateway.status else None) or () if a.value)


def spot(gateway: Gateway, place: Place, address: str) -> tuple[str, str, int, str, str]:
    """What only one listener of a class should have."""
    return (gateway.spec.gateway_class_name, address, place.listener.port, place.family, place.hostname)


def age_order(meta: Meta) -> tuple[str, str, str]:
    """Older first, then by name: who wins a conflict (Gateway API, "conflict resolution")."""
    return (meta.creation_timestamp or "", meta.namespace, meta.name)


def gateway_of(entry: ListenerSet) -> Key:
    """The Gateway that a ListenerSet extends."""
    return (entry.spec.parent_ref.namespace or entry.metadata.namespace, entry.spec.parent_ref.name)


def parent_kind(ref: ParentRef) -> GroupKind:
    return (ref.group, ref.kind)


def is_set(kind: GroupKind) -> bool:
    return kind in (LISTENER_SET, X_LISTENER_SET)


def parents_of(refs: tuple[ParentRef, ...] | None, namespace: str) -> Iterator[tuple[GroupKind, Key]]:
    for ref in refs or ():
        yield parent_kind(ref), (ref.namespace or namespace, ref.name)


def known_parent(kind: GroupKind) -> bool:
    """Kinds that a route may have as a parent: of ingress, and Services (a mesh)."""
    return kind in (GATEWAY, LISTENER_SET, X_LISTENER_SET, SERVICE)


def controller_of(controller_name: str) -> str:
    """The controller's name in our catalogue; empty for strangers."""
    found = by_controller_name(controller_name)
    return found.name if found else ""

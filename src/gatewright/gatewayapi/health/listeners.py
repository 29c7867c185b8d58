"""Listeners beside one another: which cannot both be, which overlap, and which another Gateway has too.

Source: Gateway API v1.6 ``Gateway.spec.listeners`` ("distinct" listeners), GEP-1713 (ListenerSets: the Gateway first,
then sets by age), GEP-3567 (overlapping TLS).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from gatewright.gatewayapi.health.hostnames import normal
from gatewright.gatewayapi.kinds import GATEWAY, GATEWAY_GROUP, GroupKind, Key
from gatewright.gatewayapi.shapes import AllowedRoutes, Gateway, Listener, ListenerSet, ListenerStatus, RouteKind

_FAMILIES: Final = {"HTTP": "http", "HTTPS": "tls", "TLS": "tls", "TCP": "tcp", "UDP": "udp"}
_WEB: Final = (RouteKind("HTTPRoute"), RouteKind("GRPCRoute"))
_KINDS: Final = {
    "HTTP": _WEB,
    "HTTPS": _WEB,
    "TLS": (RouteKind("TLSRoute"), RouteKind("TCPRoute")),
    "TCP": (RouteKind("TCPRoute"),),
    "UDP": (RouteKind("UDPRoute"),),
}


class Place(msgspec.Struct, frozen=True):
    """A listener and whose it is. ``index``: its place in the list that has it."""

    kind: GroupKind
    owner: Key
    index: int
    listener: Listener

    @property
    def family(self) -> str:
        """Listeners of one family can share a port; ``udp`` disturbs nobody."""
        return _FAMILIES.get(self.listener.protocol, self.listener.protocol)

    @property
    def where(self) -> str:
        return self.listener.name

    @property
    def hostname(self) -> str:
        return normal(self.listener.hostname) if self.family in ("http", "tls") else "*"

    def __str__(self) -> str:
        return f"{self.kind[1]} {self.owner[0]}/{self.owner[1]}#{self.listener.name}"


class Clash(msgspec.Struct, frozen=True):
    """Two listeners that get in each other's way; ``loser`` is the one that has to go."""

    how: str
    loser: Place
    winner: Place


def places(gateway: Gateway, sets: Iterable[tuple[GroupKind, ListenerSet]] = ()) -> list[Place]:
    """The listeners of a Gateway in the order in which they win."""
    found = [Place(GATEWAY, gateway.metadata.key, i, entry) for i, entry in enumerate(gateway.spec.listeners or ())]
    for kind, entry in sets:
        found += [Place(kind, entry.metadata.key, i, one) for i, one in enumerate(entry.spec.listeners or ())]
    return found


def clashes(found: Sequence[Place]) -> Iterator[Clash]:
    """``protocol``, ``duplicate`` and ``overlap`` clashes, in time linear in what there is."""
    by_port: dict[tuple[int, bool], list[Place]] = defaultdict(list)
    for place in found:
        if place.listener.port and place.listener.protocol in _FAMILIES:
            by_port[place.listener.port, place.family == "udp"].append(place)
    for on_port in by_port.values():
        yield from _on_port(on_port)


def _on_port(found: Sequence[Place]) -> Iterator[Clash]:
    first, names = found[0], dict[str, Place]()
    for place in found:
        if place.family != first.family:
            yield Clash("protocol", place, first)
        elif place.hostname in names:
            yield Clash("duplicate", place, names[place.hostname])
        else:
            names[place.hostname] = place
    if first.family == "tls":
        yield from _overlaps(names)


def _overlaps(names: dict[str, Place]) -> Iterator[Clash]:
    """A hostname beside a wildcard that covers it: connections may be reused across the two certificates."""
    for hostname, place in names.items():
        general = next((names[g] for g in _generals(hostname) if g in names), None)
        if general is None:
            continue
        theirs, mine = _certificates(general), _certificates(place)
        if theirs and mine and theirs != mine:
            yield Clash("overlap", place, general)


def _generals(hostname: str) -> Iterator[str]:
    """The wildcards that cover a hostname, the closest first."""
    rest = hostname.removeprefix("*.")
    while "." in rest:
        rest = rest.partition(".")[2]
        yield f"*.{rest}"
    if hostname != "*":
        yield "*"


def _certificates(place: Place) -> tuple[tuple[str, str], ...]:
    refs = place.listener.tls.certificate_refs if place.listener.tls else None
    return tuple((ref.namespace or place.owner[0], ref.name) for ref in refs or ())


def kinds_of(listener: Listener, status: ListenerStatus | None = None) -> tuple[RouteKind, ...] | None:
    """The kinds of routes that a listener takes: what the user wrote, else what the controller reports, else what its
    protocol means. None: its protocol is a controller's own, so any."""
    allowed: AllowedRoutes | None = listener.allowed_routes
    if allowed and allowed.kinds:
        return allowed.kinds
    if status is not None and status.supported_kinds:
        return status.supported_kinds
    return _KINDS.get(listener.protocol)


def takes(kinds: tuple[RouteKind, ...] | None, kind: GroupKind) -> bool:
    return kinds is None or any(k.kind == kind[1] and (k.group or GATEWAY_GROUP) == kind[0] for k in kinds)

"""What can be probed of a cluster: each listener of each Gateway, by each hostname that a route attached to it has.

Pure. Only routes that a controller reports as accepted count; whether an address may be asked is decided elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

import msgspec

from gatewright.gatewayapi.health.hostnames import covers, intersects, normal
from gatewright.gatewayapi.health.view import gateway_of, parent_kind
from gatewright.gatewayapi.kinds import GATEWAY, GroupKind, Key
from gatewright.gatewayapi.live import Snapshot, ref_of
from gatewright.gatewayapi.metadata import Conditions
from gatewright.gatewayapi.shapes import Gateway, Listener, Route, RouteMatch
from gatewright.model.probe import ProbeTarget, Protocol

MADE_UP: Final = "gatewright-probe"
"""The label that stands for the star of a wildcard, where no hostname is known that it covers."""
_PROTOCOLS: Final[Mapping[str, Protocol]] = {"HTTP": "HTTP", "HTTPS": "HTTPS", "TLS": "TLS"}
_ADDRESS_TYPES: Final = (None, "", "IPAddress", "Hostname")
_Attached: TypeAlias = "Mapping[tuple[GroupKind, Key], list[_Guest]]"


class _Guest(msgspec.Struct, frozen=True):
    """A route as one of its parents accepted it. ``paths``: what it can be asked for, best first."""

    section: str
    port: int
    hostnames: tuple[str, ...]
    path: str


def targets_of(cluster: str, snapshot: Snapshot) -> Iterator[ProbeTarget]:
    """Every target of a cluster, each once. A listener without a route is one too: it should answer, if with 404."""
    attached = _attached(snapshot)
    listeners = _listeners(snapshot)
    for key, gateway in snapshot.gateways().items():
        addresses = _addresses(gateway)
        if gateway.metadata.deletion_timestamp or not addresses:
            continue
        for name, owner, listener in listeners[key]:
            protocol = _PROTOCOLS.get(listener.protocol)
            if protocol is None or not listener.port:
                continue
            for hostname, path in _asked(listener, attached.get(owner, ())).items():
                for address in addresses:
                    path = "/" if protocol == "TLS" else path
                    yield ProbeTarget(
                        cluster, ref_of(GATEWAY, key), name, protocol, address, listener.port, hostname, path
                    )


def _listeners(snapshot: Snapshot) -> Mapping[Key, list[tuple[str, tuple[GroupKind, Key], Listener]]]:
    """By Gateway: its listeners and those of its ListenerSets, with the name to show and whose they are."""
    found: dict[Key, list[tuple[str, tuple[GroupKind, Key], Listener]]] = defaultdict(list)
    for key, gateway in snapshot.gateways().items():
        found[key] += [(entry.name, (GATEWAY, key), entry) for entry in gateway.spec.listeners or ()]
    for kind, entry in snapshot.listener_sets():
        key = entry.metadata.key
        if entry.status is not None and _is_true(entry.status.conditions, "Accepted"):
            own = [("/".join((*key, one.name)), (kind, key), one) for one in entry.spec.listeners or ()]
            found[gateway_of(entry)] += own
    return found


def _addresses(gateway: Gateway) -> tuple[str, ...]:
    known = (gateway.status.addresses if gateway.status else None) or ()
    return tuple(dict.fromkeys(a.value for a in known if a.value and a.type in _ADDRESS_TYPES))


def _attached(snapshot: Snapshot) -> _Attached:
    """The accepted routes by parent, in the order of their names."""
    found: dict[tuple[GroupKind, Key], list[_Guest]] = defaultdict(list)
    for _, route in sorted(snapshot.routes(), key=lambda pair: (pair[1].metadata.key, pair[0])):
        for entry in (route.status.parents if route.status else None) or ():
            if not _is_true(entry.conditions, "Accepted"):
                continue
            parent = entry.parent_ref
            key = (parent.namespace or route.metadata.namespace, parent.name)
            guest = _Guest(parent.section_name, parent.port, route.spec.hostnames or ("",), _path(route))
            found[parent_kind(parent), key].append(guest)
    return found


def _asked(listener: Listener, guests: list[_Guest] | tuple[()]) -> Mapping[str, str]:
    """The hostnames to ask a listener for, each with a path that leads to a backend as far as is known."""
    concrete: dict[str, str] = {}
    vague: dict[str, str] = {}
    for guest in guests:
        if guest.section not in ("", listener.name) or guest.port not in (0, listener.port):
            continue
        for hostname in guest.hostnames:
            if not intersects(listener.hostname, hostname):
                continue
            name = normal(hostname if covers(listener.hostname, hostname) else listener.hostname)
            chosen = vague if name.startswith("*") else concrete
            if chosen.get(name) != "/":
                chosen[name] = guest.path if name not in chosen or guest.path == "/" else chosen[name]
    if concrete:
        return concrete
    name, path = next(iter(vague.items()), (normal(listener.hostname), "/"))
    return {("" if name == "*" else name.replace("*", MADE_UP, 1)): path}


def _path(route: Route) -> str:
    """A path that a plain GET is routed by: ``/`` if any rule takes it, else the first that a rule names."""
    paths: list[str] = []
    for rule in route.spec.rules or ():
        paths += [found for match in rule.matches or (RouteMatch(),) if (found := _plain(match))]
    return "/" if "/" in paths or not paths else paths[0]


def _plain(match: RouteMatch) -> str:
    if match.headers or match.query_params or match.method not in (None, "GET"):
        return ""
    if match.path is None:
        return "/"
    return match.path.value if match.path.type in ("PathPrefix", "Exact") else ""


def _is_true(conditions: Conditions, type: str) -> bool:
    return any(c.type == type and c.status == "True" for c in conditions or ())

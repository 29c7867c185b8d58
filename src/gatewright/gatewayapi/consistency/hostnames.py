"""The same hostname on several clusters: whether it is routed alike, match by match.

What is compared is what a request meets: per match (path, method, headers, query) the backends with their share of the
traffic, the filters, timeouts, retries and session persistence. Names of routes, Gateways and the team's namespaces may
differ. Of several rules with one match on one Gateway the one that wins counts: the oldest route, then the first by
name, then the first rule (``HTTPRouteRule`` of the API).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import gcd
from typing import Any, Final, Literal, TypeAlias, cast

import msgspec

from gatewright.gatewayapi.kinds import LISTENER_SET, X_LISTENER_SET, GroupKind, Key
from gatewright.gatewayapi.live import Snapshot, ref_of
from gatewright.gatewayapi.shapes import BackendRef, Filter, Listener, ParentRef, Route, RouteMatch, RouteRule
from gatewright.model.domains import ClusterRouting, HostnameComparison, PathDifference
from gatewright.model.objects import JSON, ObjectRef, canonical

Field: TypeAlias = Literal["served", "backends", "filters", "timeouts", "retry", "session"]

ABSENT: Final = "-"
ANY: Final = "*"

_FIELDS: Final[tuple[Field, ...]] = ("backends", "filters", "timeouts", "retry", "session")
_WITH_HOSTNAMES: Final = ("HTTPRoute", "GRPCRoute", "TLSRoute")


class Entry(msgspec.Struct, frozen=True):
    """One match of one rule on one Gateway, with what it does."""

    gateway: str
    route: ObjectRef
    match: str
    values: Mapping[Field, str]


Served: TypeAlias = Mapping[str, Sequence[Entry]]
"""The winning entries of every hostname of one cluster."""


def compare_hostnames(
    snapshots: Mapping[str, Snapshot], namespaces: Mapping[str, str] | None = None
) -> tuple[HostnameComparison, ...]:
    """Every hostname that routes of these clusters serve, by name.

    ``namespaces``: a team's namespace by cluster; only its routes are compared, and only its clusters can lack a
    hostname. Without it all routes of all clusters are. A hostname is what the route names, in lower case; of a route
    that names none, what its listeners name, or ``*``.
    """
    clusters = sorted(set(snapshots) if namespaces is None else set(snapshots) & set(namespaces))
    parts = {name: None if namespaces is None else frozenset({namespaces[name]}) for name in clusters}
    served = {name: served_by(snapshots[name], parts[name]) for name in clusters}
    return compare_served(served)


def compare_served(served: Mapping[str, Served], hostname: str | None = None) -> tuple[HostnameComparison, ...]:
    """The comparison of what ``served_by`` gave for each cluster; ``hostname``: of this one alone, in lower case."""
    ordered = {name: served[name] for name in sorted(served)}
    hostnames = sorted({host for found in ordered.values() for host in found if hostname in (None, host)})
    return tuple(_comparison(host, ordered) for host in hostnames)


def hostnames_of(snapshot: Snapshot, kind: GroupKind, route: Route) -> tuple[str, ...]:
    """The hostnames that a route serves (none for TCPRoute and UDPRoute), in order."""
    if kind[1] not in _WITH_HOSTNAMES:
        return ()
    named = route.spec.hostnames
    if named:
        return tuple(sorted({hostname.lower() for hostname in named}))
    inherited = {
        (listener.hostname or ANY).lower()
        for parent in route.spec.parent_refs or ()
        for listener in _listeners(snapshot, parent, route)
    }
    return tuple(sorted(inherited)) or (ANY,)


def gateway_of(snapshot: Snapshot, parent: ParentRef, route: Route) -> Key | None:
    """The Gateway that a parent leads to (through its ListenerSet, if it is one); None for another kind of parent."""
    key = (parent.namespace or route.metadata.namespace, parent.name)
    if parent.kind == "Gateway":
        return key
    if parent.kind not in ("ListenerSet", "XListenerSet"):
        return None
    found = snapshot.of(LISTENER_SET if parent.kind == "ListenerSet" else X_LISTENER_SET).get(key)
    if found is None:
        return key
    return (found.spec.parent_ref.namespace or key[0], found.spec.parent_ref.name)


def _listeners(snapshot: Snapshot, parent: ParentRef, route: Route) -> Iterator[Listener]:
    key = (parent.namespace or route.metadata.namespace, parent.name)
    if parent.kind == "Gateway":
        found = snapshot.gateways().get(key)
    else:
        found = snapshot.of(LISTENER_SET if parent.kind == "ListenerSet" else X_LISTENER_SET).get(key)
    for listener in () if found is None else cast("tuple[Listener, ...]", found.spec.listeners or ()):
        if parent.section_name in ("", listener.name) and parent.port in (0, listener.port):
            yield listener


def served_by(snapshot: Snapshot, namespaces: frozenset[str] | None = None) -> Served:
    """What a cluster (some of its namespaces) serves. The answer does not change with the snapshot."""
    found: dict[str, list[Entry]] = {}
    routes = [(k, r) for k, r in snapshot.routes() if namespaces is None or r.metadata.namespace in namespaces]
    for kind, route in sorted(routes, key=_precedence):
        entries = list(_entries(snapshot, kind, route))
        for hostname in hostnames_of(snapshot, kind, route):
            found.setdefault(hostname, []).extend(entries)
    return {hostname: _winners(entries) for hostname, entries in found.items()}


def _precedence(found: tuple[GroupKind, Route]) -> tuple[str, Key, str]:
    kind, route = found
    return (route.metadata.creation_timestamp or "~", route.metadata.key, kind[1])


def _winners(entries: Sequence[Entry]) -> list[Entry]:
    won: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        won.setdefault((entry.gateway, entry.match), entry)
    return list(won.values())


def _entries(snapshot: Snapshot, kind: GroupKind, route: Route) -> Iterator[Entry]:
    gateways = {
        "/".join(key)
        for parent in route.spec.parent_refs or ()
        if (key := gateway_of(snapshot, parent, route)) is not None
    }
    for rule in route.spec.rules or ():
        values = _values(rule, route.metadata.namespace)
        for match in rule.matches or (RouteMatch(),):
            for gateway in sorted(gateways) or [ABSENT]:
                yield Entry(gateway, ref_of(kind, route.metadata.key), _match(kind[1], match), values)


def _match(kind: str, match: RouteMatch) -> str:
    """One line that equal matches share: defaults filled in, headers and query parameters in order."""
    parts = [kind]
    if kind == "HTTPRoute":
        path = match.path
        parts.append("PathPrefix /" if path is None else f"{path.type} {path.value}")
    if isinstance(match.method, str):
        parts.append(match.method)
    elif match.method is not None:
        parts.append(f"{match.method.type} {match.method.service or ANY}/{match.method.method or ANY}")
    parts += sorted(_named("header", h, lower=True) for h in match.headers or ())
    parts += sorted(_named("query", q, lower=False) for q in match.query_params or ())
    return " ".join(parts)


def _named(word: str, given: Mapping[str, Any], *, lower: bool) -> str:
    name = str(given.get("name", ""))
    sign = "~" if given.get("type") == "RegularExpression" else "="
    return f"{word} {name.lower() if lower else name}{sign}{given.get('value', '')}"


def _values(rule: RouteRule, namespace: str) -> Mapping[Field, str]:
    return {
        "backends": _backends(rule.backend_refs or (), namespace),
        "filters": _filters(rule.filters or (), namespace),
        "timeouts": _plain(rule.timeouts),
        "retry": _plain(rule.retry),
        "session": _plain(rule.session_persistence),
    }


def _backends(refs: Sequence[BackendRef], namespace: str) -> str:
    """Backends by name with their share: weights 50 and 50 are weights 1 and 1. One alone has no weight."""
    divisor = gcd(*(ref.weight for ref in refs)) or 1
    weigh = len(refs) > 1 or any(ref.weight == 0 for ref in refs)
    shown = sorted(
        _backend(ref, namespace)
        + (f" x{ref.weight // divisor}" if weigh else "")
        + (f" [{_filters(ref.filters, namespace)}]" if ref.filters else "")
        for ref in refs
    )
    return ", ".join(shown) or ABSENT


def _backend(ref: BackendRef, namespace: str) -> str:
    kind = "" if ref.kind == "Service" and not ref.group else f"{ref.kind} "
    where = f"{ref.namespace}/" if ref.namespace and ref.namespace != namespace else ""
    return f"{kind}{where}{ref.name}" + (f":{ref.port}" if ref.port else "")


def _filters(filters: Sequence[Filter], namespace: str) -> str:
    """Filters in their order, which matters."""
    return "; ".join(_filter(f, namespace) for f in filters) or ABSENT


def _filter(given: Filter, namespace: str) -> str:
    if given.request_mirror is not None:
        mirror = given.request_mirror
        share = "" if mirror.percent is None else f" {mirror.percent}%"
        fraction = f" {_plain(mirror.fraction)}" if mirror.fraction else ""
        return f"{given.type} {_backend(mirror.backend_ref, namespace)}{share}{fraction}"
    if given.extension_ref is not None:
        return f"{given.type} {given.extension_ref.kind} {given.extension_ref.name}"
    settings = {
        name: value
        for name, value in cast("dict[str, JSON]", msgspec.to_builtins(given)).items()
        if name != "type" and value
    }
    return " ".join([given.type, *(_plain(value) for value in settings.values())])


def _plain(value: JSON) -> str:
    return canonical(value).decode() if value else ABSENT


def _comparison(hostname: str, served: Mapping[str, Served]) -> HostnameComparison:
    having = {cluster: found[hostname] for cluster, found in served.items() if hostname in found}
    differences = tuple(_differences(having))
    return HostnameComparison(
        hostname=hostname,
        same=not differences,
        clusters=tuple(_routing(cluster, entries) for cluster, entries in having.items()),
        lacking=tuple(cluster for cluster in served if cluster not in having),
        differences=differences,
    )


def _routing(cluster: str, entries: Sequence[Entry]) -> ClusterRouting:
    return ClusterRouting(
        cluster,
        tuple(sorted({entry.route for entry in entries})),
        tuple(sorted({entry.gateway for entry in entries if entry.gateway != ABSENT})),
        len({entry.match for entry in entries}),
    )


def _differences(having: Mapping[str, Sequence[Entry]]) -> Iterator[PathDifference]:
    matches = sorted({entry.match for entries in having.values() for entry in entries})
    for match in matches:
        here = {c: [e for e in entries if e.match == match] for c, entries in having.items()}
        if not all(here.values()):
            served = {c: ", ".join(sorted({str(e.route) for e in found})) or ABSENT for c, found in here.items()}
            yield PathDifference(match, "served", served)
            here = {c: found for c, found in here.items() if found}
        for field in _FIELDS:
            values = {c: " | ".join(sorted({e.values[field] for e in found})) for c, found in here.items()}
            if len(set(values.values())) > 1:
                yield PathDifference(match, field, values)

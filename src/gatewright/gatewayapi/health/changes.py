"""Which objects to judge again when one object changed, or when only time has passed.

Kept in step with what each rule looks at: ``tests/unit/gatewayapi/health/test_changes.py`` compares random changes with
a judgement of everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from gatewright.gatewayapi.health.certificates import days_left
from gatewright.gatewayapi.health.probes import turns
from gatewright.gatewayapi.health.references import backends, crossing, gateway_references, listener_references
from gatewright.gatewayapi.health.view import ObjectKey, ageing, gateway_of, parents_of
from gatewright.gatewayapi.kinds import (
    CRD,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    GATEWAY,
    GATEWAY_CLASS,
    LISTENER_SET,
    NAMESPACE,
    POLICY_KINDS,
    REFERENCE_GRANT,
    ROUTES,
    SECRET,
    SERVICE,
    X_LISTENER_SET,
    GroupKind,
    Key,
)
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.shapes import Conditions, Gateway, ListenerSet, Policy, ReferenceGrant, Route
from gatewright.gatewayapi.surroundings import Workload

_Handler = Callable[[Snapshot, ObjectKey, Any, Any], Iterator[ObjectKey]]


def affected(
    snapshot: Snapshot, kind: GroupKind, key: Key, before: Any | None, after: Any | None
) -> frozenset[ObjectKey] | None:
    """The objects whose health may differ because one object came, changed or went; None: every object.

    ``snapshot`` already has ``after``. A change of ``unread``, ``controllers`` or ``secrets_granted`` is none of an
    object: judge everything then. A probe that comes out otherwise (``probes.told``) affects its Gateway alone.
    """
    if before == after:
        return frozenset()
    if kind == DEPLOYMENT and _running(before) == _running(after):
        return frozenset()
    handler = _HANDLERS.get(kind)
    if handler is None:
        return None
    found = set(handler(snapshot, (kind, key), before, after))
    if _came_or_went(before, after):
        found.update(_aimed_at(snapshot, kind, key))
    return frozenset(found)


def elapsed(snapshot: Snapshot, before: datetime, now: datetime) -> frozenset[ObjectKey]:
    """The objects whose health may differ only because it is ``now`` and no longer ``before``: grace periods end,
    certificates come near their end. In time linear in the objects, without judging any."""
    turned = ageing(before, now)
    found: set[ObjectKey] = set()
    for kind, objects in snapshot.objects.items():
        if kind not in _TIMED:
            continue
        for key, live in objects.items():
            if any(map(turned, _moments(live))):
                found.add((kind, key))
                found.update(_dependents(snapshot, kind, key))
    for key, secret in snapshot.of(SECRET).items():
        if secret.certificate and days_left(secret.certificate, before) != days_left(secret.certificate, now):
            found.update(_users(snapshot, key))
    for target, result in snapshot.probes.items():
        if turns(result, before, now):
            found.add((GATEWAY, (target.gateway.namespace or "", target.gateway.name)))
    return frozenset(found)


def _class(snapshot: Snapshot, me: ObjectKey, before: Any, after: Any) -> Iterator[ObjectKey]:
    yield me
    names = {c.spec.controller_name for c in (before, after) if c is not None}
    yield from ((GATEWAY_CLASS, k) for k, c in snapshot.classes().items() if c.spec.controller_name in names)
    yield from _dependents(snapshot, *me)


def _gateway(snapshot: Snapshot, me: ObjectKey, before: Any, after: Any) -> Iterator[ObjectKey]:
    yield me
    is_new = _rewritten(before, after)
    if is_new or _serving(before) != _serving(after):
        yield from _dependents(snapshot, *me)
    if is_new or _addresses(before) != _addresses(after):
        classes = {g.spec.gateway_class_name for g in (before, after) if g is not None}
        yield from ((GATEWAY, k) for k, g in snapshot.gateways().items() if g.spec.gateway_class_name in classes)
    if is_new:
        yield from _grants_of(snapshot, me[0], before, after)


def _set(snapshot: Snapshot, me: ObjectKey, before: Any, after: Any) -> Iterator[ObjectKey]:
    yield me
    is_new = _rewritten(before, after)
    if is_new or _serving(before) != _serving(after):
        yield from _dependents(snapshot, *me)
    if is_new:
        owners = {gateway_of(s) for s in (before, after) if s is not None}
        yield from ((k, s.metadata.key) for k, s in snapshot.listener_sets() if gateway_of(s) in owners)
        yield from _grants_of(snapshot, me[0], before, after)


def _route(snapshot: Snapshot, me: ObjectKey, before: Any, after: Any) -> Iterator[ObjectKey]:
    yield me
    if _rewritten(before, after):
        yield from _grants_of(snapshot, me[0], before, after)


def _grant(snapshot: Snapshot, me: ObjectKey, before: Any, after: Any) -> Iterator[ObjectKey]:
    yield me
    given: list[ReferenceGrant] = [g for g in (before, after) if g is not None]
    if not _rewritten(before, after):
        return
    for kind, namespace in {((f.group, f.kind), f.namespace) for g in given for f in g.spec.from_ or ()}:
        for key, live in snapshot.of(kind).items():
            if key[0] == namespace and any(t.namespace == me[1][0] for t in crossing(kind, live)):
                yield kind, key


def _service(snapshot: Snapshot, me: ObjectKey, before: Any, after: Any) -> Iterator[ObjectKey]:
    if _came_or_went(before, after) or before.spec != after.spec:
        yield from backend_users(snapshot, me[1])
        yield from _aimed_at(snapshot, *me)


def _slice(snapshot: Snapshot, _: ObjectKey, before: Any, after: Any) -> Iterator[ObjectKey]:
    for service in {s.service for s in (before, after) if s is not None}:
        yield from backend_users(snapshot, service)


def _secret(snapshot: Snapshot, me: ObjectKey, _before: Any, _after: Any) -> Iterator[ObjectKey]:
    yield from _users(snapshot, me[1])


def _namespace(snapshot: Snapshot, me: ObjectKey, before: Any, after: Any) -> Iterator[ObjectKey]:
    if not _came_or_went(before, after) and before.metadata.labels == after.metadata.labels:
        return
    for kind in (*ROUTES, LISTENER_SET, X_LISTENER_SET):
        yield from ((kind, key) for key in snapshot.of(kind) if key[0] == me[1][1])


def _policy(snapshot: Snapshot, me: ObjectKey, before: Any, after: Any) -> Iterator[ObjectKey]:
    yield me
    if _rewritten(before, after):
        kind = me[0]
        aims = {a for p in (before, after) if p is not None for a in _aims(p)}
        yield from ((kind, key) for key, p in snapshot.of(kind).items() if not aims.isdisjoint(_aims(p)))


def _nobody(_snapshot: Snapshot, _me: ObjectKey, _before: Any, _after: Any) -> Iterator[ObjectKey]:
    return iter(())


_HANDLERS: Final[Mapping[GroupKind, _Handler]] = {
    GATEWAY_CLASS: _class,
    GATEWAY: _gateway,
    LISTENER_SET: _set,
    X_LISTENER_SET: _set,
    REFERENCE_GRANT: _grant,
    SERVICE: _service,
    ENDPOINT_SLICE: _slice,
    SECRET: _secret,
    NAMESPACE: _namespace,
    CRD: _nobody,
    **dict.fromkeys(ROUTES, _route),
    **dict.fromkeys(POLICY_KINDS, _policy),
}
_TIMED: Final = frozenset({GATEWAY_CLASS, GATEWAY, LISTENER_SET, X_LISTENER_SET, *ROUTES, *POLICY_KINDS})


def _dependents(snapshot: Snapshot, kind: GroupKind, key: Key) -> Iterator[ObjectKey]:
    """What hangs on a class, Gateway or ListenerSet: everything below it."""
    gateways = {key} if kind == GATEWAY else set[Key]()
    if kind == GATEWAY_CLASS:
        gateways = {k for k, g in snapshot.gateways().items() if g.spec.gateway_class_name == key[1]}
        yield from ((GATEWAY, k) for k in gateways)
    parents: set[ObjectKey] = {(GATEWAY, k) for k in gateways}
    if kind in (LISTENER_SET, X_LISTENER_SET):
        parents.add((kind, key))
    for set_kind, entry in snapshot.listener_sets():
        if gateway_of(entry) in gateways:
            parents.add((set_kind, entry.metadata.key))
            yield set_kind, entry.metadata.key
    for route_kind, route in snapshot.routes() if parents else ():
        if any(p in parents for p in parents_of(route.spec.parent_refs, route.metadata.namespace)):
            yield route_kind, route.metadata.key


def backend_users(snapshot: Snapshot, service: Key) -> Iterator[ObjectKey]:
    """The routes that lead to a Service, or have it as their parent."""
    for kind, route in snapshot.routes():
        if _calls(route, service):
            yield kind, route.metadata.key


def _calls(route: Route, service: Key) -> bool:
    namespace = route.metadata.namespace
    if (SERVICE, service) in parents_of(route.spec.parent_refs, namespace):
        return True
    for rule in route.spec.rules or ():
        for ref in rule.backend_refs or ():
            if ref.name == service[1] and (ref.namespace or namespace) == service[0]:
                return True
        if rule.filters or any(ref.filters for ref in rule.backend_refs or ()):
            return any((b.target.namespace, b.target.name) == service for b in backends(route))
    return False


def _users(snapshot: Snapshot, secret: Key) -> Iterator[ObjectKey]:
    """The Gateways and ListenerSets that refer to a Secret."""
    for key, gateway in snapshot.gateways().items():
        if any((t.namespace, t.name) == secret for t in gateway_references(gateway)):
            yield GATEWAY, key
    for kind, entry in snapshot.listener_sets():
        if any(
            (t.namespace, t.name) == secret for t in listener_references(entry.spec.listeners, entry.metadata.namespace)
        ):
            yield kind, entry.metadata.key


def _grants_of(snapshot: Snapshot, kind: GroupKind, before: Any, after: Any) -> Iterator[ObjectKey]:
    """The ReferenceGrants that an object may use, or used."""
    namespaces = {t.namespace for live in (before, after) if live is not None for t in crossing(kind, live)}
    if namespaces:
        yield from ((REFERENCE_GRANT, key) for key in snapshot.of(REFERENCE_GRANT) if key[0] in namespaces)


def _aimed_at(snapshot: Snapshot, kind: GroupKind, key: Key) -> Iterator[ObjectKey]:
    """The policies that aim at an object."""
    for policy_kind, policy in snapshot.policies():
        if (kind, key) in _aims(policy):
            yield policy_kind, policy.metadata.key


def _aims(policy: Policy) -> set[ObjectKey]:
    namespace = policy.metadata.namespace
    return {((t.group, t.kind), (t.namespace or namespace, t.name)) for t in policy.spec.targets()}


def _running(live: Workload | None) -> object:
    """What health looks at in a workload."""
    if live is None:
        return None
    conditions = (live.status.conditions if live.status else None) or ()
    available = tuple(c.status for c in conditions if c.type == "Available")
    return (available, live.spec)


def _came_or_went(before: Any, after: Any) -> bool:
    return before is None or after is None


def _rewritten(before: Any, after: Any) -> bool:
    """Whether more than the status changed: what is wished, or the age, which decides conflicts."""
    if _came_or_went(before, after) or before.spec != after.spec:
        return True
    one, other = before.metadata, after.metadata
    return (one.creation_timestamp, one.generation) != (other.creation_timestamp, other.generation)


def _serving(live: Gateway | ListenerSet | None) -> object:
    """What routes and ListenerSets look at in the status of their parent."""
    if live is None or live.status is None:
        return None
    entries = tuple((e.name, e.supported_kinds, e.conditions) for e in live.status.listeners or ())
    return (live.status.conditions, entries)


def _addresses(live: Gateway | None) -> object:
    return live.status.addresses if live and live.status else None


def _moments(live: Any) -> Iterator[str | None]:
    """Every moment that a grace period starts at."""
    yield live.metadata.creation_timestamp
    status = live.status
    if status is None:
        return
    groups: list[Conditions] = [getattr(status, "conditions", None)]
    for name in ("listeners", "parents", "ancestors"):
        groups += [entry.conditions for entry in getattr(status, name, None) or ()]
    yield from (c.last_transition_time for group in groups for c in group or ())

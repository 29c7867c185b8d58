"""Judging the objects of a cluster: which function judges which kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from gatewright.gatewayapi.health.classes import gateway_class
from gatewright.gatewayapi.health.gateways import gateway, listener_set
from gatewright.gatewayapi.health.grants import reference_grant
from gatewright.gatewayapi.health.policies import policy
from gatewright.gatewayapi.health.routes import route
from gatewright.gatewayapi.health.view import ObjectKey, View
from gatewright.gatewayapi.kinds import (
    GATEWAY,
    GATEWAY_CLASS,
    LISTENER_SET,
    POLICY_KINDS,
    REFERENCE_GRANT,
    ROUTES,
    X_LISTENER_SET,
    GroupKind,
)
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.shapes import Gateway, GatewayClass, ListenerSet, Policy, ReferenceGrant, Route
from gatewright.model.health import ObjectHealth

JUDGED: tuple[GroupKind, ...] = (
    GATEWAY_CLASS,
    GATEWAY,
    LISTENER_SET,
    X_LISTENER_SET,
    *ROUTES,
    REFERENCE_GRANT,
    *POLICY_KINDS,
)


def assess(snapshot: Snapshot, now: datetime, only: Iterable[ObjectKey] | None = None) -> dict[ObjectKey, ObjectHealth]:
    """The health of every GatewayClass, Gateway, ListenerSet, route, ReferenceGrant and policy of a cluster.

    ``only``: these objects alone; those that are gone (or of other kinds) are left out of the answer. ``now``: an
    aware datetime, for grace periods and certificates. Raises nothing, whatever is in the snapshot.
    """
    view = View(snapshot, now)
    wanted = _all(snapshot) if only is None else dict.fromkeys(only)
    found: dict[ObjectKey, ObjectHealth] = {}
    for kind, key in wanted:
        live = snapshot.of(kind).get(key)
        health = None if live is None else _judge(view, kind, live)
        if health is not None:
            found[kind, key] = health
    return found


def _all(snapshot: Snapshot) -> Iterator[ObjectKey]:
    for kind in JUDGED:
        for key in snapshot.of(kind):
            yield kind, key


def _judge(view: View, kind: GroupKind, live: object) -> ObjectHealth | None:
    match live:
        case GatewayClass():
            return gateway_class(view, live)
        case Gateway():
            return gateway(view, live)
        case ListenerSet():
            return listener_set(view, kind, live)
        case Route():
            return route(view, kind, live)
        case ReferenceGrant():
            return reference_grant(view, live)
        case Policy():
            return policy(view, kind, live)
        case _:
            return None

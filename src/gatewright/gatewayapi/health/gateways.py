"""A Gateway or a ListenerSet: its class, its listeners, their certificates, and others that want the same."""

from __future__ import annotations

from collections.abc import Iterator

from gatewright.gatewayapi.conditions import good, is_stale
from gatewright.gatewayapi.health.certificates import grant, listener_certificates
from gatewright.gatewayapi.health.features import of_gateway, unsupported
from gatewright.gatewayapi.health.judgement import Judgement
from gatewright.gatewayapi.health.listeners import Clash, Place, clashes, places
from gatewright.gatewayapi.health.probes import probes
from gatewright.gatewayapi.health.references import gateway_references
from gatewright.gatewayapi.health.rules import (
    CLAIMS_PROGRAMMED,
    CLASS_BROKEN,
    CLASS_MISSING,
    GATEWAY_COLLISION,
    LISTENER_DUPLICATE,
    NO_ADDRESS,
    PARENT_BROKEN,
    PARENT_MISSING,
    PROTOCOL_CONFLICT,
    SET_NOT_ALLOWED,
    TLS_OVERLAP,
)
from gatewright.gatewayapi.health.selectors import describe, matches
from gatewright.gatewayapi.health.view import View, gateway_of, standing
from gatewright.gatewayapi.kinds import GATEWAY, GATEWAY_CLASS, NAMESPACE, GroupKind
from gatewright.gatewayapi.live import ref_of
from gatewright.gatewayapi.shapes import Gateway, GatewayStatus, ListenerSet, ListenerStatus
from gatewright.model.health import ObjectHealth


def gateway(view: View, found: Gateway) -> ObjectHealth:
    """Judges a Gateway."""
    judged = Judgement(view, GATEWAY, found.metadata)
    _class(judged, found)
    trouble = view.class_trouble(found.spec.gateway_class_name)
    status = found.status or GatewayStatus()
    judged.conditions(status.conditions, ("Accepted", "Programmed"), trouble=trouble)
    _listeners(judged, GATEWAY, places(found), status)
    for target in gateway_references(found):
        if not target.path.startswith("spec.listeners"):
            grant(judged, GATEWAY, target, "")
    _conflicts(judged, places(found))
    claims = standing(status.conditions, "Programmed", found.metadata.generation) == "healthy"
    if claims:
        _claims(judged, found, status)
    probes(judged, found, claims=claims and _settled(judged, status), broken=set(broken_listeners(found)))
    _collisions(judged, found)
    unsupported(judged, view.class_of(found), of_gateway(found))
    return judged.health([ref_of(GATEWAY_CLASS, ("", found.spec.gateway_class_name))])


def listener_set(view: View, kind: GroupKind, found: ListenerSet) -> ObjectHealth:
    """Judges a ListenerSet, as a part of its Gateway."""
    judged = Judgement(view, kind, found.metadata)
    key = gateway_of(found)
    parent, ref = view.gateway(key), ref_of(GATEWAY, key)
    status = found.status or GatewayStatus()
    trouble = view.gateway_trouble(parent) if parent else None
    judged.conditions(status.conditions, ("Accepted", "Programmed"), trouble=trouble)
    if parent is None:
        if view.readable(GATEWAY):
            judged.add(PARENT_MISSING, evidence=(f"spec.parentRef: {ref}",), cause=ref, parent=str(ref))
        else:
            judged.not_seen(GATEWAY)
    else:
        _parent(judged, parent)
    own = [p for p in places_of(view, found) if p.kind == kind and p.owner == found.metadata.key]
    _listeners(judged, kind, own, status)
    if parent is not None:
        _conflicts(judged, places_of(view, found), mine=(kind, found.metadata.key))
        unsupported(judged, view.class_of(parent), frozenset({"ListenerSet"}))
    return judged.health([ref])


def places_of(view: View, found: ListenerSet) -> list[Place]:
    """Every listener of the Gateway that a ListenerSet extends."""
    key = gateway_of(found)
    parent = view.gateway(key)
    return places(parent or Gateway(found.metadata), view.sets.get(key, ()))


def broken_listeners(found: Gateway | ListenerSet) -> Iterator[str]:
    """Names of listeners whose current status says that they do not serve."""
    for entry in (found.status.listeners if found.status else None) or ():
        for c in entry.conditions or ():
            serving = c.type in ("Accepted", "Programmed", "Conflicted")
            if serving and good(c) is False and not is_stale(c, found.metadata.generation):
                yield entry.name
                break


def _class(judged: Judgement, found: Gateway) -> None:
    view, name = judged.view, found.spec.gateway_class_name
    evidence = (f"spec.gatewayClassName: {name}",)
    if not view.readable(GATEWAY_CLASS):
        judged.not_seen(GATEWAY_CLASS)
        return
    trouble = view.class_trouble(name)
    if trouble is None:
        return
    if view.class_of(found) is None:
        judged.add(CLASS_MISSING, evidence=evidence, cause=trouble.cause, name=name)
    else:
        judged.add(CLASS_BROKEN, trouble.severity, evidence=evidence, cause=trouble.cause, name=name)


def _parent(judged: Judgement, parent: Gateway) -> None:
    view, ref, namespace = judged.view, ref_of(GATEWAY, parent.metadata.key), judged.meta.namespace
    allowed = parent.spec.allowed_listeners.namespaces if parent.spec.allowed_listeners else None
    given = allowed.from_ if allowed else "None"
    labels = view.labels(namespace)
    if given == "Selector" and allowed and labels is None and not view.readable(NAMESPACE):
        judged.not_seen(NAMESPACE)
        lets_in = True
    else:
        lets_in = given == "All" or (given == "Same" and namespace == parent.metadata.namespace)
        lets_in = lets_in or (given == "Selector" and allowed is not None and matches(allowed.selector, labels or {}))
    if not lets_in:
        evidence = (f"{ref} spec.allowedListeners.namespaces: {describe(allowed, 'None')}",)
        judged.add(SET_NOT_ALLOWED, evidence=evidence, cause=ref, gateway=str(ref), namespace=namespace)
        return
    trouble = view.gateway_trouble(parent)
    if trouble is not None:
        judged.add(PARENT_BROKEN, trouble.severity, cause=trouble.cause, parent=str(ref))


def _listeners(judged: Judgement, kind: GroupKind, found: list[Place], status: GatewayStatus) -> None:
    judged.parts(p.where for p in found)
    entries = {s.name: s for s in status.listeners or ()}
    for place in found:
        entry = entries.get(place.listener.name, ListenerStatus(place.listener.name))
        path = f"status.listeners[{place.listener.name}].conditions"
        judged.conditions(entry.conditions, (), where=place.where, path=path)
        listener_certificates(judged, kind, place.listener, place.index, place.where)


def _conflicts(judged: Judgement, found: list[Place], mine: object = None) -> None:
    for clash in clashes(found):
        loser, winner = clash.loser, clash.winner
        if mine is None or mine == (loser.kind, loser.owner):
            _conflict(judged, clash, _evidence(loser) + _evidence(winner))


def _conflict(judged: Judgement, clash: Clash, evidence: tuple[str, ...]) -> None:
    loser, winner, port = clash.loser, clash.winner, clash.loser.listener.port
    cause = ref_of(winner.kind, winner.owner)
    if clash.how == "protocol":
        protocols = f"{loser.listener.protocol}, {winner.listener.protocol}"
        judged.add(
            PROTOCOL_CONFLICT,
            where=loser.where,
            evidence=evidence,
            cause=cause,
            port=port,
            other=str(winner),
            protocols=protocols,
        )
    elif clash.how == "duplicate":
        judged.add(
            LISTENER_DUPLICATE,
            where=loser.where,
            evidence=evidence,
            cause=cause,
            port=port,
            hostname=loser.hostname,
            other=str(winner),
        )
    else:
        judged.add(
            TLS_OVERLAP,
            where=loser.where,
            evidence=evidence,
            port=port,
            hostname=loser.hostname,
            other=str(winner),
            covers=winner.hostname,
        )


def _evidence(place: Place) -> tuple[str, ...]:
    entry = place.listener
    return (f"{place} spec.listeners[{place.index}]: {entry.protocol} {entry.port} {place.hostname}",)


def _claims(judged: Judgement, found: Gateway, status: GatewayStatus) -> None:
    if not any(a.value for a in status.addresses or ()):
        judged.add(NO_ADDRESS, evidence=("status.addresses: []", "status.conditions[Programmed]: True"))
    bad = sorted(set(broken_listeners(found)))
    if bad:
        evidence = ("status.conditions[Programmed]: True", f"status.listeners: {', '.join(bad[:10])}")
        cause = next((f.cause for f in judged.findings if f.where in bad and f.severity == "error"), None)
        names, count = ", ".join(bad[:10]), len(found.spec.listeners or ())
        judged.add(CLAIMS_PROGRAMMED, evidence=evidence, cause=cause, bad=names, count=count)


def _settled(judged: Judgement, status: GatewayStatus) -> bool:
    """Whether there was time to open the ports since the controller said that they are; and it shall not go."""
    programmed = [c.last_transition_time for c in status.conditions or () if c.type == "Programmed"]
    return not judged.meta.deletion_timestamp and not judged.view.is_young(*programmed)


def _collisions(judged: Judgement, found: Gateway) -> None:
    """Other, older Gateways of the class at the same address with the same port and hostname."""
    for place, address, other in judged.view.collisions(found):
        judged.add(
            GATEWAY_COLLISION,
            "info" if place.hostname == "*" and place.family in ("http", "tls") else "warning",
            where=place.where,
            evidence=(*_evidence(place), *_evidence(other), f"status.addresses: {address}"),
            cause=ref_of(other.kind, other.owner),
            port=place.listener.port,
            hostname=place.hostname,
            address=address,
            other=str(other),
        )

"""A route at each parent that it requests: is the parent there, does a listener let it in, and what is reported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from gatewright.gatewayapi.conditions import place, reported
from gatewright.gatewayapi.health.features import of_route, unsupported
from gatewright.gatewayapi.health.gateways import broken_listeners
from gatewright.gatewayapi.health.hostnames import any_intersects, intersects, normal
from gatewright.gatewayapi.health.judgement import Judgement
from gatewright.gatewayapi.health.listeners import kinds_of, takes
from gatewright.gatewayapi.health.rules import (
    HOSTNAME_MISMATCH,
    HOSTNAME_PARTIAL,
    KIND_NOT_ALLOWED,
    NAMESPACE_NOT_ALLOWED,
    PARENT_BROKEN,
    PARENT_KIND,
    PARENT_MISSING,
    PORT_MISMATCH,
    SECTION_MISSING,
    Rule,
)
from gatewright.gatewayapi.health.selectors import describe, matches
from gatewright.gatewayapi.health.view import Trouble, View, gateway_of, known_parent, parent_kind, standing
from gatewright.gatewayapi.kinds import NAMESPACE, SERVICE, GroupKind, Key
from gatewright.gatewayapi.live import ref_of
from gatewright.gatewayapi.shapes import Gateway, Listener, ListenerSet, ParentRef, Route
from gatewright.model.health import Severity
from gatewright.model.objects import ObjectRef

Parent: TypeAlias = Gateway | ListenerSet


class Attachment:
    """A route at one requested parent."""

    def __init__(self, judged: Judgement, kind: GroupKind, route: Route, wanted: ParentRef) -> None:
        self.judged, self.kind, self.route, self.wanted = judged, kind, route, wanted
        self.view: View = judged.view
        namespace = route.metadata.namespace
        self.where = place(wanted, namespace)
        self.parent_kind = parent_kind(wanted)
        self.key: Key = (wanted.namespace or namespace, wanted.name)
        self.ref: ObjectRef = ref_of(self.parent_kind, self.key)
        self.parent: Parent | None = self._find()
        self.gateway = self._gateway()

    def judge(self) -> None:
        """Reads what is reported, and looks for what would explain it."""
        trouble = self._trouble()
        self._conditions(trouble)
        mismatched = self._mismatch()
        if not mismatched and trouble is not None:
            self._add(PARENT_BROKEN, trouble.severity, cause=trouble.cause)
        if self.gateway is not None:
            unsupported(self.judged, self.view.class_of(self.gateway), of_route(self.kind[1], self.route), self.where)

    def _find(self) -> Parent | None:
        found = self.view.snapshot.of(self.parent_kind).get(self.key)
        return found if isinstance(found, Gateway | ListenerSet) else None

    def _gateway(self) -> Gateway | None:
        return self.view.gateway(gateway_of(self.parent)) if isinstance(self.parent, ListenerSet) else self.parent

    def _trouble(self) -> Trouble | None:
        if self.gateway is None or self.parent is None:
            return None
        trouble = self.view.gateway_trouble(self.gateway)
        if trouble is not None and trouble.severity == "error":
            return trouble
        names = {entry.name for entry in self._sections(self.parent)}
        if names and names <= set(broken_listeners(self.parent)):
            return Trouble(self.ref, "error")
        return trouble

    def _conditions(self, trouble: Trouble | None) -> None:
        parents = (self.route.status.parents if self.route.status else None) or ()
        found = reported(parents, self.wanted, self.judged.meta.namespace, self._controller())
        blame = trouble or (Trouble(self.ref, "error") if self.parent is not None else None)
        path = f"status.parents[{self.where}].conditions"
        if not found and self.parent_kind == SERVICE:
            return
        for entry in found or (None,):
            conditions = entry.conditions if entry else None
            self.judged.conditions(
                conditions, ("Accepted",), where=self.where, path=path, trouble=blame if entry is None else trouble
            )

    def _controller(self) -> str:
        found = self.view.class_of(self.gateway) if self.gateway else None
        return found.spec.controller_name if found else ""

    def _mismatch(self) -> bool:
        """The first thing that keeps the route from the parent, if any."""
        if not known_parent(self.parent_kind):
            self._add(PARENT_KIND, cause=self.judged.ref)
            return True
        if not self.view.readable(self.parent_kind, self.key):
            self.judged.not_seen(self.parent_kind, self.where)
            return True
        if self.parent_kind == SERVICE:
            return self._missing() if self.view.service(self.key) is None else False
        if self.parent is None:
            return self._missing()
        listeners = self.parent.spec.listeners or ()
        return bool(listeners or self.wanted.section_name) and self._listeners(self.parent, listeners)

    def _missing(self) -> bool:
        self._add(PARENT_MISSING, evidence=(f"spec.parentRefs: {self.where}",), cause=self.ref)
        return True

    def _sections(self, parent: Parent) -> list[Listener]:
        found = [e for e in parent.spec.listeners or () if self.wanted.section_name in ("", e.name)]
        return [e for e in found if not self.wanted.port or e.port == self.wanted.port]

    def _listeners(self, parent: Parent, listeners: Sequence[Listener]) -> bool:
        section, port = self.wanted.section_name, self.wanted.port
        names = [e for e in listeners if section in ("", e.name)]
        if not names:
            known = ", ".join(e.name for e in listeners[:10]) or "-"
            self._add(
                SECTION_MISSING, evidence=(f"{self.ref} spec.listeners: {known}",), section=section, listeners=known
            )
            return True
        found = [e for e in names if not port or e.port == port]
        if not found:
            ports = ", ".join(str(e.port) for e in names[:10])
            self._add(PORT_MISMATCH, evidence=(f"{self.ref} spec.listeners ports: {ports}",), port=port, ports=ports)
            return True
        return self._kinds(parent, found) or self._namespaces(parent, found) or self._hostnames(found)

    def _kinds(self, parent: Parent, found: list[Listener]) -> bool:
        status = {s.name: s for s in (parent.status.listeners if parent.status else None) or ()}
        kinds = {e.name: kinds_of(e, status.get(e.name)) for e in found}
        fitting = [e for e in found if takes(kinds[e.name], self.kind)]
        if fitting:
            found[:] = fitting
            return False
        taken = ", ".join(sorted({k.kind for some in kinds.values() for k in some or ()})) or "-"
        evidence = (f"{self.ref} allowed kinds: {taken}",)
        self._add(KIND_NOT_ALLOWED, self._severity(), evidence=evidence, kind=self.kind[1], kinds=taken)
        return True

    def _namespaces(self, parent: Parent, found: list[Listener]) -> bool:
        fitting = [e for e in found if self._lets_in(parent, e)]
        if fitting:
            found[:] = fitting
            return False
        given = sorted({describe(e.allowed_routes.namespaces if e.allowed_routes else None) for e in found})
        labels = self.view.labels(self.judged.meta.namespace) or {}
        shown = ", ".join(f"{k}={v}" for k, v in sorted(labels.items())[:10]) or "-"
        self._add(
            NAMESPACE_NOT_ALLOWED,
            self._severity(),
            evidence=(
                f"{self.ref} allowedRoutes.namespaces: {'; '.join(given)}",
                f"metadata.labels of the namespace: {shown}",
            ),
            namespace=self.judged.meta.namespace,
            allowed="; ".join(given),
        )
        return True

    def _lets_in(self, parent: Parent, listener: Listener) -> bool:
        allowed = listener.allowed_routes.namespaces if listener.allowed_routes else None
        given = allowed.from_ if allowed else "Same"
        namespace = self.judged.meta.namespace
        if given == "Selector" and allowed:
            labels = self.view.labels(namespace)
            if labels is None and not self.view.readable(NAMESPACE):
                self.judged.not_seen(NAMESPACE, self.where)
                return True
            return matches(allowed.selector, labels or {})
        return given == "All" or (given == "Same" and namespace == parent.metadata.namespace)

    def _hostnames(self, found: list[Listener]) -> bool:
        names = self.route.spec.hostnames or ()
        if self.kind[1] in ("TCPRoute", "UDPRoute") or not names:
            return False
        heard = [e.hostname for e in found]
        shown = ", ".join(sorted({normal(h) for h in heard})[:10])
        lost = [n for n in names if not any(intersects(h, n) for h in heard)]
        evidence = (f"spec.hostnames: {', '.join(names[:10])}", f"{self.ref} hostnames: {shown}")
        if not any_intersects(heard, names):
            listed = ", ".join(names[:10])
            self._add(HOSTNAME_MISMATCH, self._severity(), evidence=evidence, hostnames=listed, listeners=shown)
            return True
        if lost:
            self._add(
                HOSTNAME_PARTIAL,
                cause=self.judged.ref,
                evidence=evidence,
                hostnames=", ".join(lost[:10]),
                listeners=shown,
            )
        return False

    def _severity(self) -> Severity:
        """A controller that took the route knows better: then it is only worth a look."""
        parents = (self.route.status.parents if self.route.status else None) or ()
        for entry in reported(parents, self.wanted, self.judged.meta.namespace, self._controller()):
            if standing(entry.conditions, "Accepted", self.judged.meta.generation) == "healthy":
                return "warning"
        return "error"

    def _add(
        self,
        rule: Rule,
        severity: Severity | None = None,
        *,
        evidence: tuple[str, ...] = (),
        cause: ObjectRef | None = None,
        **params: str | int,
    ) -> None:
        self.judged.add(
            rule,
            severity,
            where=self.where,
            evidence=evidence or (f"spec.parentRefs: {self.where}",),
            cause=cause or self.ref,
            parent=str(self.ref),
            **params,
        )

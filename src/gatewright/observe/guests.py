"""What a team is told of what it shares with others: the Gateways and classes that its routes hang on, elsewhere.

Of a Gateway that is not theirs, the listeners that their own routes ask for are their business; the others, with their
hostnames and troubles, are somebody else's. What refers to a namespace that is closed to them is left out, and a state
is the one that the rest comes to.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from gatewright.gatewayapi.health import ObjectKey
from gatewright.gatewayapi.health.hostnames import any_intersects
from gatewright.gatewayapi.health.view import parent_kind
from gatewright.gatewayapi.kinds import GATEWAY
from gatewright.gatewayapi.live import Snapshot
from gatewright.model.health import HealthFinding, HealthState, ObjectHealth

_WORD: Final = re.compile(r"[a-z0-9][a-z0-9.-]*")


def mentions(text: str, names: Collection[str]) -> bool:
    """Whether a text in anybody's words has one of the names of namespaces in it: as a word, or in the DNS name of a
    Service."""
    for word in _WORD.findall(text):
        name = word.rstrip(".-")
        if name in names or (".svc" in name and name.split(".")[1] in names):
            return True
    return False


class Guests:
    """What one cluster is to those who have ``namespaces`` of it, and to whom ``closed`` are closed."""

    def __init__(self, snapshot: Snapshot, namespaces: Collection[str], closed: Collection[str]) -> None:
        self._snapshot, self._namespaces, self._closed = snapshot, namespaces, closed
        self._asked: dict[ObjectKey, Collection[str]] | None = None

    def told(self, key: ObjectKey, health: ObjectHealth) -> ObjectHealth:
        """The object as they may see it: their own whole, others' without what is not theirs."""
        if key[1][0] in self._namespaces:
            return health
        own = None if key[0] != GATEWAY else self._sections().get(key, ())
        findings = tuple(f for f in health.findings if self._is_theirs(f, own))
        conditions = tuple(
            msgspec.structs.replace(fact, message="-" if fact.message else "")
            for fact in health.conditions
            if own is None or not fact.where or fact.where in own
        )
        state = health.state if len(findings) == len(health.findings) else _state(health.state, findings)
        return msgspec.structs.replace(health, state=state, conditions=conditions, findings=findings)

    def _is_theirs(self, finding: HealthFinding, sections: Collection[str] | None) -> bool:
        if sections is not None and finding.where and finding.where not in sections:
            return False
        if finding.cause is not None and (finding.cause.namespace or finding.cause.name) in self._closed:
            return False
        texts = (*finding.evidence, *(str(value) for value in finding.params.values()))
        return not any(mentions(text, self._closed) for text in texts)

    def _sections(self) -> Mapping[ObjectKey, Collection[str]]:
        """The listeners of each Gateway that their routes ask for: by name, or by a hostname that both have."""
        if self._asked is None:
            self._asked = {}
            for _, route in self._snapshot.routes():
                if route.metadata.namespace not in self._namespaces:
                    continue
                for ref in route.spec.parent_refs or ():
                    key = (parent_kind(ref), (ref.namespace or route.metadata.namespace, ref.name))
                    known = set(self._asked.get(key, ()))
                    self._asked[key] = known | self._named(key, ref.section_name, route.spec.hostnames or ())
        return self._asked

    def _named(self, key: ObjectKey, section: str, hostnames: Collection[str]) -> set[str]:
        gateway = self._snapshot.gateways().get(key[1]) if key[0] == GATEWAY else None
        listeners = (gateway.spec.listeners if gateway else None) or ()
        if section:
            return {section}
        wanted = tuple(hostnames)
        return {entry.name for entry in listeners if any_intersects([entry.hostname] if entry.hostname else [], wanted)}


def _state(before: HealthState, findings: Collection[HealthFinding]) -> HealthState:
    """The state without the findings that are not told: no worse than those that are."""
    severities = {finding.severity for finding in findings}
    if before not in ("degraded", "unhealthy") or "error" in severities:
        return before
    return "degraded" if "warning" in severities else "healthy"

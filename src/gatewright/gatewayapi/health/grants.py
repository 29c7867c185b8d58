"""A ReferenceGrant: does anything use it."""

from __future__ import annotations

from typing import Final

from gatewright.gatewayapi.health.judgement import Judgement
from gatewright.gatewayapi.health.references import grants_allow
from gatewright.gatewayapi.health.rules import GRANT_UNUSED
from gatewright.gatewayapi.health.view import View
from gatewright.gatewayapi.kinds import GATEWAY, LISTENER_SET, REFERENCE_GRANT, ROUTES, X_LISTENER_SET, GroupKind
from gatewright.gatewayapi.shapes import ReferenceGrant
from gatewright.model.health import ObjectHealth

REFERRING: Final[frozenset[GroupKind]] = frozenset({GATEWAY, LISTENER_SET, X_LISTENER_SET, *ROUTES})
"""Kinds whose references are known here: of grants for others nothing is said."""


def reference_grant(view: View, found: ReferenceGrant) -> ObjectHealth:
    """Judges a ReferenceGrant."""
    judged = Judgement(view, REFERENCE_GRANT, found.metadata)
    sources = found.spec.from_ or ()
    kinds = {(s.group, s.kind) for s in sources}
    if not kinds <= REFERRING or not all(view.readable(kind) for kind in kinds):
        return judged.health()
    if not any(_is_used(view, found, (s.group, s.kind), s.namespace) for s in sources):
        names = ", ".join(sorted({s.namespace for s in sources})[:10]) or "-"
        wide = any(t.kind == "Secret" and not t.name for t in found.spec.to or ())
        evidence = tuple(f"spec.from: {s.kind} {s.namespace}" for s in sources[:10])
        judged.add(GRANT_UNUSED, "warning" if wide else "info", evidence=evidence, namespaces=names)
    return judged.health()


def _is_used(view: View, grant: ReferenceGrant, kind: GroupKind, namespace: str) -> bool:
    return any(grants_allow(grant, *kind, namespace, target) for target in view.crossings.get((kind, namespace), ()))

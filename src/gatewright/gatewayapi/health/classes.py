"""A GatewayClass, and whether anybody looks after it."""

from __future__ import annotations

from gatewright.gatewayapi.controllers import controllers
from gatewright.gatewayapi.health.judgement import Judgement
from gatewright.gatewayapi.health.rules import (
    CLASS_NOT_TAKEN,
    CLASS_SHARES_CONTROLLER,
    CLASS_WITHOUT_CONTROLLER,
    CONTROLLER_DOWN,
    CONTROLLER_NOT_SEEN,
    CONTROLLER_TWICE,
)
from gatewright.gatewayapi.health.view import View, controller_of, standing
from gatewright.gatewayapi.kinds import DEPLOYMENT, GATEWAY_CLASS
from gatewright.gatewayapi.shapes import GatewayClass
from gatewright.model.health import ObjectHealth


def gateway_class(view: View, found: GatewayClass) -> ObjectHealth:
    """Judges a GatewayClass."""
    judged = Judgement(view, GATEWAY_CLASS, found.metadata)
    status = found.status.conditions if found.status else None
    judged.conditions(status, ("Accepted",))
    _controller(judged, found, standing(status, "Accepted", found.metadata.generation) != "unknown")
    name = found.spec.controller_name
    others = sorted(
        c.metadata.name for c in view.snapshot.classes().values() if c.spec.controller_name == name and c is not found
    )
    if others:
        judged.add(
            CLASS_SHARES_CONTROLLER, evidence=(f"spec.controllerName: {name}",), name=name, others=", ".join(others[:5])
        )
    return judged.health()


def _controller(judged: Judgement, found: GatewayClass, is_answered: bool) -> None:
    if not judged.view.readable(DEPLOYMENT):
        return
    name = found.spec.controller_name
    evidence = (f"spec.controllerName: {name}",)
    known, workloads = controller_of(name), judged.view.workloads(name)
    title = controllers()[known].title if known else ""
    names = sorted(f"Deployment {w.namespace}/{w.deployment}" for w in workloads)
    if workloads and not any(w.available for w in workloads):
        judged.add(CONTROLLER_DOWN, evidence=evidence, controller=title, workload=", ".join(names[:5]))
    elif len(names) > 1:
        judged.add(CONTROLLER_TWICE, evidence=evidence, controller=title, workloads=", ".join(names[:5]))
    elif known and not workloads and is_answered:
        judged.add(CONTROLLER_NOT_SEEN, evidence=evidence, controller=title)
    elif known and not workloads and not judged.is_young:
        judged.add(CLASS_WITHOUT_CONTROLLER, evidence=evidence, controller=title, name=name)
    elif not known and not judged.is_young and not is_answered:
        seen = ", ".join(sorted({f"{w.controller} {w.version}" for w in judged.view.snapshot.controllers})) or "-"
        judged.add(CLASS_NOT_TAKEN, evidence=evidence, name=name, seen=seen)

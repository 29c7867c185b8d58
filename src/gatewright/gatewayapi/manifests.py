"""The objects of a gateway controller, written by us: what a cluster gets when a stack names a controller.

One module per controller in ``gatewright.gatewayapi.render``; this one picks it, fills the defaults and checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar, Final

import msgspec

from gatewright.gatewayapi.controllers import (
    UnknownControllerError,
    UnsupportedControllerVersionError,
    controller_named,
    controllers,
)
from gatewright.gatewayapi.render import traefik
from gatewright.model.desired import ControllerSpec
from gatewright.model.errors import InputError
from gatewright.model.names import require_label, require_namespace
from gatewright.model.objects import Manifest, ObjectRef, ref_of


class InvalidPortError(InputError):
    """A controller's port is out of range, given twice, or one that the controller needs for itself."""

    code: ClassVar[str] = "gatewayapi.invalid-port"


class Renderer(msgspec.Struct, frozen=True):
    """A module that writes a controller's objects: ``render`` takes a complete spec (``defaults``), ``rules`` are those
    of its ClusterRole over all its versions, ``reserved`` the port it needs for itself."""

    namespace: str
    gateway_class: str
    reserved: int
    render: Callable[[ControllerSpec], tuple[Manifest, ...]]
    rules: Callable[[], tuple[Manifest, ...]]


RENDERERS: Final[dict[str, Renderer]] = {
    "traefik": Renderer("traefik", "traefik", traefik.PING_PORT, traefik.render, traefik.all_rules),
}


def defaults(spec: ControllerSpec) -> ControllerSpec:
    """The spec with its namespace and GatewayClass filled in, its version without a leading ``v``, and checked.

    Raises ``UnknownControllerError``, ``UnsupportedControllerVersionError``, ``InvalidPortError`` and the errors of
    ``model.names``.
    """
    renderer = _renderer(spec.name)
    complete = msgspec.structs.replace(
        spec,
        version=spec.version.removeprefix("v"),
        namespace=spec.namespace or renderer.namespace,
        gateway_class=spec.gateway_class or renderer.gateway_class,
    )
    require_namespace(complete.namespace, "controller.namespace")
    require_label(complete.gateway_class, "controller.gatewayClass")
    _check_version(complete)
    _check_ports(complete, renderer.reserved)
    return complete


def render(spec: ControllerSpec) -> tuple[Manifest, ...]:
    """The controller's objects in the order to write them, without its namespace and without our marks.

    Two namespaces of one cluster give different names to everything cluster-scoped but the GatewayClass, which is the
    spec's. Raises what ``defaults`` raises.
    """
    complete = defaults(spec)
    return _renderer(spec.name).render(complete)


def controller_refs(spec: ControllerSpec) -> tuple[ObjectRef, ...]:
    """The references of what ``render`` gives."""
    return tuple(ref_of(m) for m in render(spec))


def deployment_ref(spec: ControllerSpec) -> ObjectRef:
    """The Deployment whose availability says that the controller runs."""
    return next(r for r in controller_refs(spec) if r.kind == "Deployment")


def gateway_class_ref(spec: ControllerSpec) -> ObjectRef:
    """The GatewayClass that the controller must accept."""
    return next(r for r in controller_refs(spec) if r.kind == "GatewayClass")


def _renderer(name: str) -> Renderer:
    found = RENDERERS.get(name)
    if found is None:
        raise UnknownControllerError(controller=name[:80], known=", ".join(RENDERERS))
    return found


def _check_version(spec: ControllerSpec) -> None:
    known = controller_named(spec.name)
    minors = {v.rpartition(".")[0] for v in known.verified}
    if re.fullmatch(r"\d+\.\d+\.\d+", spec.version) and spec.version.rpartition(".")[0] in minors:
        return
    raise UnsupportedControllerVersionError(
        controller=controllers()[spec.name].title,
        version=spec.version[:80] or "-",
        known=", ".join(f"{m}.x" for m in sorted(minors)),
        example=known.verified[-1],
    )


def _check_ports(spec: ControllerSpec, reserved: int) -> None:
    good = all(0 < port < 65536 and port != reserved for port in spec.ports)
    if not (spec.ports and good and len(set(spec.ports)) == len(spec.ports)):
        raise InvalidPortError(
            controller=spec.name, ports=", ".join(str(p) for p in spec.ports) or "-", reserved=reserved
        )

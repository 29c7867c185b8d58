"""Every gateway controller that Gatewright knows: how to recognise it, and which APIs it needs served.

Compatibility is decided by the versions that a controller *reads*, not by comparing release numbers: Traefik 3.6 waits
for ``BackendTLSPolicy`` v1, and on CRDs that do not serve it, it routes nothing at all. ``data/controllers.json`` holds
what was verified in the sources of the releases or by running them; where nothing is verified the answer is "unknown".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import ClassVar, Final, TypeAlias

import msgspec

from gatewright.gatewayapi.crds import GATEWAY_GROUP
from gatewright.model.errors import InputError

Requirements: TypeAlias = frozenset[tuple[str, str]]
"""Pairs of a CRD's name and a version that must be served."""

_VERSION: Final = re.compile(r"v?(\d+\.\d+(?:\.\d+)?(?:-(?:alpha|beta|rc|ea)[.\w]*)?)(?:[-+_].*)?")
_IMAGE: Final = re.compile(r"(?P<repository>[^@]*?)(?::(?P<tag>[^:/@]+))?(?:@(?P<digest>.+))?")


class UnknownControllerError(InputError):
    """No controller of that name is in the catalogue, or Gatewright cannot install it."""

    code: ClassVar[str] = "gatewayapi.unknown-controller"


class UnsupportedControllerVersionError(InputError):
    """The controller is known, but not at that version."""

    code: ClassVar[str] = "gatewayapi.unsupported-controller-version"


class Need(msgspec.Struct, frozen=True):
    """What the minors in ``minors`` read: ``always``, and with the controller's experimental flag ``experimental``."""

    minors: tuple[str, ...]
    always: tuple[str, ...]
    experimental: tuple[str, ...] = ()


class Controller(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A row of the catalogue. ``images``: patterns of the end of an image's repository; ``tested``: newest bundle that
    a minor was tested with, a hint only; ``minimums``: for a controller that ignores CRDs of older bundles, the bundle
    from which it reads a kind; ``verified``: versions that were run against real CRDs."""

    name: str
    title: str
    controller_names: tuple[str, ...]
    images: tuple[str, ...]
    renderable: bool = False
    verified: tuple[str, ...] = ()
    tested: dict[str, str] = {}
    minimums: dict[str, str] = {}
    enabled_by: str = ""
    experimental_flag: str = ""
    needs: tuple[Need, ...] = ()

    def need(self, version: str) -> Need | None:
        minor = minor_of(version)
        return next((n for n in self.needs if minor in n.minors), None)

    @property
    def minors(self) -> tuple[str, ...]:
        """The minors whose needs are known."""
        return tuple(m for n in self.needs for m in n.minors)


@cache
def controllers() -> Mapping[str, Controller]:
    """The catalogue, by name."""
    file = resources.files(__package__ or "") / "data" / "controllers.json"
    return {c.name: c for c in msgspec.json.decode(file.read_bytes(), type=list[Controller])}


def controller_named(name: str) -> Controller:
    """Raises ``UnknownControllerError`` listing the names that are known."""
    found = controllers().get(name)
    if found is None:
        raise UnknownControllerError(controller=name[:80], known=", ".join(controllers()))
    return found


def by_controller_name(controller_name: str) -> Controller | None:
    """The controller behind a GatewayClass's ``spec.controllerName``."""
    return next((c for c in controllers().values() if controller_name in c.controller_names), None)


def identify(image: str) -> tuple[str, str] | None:
    """``(controller, version)`` of a container image, wherever it was mirrored to; version without a leading ``v``,
    and empty where the tag tells none (``latest``, only a digest). None: not a known controller's image."""
    match = _IMAGE.fullmatch(image.strip())
    if match is None:
        return None
    for controller in controllers().values():
        if any(re.search(rf"(?:^|/)(?:{pattern})$", match["repository"]) for pattern in controller.images):
            version = _VERSION.fullmatch(match["tag"] or "")
            return controller.name, version[1] if version else ""
    return None


def requirements(controller: str, version: str, args: Sequence[str] = ()) -> Requirements | None:
    """The ``(CRD name, version)`` pairs that must be served for this controller to work at all; None: unknown.

    ``args`` are its container's arguments. Where they are given and do not switch its Gateway API provider on, it
    needs nothing; without any, the provider is taken to be on.
    """
    known = controllers().get(controller)
    need = known.need(version) if known else None
    if known is None or need is None:
        return None
    if args and known.enabled_by and not _mentions(args, known.enabled_by) and not _mentions(args, "configfile"):
        return frozenset()
    kinds = need.always + (need.experimental if _is_on(args, known.experimental_flag) else ())
    return frozenset(_pair(k) for k in kinds)


def unserved(needed: Requirements, served: Requirements) -> tuple[tuple[str, str], ...]:
    """What is needed and not served, in a stable order."""
    return tuple(sorted(needed - served))


def minimum_bundles(controller: str) -> Mapping[str, str]:
    """For a controller that ignores CRDs of older bundles: the oldest bundle version it reads, by CRD name."""
    known = controllers().get(controller)
    return {f"{kind}.{GATEWAY_GROUP}": version for kind, version in known.minimums.items()} if known else {}


def newest_tested_bundle(controller: str, version: str) -> str | None:
    """The newest bundle version that this version of the controller was tested with, as its makers say."""
    known = controllers().get(controller)
    return known.tested.get(minor_of(version)) if known else None


def minor_of(version: str) -> str:
    """``3.7`` of ``v3.7.15``; an empty string where it is no version."""
    match = re.match(r"v?(\d+\.\d+)(?:[.\-+].*)?$", version)
    return match[1] if match else ""


def _pair(kind: str) -> tuple[str, str]:
    plural, _, version = kind.partition("/")
    return f"{plural}.{GATEWAY_GROUP}", version


def _mentions(args: Sequence[str], flag: str) -> bool:
    return any(a.lower().lstrip("-").startswith(flag) and not a.lower().endswith(f"{flag}=false") for a in args)


def _is_on(args: Sequence[str], flag: str) -> bool:
    wanted = {flag, f"{flag}=true", f"{flag}=1", f"{flag}=t"}
    return bool(flag) and any(a.lower().lstrip("-") in wanted for a in args)

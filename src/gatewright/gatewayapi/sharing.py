"""Equal parts of objects as one: a fleet says ``Accepted`` a hundred thousand times, and needs it in memory once.

Decoding makes every string and struct anew. What repeats across routes and clusters (conditions, references, kinds,
namespaces, moments) is replaced by one that is known already; what is each object's own (its name, UID, version and
hostnames) is left alone. The table of what is known is bounded; an object that finds it full is only larger.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache, lru_cache
from typing import Any, Final, TypeVar, cast

import msgspec
from msgspec.structs import force_setattr

from gatewright.gatewayapi.live import SHAPES
from gatewright.gatewayapi.metadata import Condition, Meta, Shape, Writer, WrittenMeta
from gatewright.gatewayapi.shapes import (
    BackendRef,
    GrantFrom,
    GrantTo,
    ListenerStatus,
    ParentRef,
    PathMatch,
    RouteKind,
    RouteMatch,
    RouteParentStatus,
    RouteSpec,
    RouteStatus,
    SecretRef,
)
from gatewright.gatewayapi.surroundings import EndpointConditions, EndpointPort, Owned, ServicePort, Workload

T = TypeVar("T")
_KINDS: Final[frozenset[type[Any]]] = frozenset({*SHAPES.values(), Owned, Workload})
_KNOWN: Final = 1 << 14
_LONG: Final = 512
"""A longer text is hardly said twice."""
_PLAIN: Final = frozenset({int, bool, float})
_OWN: Final[dict[type[msgspec.Struct], frozenset[str]]] = {
    Meta: frozenset({"name", "uid", "resource_version"}),
    WrittenMeta: frozenset({"name", "uid", "resource_version"}),
    RouteSpec: frozenset({"hostnames"}),
}
_WHOLE: Final = frozenset({
    Condition,
    EndpointConditions,
    EndpointPort,
    GrantFrom,
    GrantTo,
    ListenerStatus,
    ParentRef,
    PathMatch,
    RouteKind,
    RouteParentStatus,
    RouteStatus,
    SecretRef,
    ServicePort,
    Writer,
})  # fmt: skip
"""What is shared as a whole. Nothing in it is a dictionary, so that it can be looked up."""
_MOSTLY_WHOLE: Final = frozenset({BackendRef, RouteMatch})
"""Looked up unless there is a dictionary in it."""


def share(value: T) -> T:
    """``value``, a shape just decoded that nobody else has yet, with its parts replaced by equal ones. Of what is not
    of a kind in ``SHAPES`` (a Secret) nothing is looked at, and so nothing remembered."""
    return cast(T, _shared(value)) if type(value) in _KINDS else value


def _shared(value: Any) -> Any:
    kind = cast(type[Any], type(value))
    if kind is str:
        return _known(value) if len(value) <= _LONG else value
    if kind is tuple:
        parts = tuple([_shared(part) for part in value])
        return _known(parts) if type(parts[0]) in _WHOLE else parts
    if kind in _WHOLE:
        return _whole(value)
    if kind in _MOSTLY_WHOLE:
        with suppress(TypeError):
            return _whole(value)
        return _in_parts(value)
    if kind is dict:
        for key, part in value.items():
            if type(part) is str:
                value[key] = _shared(part)
        return value
    return _in_parts(value) if isinstance(value, Shape) else value


def _in_parts(value: Any) -> Any:
    for name in _fields(cast(type[msgspec.Struct], type(value))):
        part = getattr(value, name)
        if part:
            known = _shared(part)
            if known is not part:
                force_setattr(value, name, known)
    return value


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """Those that may hold something to share."""
    own = _OWN.get(kind, frozenset[str]())
    found = msgspec.structs.fields(kind)
    return tuple(field.name for field in found if field.name not in own and field.type not in _PLAIN)


@lru_cache(maxsize=_KNOWN)
def _known(value: Any) -> Any:
    return value


@lru_cache(maxsize=_KNOWN)
def _whole(value: Any) -> Any:
    """Only what is new is looked into."""
    return _in_parts(value)

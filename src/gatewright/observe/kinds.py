"""The names by which people call the kinds that are watched: ``httproute``, ``httproutes``, ``gtw``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from gatewright.gatewayapi.kinds import GATEWAY_GROUP, GroupKind
from gatewright.gatewayapi.live import SHAPES
from gatewright.model.errors import NotFoundError

SHORT: Final[Mapping[str, tuple[str, ...]]] = {
    "gateways": ("gtw",),
    "gatewayclasses": ("gc",),
    "referencegrants": ("refgrant",),
    "backendtlspolicies": ("btlspolicy",),
    "listenersets": ("lset",),
}
"""Short names as the CRDs of Gateway API define them (``spec.names.shortNames``)."""


class UnknownKindError(NotFoundError):
    """No reachable cluster serves a Gateway API kind of that name."""

    code: ClassVar[str] = "observe.unknown-kind"


def plural(kind: str) -> str:
    """The plural as Gateway API forms it."""
    lower = kind.lower()
    if lower.endswith("y") and lower[-2:-1] not in "aeiou":
        return f"{lower[:-1]}ies"
    return f"{lower}es" if lower.endswith("s") else f"{lower}s"


def kind_named(name: str) -> GroupKind:
    """The watched Gateway API kind that a person means. Raises ``UnknownKindError``."""
    wanted = name.lower().partition(".")[0]
    known: dict[str, GroupKind] = {}
    for kind in sorted(SHAPES, key=lambda k: k[0] != GATEWAY_GROUP):
        many = plural(kind[1])
        for word in (kind[1].lower(), many, *SHORT.get(many, ())):
            known.setdefault(word, kind)
    try:
        return known[wanted]
    except KeyError:
        raise UnknownKindError(kind=name[:80]) from None

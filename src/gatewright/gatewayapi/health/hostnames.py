"""Hostnames of listeners and routes: what covers what, by the rules of the specification.

A wildcard (``*.example.com``) stands for one or more labels (Gateway API ``Hostname``); in a certificate it stands for
exactly one: ``model.probe.covers``. No hostname is every hostname.
"""

from __future__ import annotations

from collections.abc import Iterable


def normal(hostname: str | None) -> str:
    """Lower case, without a trailing dot; ``*`` for every hostname."""
    return (hostname or "").lower().rstrip(".") or "*"


def covers(general: str | None, special: str | None) -> bool:
    """Whether every name of ``special`` is one of ``general``."""
    one, other = normal(general), normal(special)
    if one in ("*", other):
        return True
    return one.startswith("*.") and other != "*" and other.removeprefix("*").endswith(one[1:])


def intersects(one: str | None, other: str | None) -> bool:
    """Whether some name belongs to both."""
    return covers(one, other) or covers(other, one)


def any_intersects(ones: Iterable[str | None], others: Iterable[str | None]) -> bool:
    """Whether some name belongs to one of each. An empty side is every hostname."""
    left, right = tuple(ones) or (None,), tuple(others) or (None,)
    return any(intersects(a, b) for a in left for b in right)

"""Whether one logical resource says the same on several clusters, and where it does not.

What is compared is the specification as it is watched. References to the team's own namespace are left out: the
namespace may be called otherwise on each cluster, and the resource still be the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from gatewright.gatewayapi.live import (
    GATEWAY,
    LISTENER_SET,
    NAMESPACE,
    POLICY_KINDS,
    REFERENCE_GRANT,
    ROUTES,
    X_LISTENER_SET,
    GroupKind,
)
from gatewright.model.mapping import MappingDifference
from gatewright.model.objects import JSON, canonical, digest

KINDS: Final[tuple[GroupKind, ...]] = (
    NAMESPACE,
    GATEWAY,
    LISTENER_SET,
    X_LISTENER_SET,
    *ROUTES,
    *POLICY_KINDS,
    REFERENCE_GRANT,
)
"""The kinds that a team has in its namespace, in the order in which they are shown."""

LIMIT: Final = 20
"""How many differences are told of one resource."""
CLIP: Final = 200
"""How many characters of a value are told."""
_LEAVES: Final = 2000


class Spec(msgspec.Struct, frozen=True):
    """What an object says, without its own namespace, and the digest of that."""

    content: JSON
    digest: str


def spec_of(live: Any, namespace: str) -> Spec:
    """The specification of an object of one of ``KINDS`` in ``namespace``."""
    content = _without(msgspec.to_builtins(getattr(live, "spec", None)), namespace)
    return Spec(content, digest(content))


def differences(specs: Mapping[str, Spec]) -> tuple[tuple[MappingDifference, ...], bool]:
    """The fields in which clusters differ, by path, each with the value of every cluster; and whether there are more
    than are told."""
    if len({spec.digest for spec in specs.values()}) < 2:
        return (), False
    flat: dict[str, dict[str, JSON]] = {}
    cut = False
    for cluster, spec in specs.items():
        leaves = list(_leaves("", spec.content))
        cut = cut or len(leaves) > _LEAVES
        for path, value in leaves[:_LEAVES]:
            flat.setdefault(path, {})[cluster] = value
    found: list[MappingDifference] = []
    for path, values in flat.items():
        if len(values) == len(specs) and len({canonical(value) for value in values.values()}) == 1:
            continue
        found.append(MappingDifference(path, {cluster: _clipped(values.get(cluster)) for cluster in specs}))
    return tuple(found[:LIMIT]), cut or len(found) > LIMIT


def _without(value: JSON, namespace: str) -> JSON:
    if isinstance(value, dict):
        fields = cast("dict[str, JSON]", value)
        return {k: _without(v, namespace) for k, v in fields.items() if not (k == "namespace" and v == namespace)}
    if isinstance(value, list | tuple):
        return [_without(v, namespace) for v in cast("Sequence[JSON]", value)]
    return value


def _leaves(path: str, value: JSON) -> Iterator[tuple[str, JSON]]:
    if isinstance(value, dict) and value:
        for key, inner in cast("dict[str, JSON]", value).items():
            yield from _leaves(_join(path, key), inner)
    elif isinstance(value, list) and any(isinstance(v, dict | list) for v in cast("list[JSON]", value)):
        entries = cast("list[JSON]", value)
        for index, inner in enumerate(entries):
            yield from _leaves(f"{path}[{_name(inner, entries, index)}]", inner)
    else:
        yield path, value


def _name(entry: JSON, entries: Sequence[JSON], index: int) -> str:
    """An entry of a list by its name where each has one of its own (listeners), else by its place."""
    names = [cast("dict[str, JSON]", e).get("name") if isinstance(e, dict) else None for e in entries]
    if None in names or len(set(map(str, names))) != len(names):
        return str(index)
    return str(cast("dict[str, JSON]", entry)["name"])


def _join(path: str, key: str) -> str:
    if "." in key or "/" in key:
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else f"spec.{key}"


def _clipped(value: JSON) -> JSON:
    text = value if isinstance(value, str) else canonical(value).decode()
    return value if len(text) <= CLIP else f"{text[:CLIP]}…"

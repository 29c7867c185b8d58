"""Whether one logical resource says the same on several clusters, and where it does not.

What is compared is the specification as it is watched. References to the team's own namespace are left out: the
namespace may be called otherwise on each cluster, and the resource still be the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final, cast

import msgspec

from gatewright.gatewayapi.kinds import (
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
_ABSENT: Final = object()


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
    distinct = {spec.digest: spec.content for spec in specs.values()}
    if len(distinct) < 2:
        return (), False
    found: list[MappingDifference] = []
    places = {said: place for place, said in enumerate(distinct)}
    walk = _Walk()
    contents = list(distinct.values())
    paths = walk.differing("", contents)
    first = next(paths, None)
    for path, values in walk.leaf_by_leaf("", contents) if first is None else chain((first,), paths):
        if len(found) == LIMIT:
            return tuple(found), True
        clipped = [None if value is _ABSENT else _clipped(value) for value in values]
        told = {cluster: clipped[places[spec.digest]] for cluster, spec in specs.items()}
        found.append(MappingDifference(path, told))
    return tuple(found), walk.cut


class _Walk:
    """Through several values side by side. What is equal in all is compared whole and not gone into: a thousand
    clusters mostly say the same. ``cut``: a value had more fields than are looked at."""

    cut = False

    def differing(self, path: str, values: Sequence[Any]) -> Iterator[tuple[str, Sequence[Any]]]:
        """The paths at which the values differ, each with its values, ``_ABSENT`` where one has no such field."""
        first = values[0]
        if all(_same(value, first) for value in values):
            return
        if all(isinstance(value, dict) and len(cast("dict[str, JSON]", value)) for value in values):
            parts = [{_join(path, key): inner for key, inner in value.items()} for value in values]
        elif all(_has_parts(value) for value in values):
            parts = [{f"{path}[{_name(v, value, i)}]": v for i, v in enumerate(value)} for value in values]
        else:
            yield from self.leaf_by_leaf(path, values)
            return
        for inner in dict.fromkeys(key for part in parts for key in part):
            yield from self.differing(inner, [part.get(inner, _ABSENT) for part in parts])

    def leaf_by_leaf(self, path: str, values: Sequence[Any]) -> Iterator[tuple[str, Sequence[Any]]]:
        """The same, of values that are not alike enough to go through them side by side."""
        flat = [self._flat(path, value) for value in values]
        for inner in dict.fromkeys(key for leaves in flat for key in leaves):
            found = [leaves.get(inner, _ABSENT) for leaves in flat]
            if not all(_same(value, found[0]) for value in found):
                yield inner, found

    def _flat(self, path: str, value: Any) -> dict[str, JSON]:
        leaves = [] if value is _ABSENT else list(islice(_leaves(path, value), _LEAVES + 1))
        self.cut = self.cut or len(leaves) > _LEAVES
        return dict(leaves[:_LEAVES])


def _same(one: Any, other: Any) -> bool:
    """Of what has fields only almost as JSON: within it, ``True`` is ``1``, as Python sees it."""
    return type(one) is type(other) and one == other


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
    elif _has_parts(value):
        entries = cast("list[JSON]", value)
        for index, inner in enumerate(entries):
            yield from _leaves(f"{path}[{_name(inner, entries, index)}]", inner)
    else:
        yield path, value


def _has_parts(value: Any) -> bool:
    """Whether this is a list whose entries have fields of their own."""
    return isinstance(value, list) and any(isinstance(v, dict | list) for v in cast("list[JSON]", value))


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

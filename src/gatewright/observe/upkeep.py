"""What the feeds of a cluster bring, put into its snapshot: who is told is told only what differs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from gatewright.gatewayapi.kinds import CRD, DEPLOYMENT, NAMESPACE, SECRET, GroupKind, Key
from gatewright.gatewayapi.live import SHAPES, Scope, Snapshot
from gatewright.gatewayapi.surroundings import Owned, Workload
from gatewright.observe import decode
from gatewright.observe.feeds import FeedSpec, too_many_secrets
from gatewright.observe.listener import Listener
from gatewright.observe.secrets import RawSecret, facts_of

_NOTHING: Final = object()
_FEW: Final = 100
"""Objects that differ after a list: more are judged quicker with everything else than one by one."""
_MOVES_FEEDS: Final = frozenset(SHAPES) - {NAMESPACE, ("", "Service"), ("discovery.k8s.io", "EndpointSlice")}


def shape_of(spec: FeedSpec) -> type[Any]:
    """What the objects of a feed are decoded as."""
    if spec.kind == SECRET:
        return RawSecret
    if spec.kind == DEPLOYMENT and not spec.metadata_only:
        return Workload
    return Owned if spec.metadata_only and spec.kind != NAMESPACE else SHAPES[spec.kind]


def held(spec: FeedSpec) -> bool:
    """Whether the snapshot holds what the feed brings."""
    return spec.kind in (SECRET, NAMESPACE) or not spec.metadata_only


class Upkeep:
    """The snapshot of one cluster, kept as its feeds show the cluster."""

    def __init__(self, uid: str, snapshot: Snapshot, listener: Listener) -> None:
        self._uid = uid
        self._snapshot = snapshot
        self._listener = listener
        self._refused: dict[FeedSpec, str] = {}

    # What was listed

    def first(self, spec: FeedSpec) -> bool:
        """Whether nothing of what the feed lists was known before."""
        return _scope(spec) not in self._snapshot.listed or spec.kind in self._snapshot.unread

    def awaits(self, specs: Iterable[FeedSpec]) -> None:
        """These feeds begin: what they list and was never listed is not missing. What nobody lists is not either."""
        self._snapshot.pending.update((SECRET, key) for key in too_many_secrets(self._snapshot))
        for spec in specs:
            if held(spec) and _scope(spec) not in self._snapshot.listed:
                self._snapshot.pending.add(_scope(spec))

    def listed(self, spec: FeedSpec) -> None:
        self._snapshot.pending.discard(_scope(spec))
        if held(spec):
            self._snapshot.listed.add(_scope(spec))

    def unlisted(self, spec: FeedSpec) -> None:
        """Nobody looks there any more."""
        self._snapshot.pending.discard(_scope(spec))
        self._snapshot.listed.discard(_scope(spec))

    def refuse(self, spec: FeedSpec, code: str | None) -> None:
        """The feed cannot read everything, for the reason with this code: nothing is awaited of it. None: it can. One
        feed is enough to leave its kind unread."""
        if code is None:
            self._refused.pop(spec, None)
        else:
            self._refused[spec] = code
            self._snapshot.pending.discard(_scope(spec))
        kinds = {other.kind: found for other, found in self._refused.items()}
        if spec.kind in kinds:
            self._snapshot.unread[spec.kind] = kinds[spec.kind]
        else:
            self._snapshot.unread.pop(spec.kind, None)

    # Objects

    def replace(self, spec: FeedSpec, items: Mapping[Key, Any], *, first: bool) -> None:
        """``first``: nothing was known of what was listed. After that a list (after a 410) mostly brings what is there
        already, and only what differs is told."""
        objects = self._snapshot.objects.setdefault(spec.kind, {})
        kept = {key: _kept(spec, item) for key, item in items.items()}
        wanted = {key: item for key, item in kept.items() if item is not None}
        gone = [key for key in objects if spec.covers(key) and key not in wanted]
        moved = [(key, objects[key], None) for key in gone]
        moved += [(key, objects.get(key), item) for key, item in wanted.items() if not _same(objects.get(key), item)]
        for key in gone:
            del objects[key]
        objects.update(wanted)
        self._controllers(spec.kind)
        if first or len(moved) > _FEW:
            self._listener.replaced(self._uid)
            return
        for key, before, after in moved:
            self._listener.changed(self._uid, spec.kind, key, before, after)

    def change(self, spec: FeedSpec, key: Key, item: Any) -> bool:
        """One object of a feed; None: it is gone. Tells as ``put``."""
        return self.put(spec.kind, key, None if item is None else _kept(spec, item))

    def put(self, kind: GroupKind, key: Key, item: Any) -> bool:
        """One object; None: it is gone. Tells whether there may be something else to watch now."""
        objects = self._snapshot.objects.setdefault(kind, {})
        before = objects.get(key)
        if item is None:
            objects.pop(key, None)
        else:
            objects[key] = item
        if before is None and item is None:
            return False
        self._controllers(kind)
        self._listener.changed(self._uid, kind, key, before, item)
        return kind in _MOVES_FEEDS and _generation(before) != _generation(item)

    def clear(self, spec: FeedSpec, others: Collection[FeedSpec] = ()) -> None:
        """What only this feed has brought is not known any more."""
        objects = self._snapshot.objects.get(spec.kind, {})
        gone = [key for key in objects if spec.covers(key) and not any(other.covers(key) for other in others)]
        for key in gone:
            del objects[key]
        if gone:
            self._listener.replaced(self._uid)

    def prune(self, specs: Iterable[FeedSpec]) -> None:
        """What an earlier process saw, and what none of these feeds asks for any more."""
        if CRD in self._snapshot.unread:
            return
        feeds: dict[GroupKind, list[FeedSpec]] = {}
        for spec in filter(held, specs):
            feeds.setdefault(spec.kind, []).append(spec)
        self._snapshot.listed &= {_scope(spec) for found in feeds.values() for spec in found}
        for kind in self._snapshot.objects.keys() - {CRD}:
            objects = self._snapshot.objects[kind]
            for key in [key for key in objects if not any(spec.covers(key) for spec in feeds.get(kind, ()))]:
                del objects[key]

    def _controllers(self, kind: GroupKind) -> None:
        if kind == DEPLOYMENT:
            found = (c for workload in self._snapshot.of(kind).values() for c in decode.controllers_of(workload))
            self._snapshot.controllers = tuple(sorted(found, key=lambda c: (c.namespace, c.deployment)))


def _kept(spec: FeedSpec, item: Any) -> Any:
    """What the snapshot keeps of an object; None for nothing."""
    if spec.kind == SECRET:
        return facts_of(item)
    if spec.kind == DEPLOYMENT:
        return item if decode.controllers_of(item) else None
    return item


def _same(before: Any, after: Any) -> bool:
    return before is not None and before.metadata.resource_version == after.metadata.resource_version != ""


def _scope(spec: FeedSpec) -> Scope:
    return (spec.kind, (spec.namespace, spec.name))


def _generation(item: Any) -> object:
    """What changes when the spec does; kinds without a generation always count as changed."""
    if item is None:
        return _NOTHING
    return (item.metadata.uid, item.metadata.generation or item.metadata.resource_version)

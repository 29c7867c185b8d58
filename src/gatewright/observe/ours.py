"""What is ours in a cluster, as its feeds show it: whether each object that we wrote is there, and who touched it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from gatewright.gatewayapi.kinds import DEPLOYMENT, GroupKind, Key
from gatewright.gatewayapi.live import Snapshot, Touched
from gatewright.gatewayapi.metadata import WrittenMeta
from gatewright.model.objects import ObjectRef
from gatewright.observe.feeds import WRITTEN, FeedSpec
from gatewright.observe.listener import Listener


class Ours:
    """The objects of one cluster that are ours. Remembers who wrote what feeds have shown, because it may become ours
    later."""

    def __init__(self, uid: str, snapshot: Snapshot, listener: Listener, refs: Iterable[ObjectRef] = ()) -> None:
        self._uid = uid
        self._snapshot = snapshot
        self._listener = listener
        self._owned = {ref.identity: ref for ref in refs}
        self._metadata: dict[tuple[str, str, str, str], WrittenMeta] = {}

    @property
    def refs(self) -> Collection[ObjectRef]:
        return self._owned.values()

    def own(self, refs: Iterable[ObjectRef], shown: Callable[[], Collection[GroupKind]]) -> bool:
        """What is ours from now on; tells whether that is something else than before. ``shown``: the kinds of which
        every object is known, so that what is not there is known to be missing."""
        before, self._owned = self._owned, {ref.identity: ref for ref in refs}
        if before == self._owned:
            return False
        kinds = shown()
        for key in self._owned.keys() - before.keys():
            if key in self._metadata or key[:2] in kinds:
                self._tell(self._owned[key], self._metadata.get(key))
        return True

    def listed(self, spec: FeedSpec, found: Mapping[Key, WrittenMeta]) -> None:
        """All that there is in the feed's scope."""
        if not _shows_writers(spec):
            return
        for key, metadata in found.items():
            self.changed(spec, key, metadata)
        for identity, ref in self._owned.items():
            key = (ref.namespace or "", ref.name)
            if (ref.group, ref.kind) == spec.kind and spec.covers(key) and key not in found:
                self._metadata.pop(identity, None)
                self._tell(ref, None)

    def changed(self, spec: FeedSpec, key: Key, metadata: WrittenMeta | None) -> None:
        """One object; None: it is not there."""
        if not _shows_writers(spec):
            return
        identity = (*spec.kind, *key)
        if metadata is None:
            self._metadata.pop(identity, None)
        elif spec.kind != DEPLOYMENT or key in self._snapshot.of(DEPLOYMENT):
            self._metadata[identity] = metadata
        if identity in self._owned:
            self._tell(self._owned[identity], metadata)

    def _tell(self, ref: ObjectRef, metadata: WrittenMeta | None) -> None:
        self._listener.touched(Touched(self._snapshot.cluster, self._uid, ref, metadata))


def _shows_writers(spec: FeedSpec) -> bool:
    return spec.kind in WRITTEN or spec.metadata_only

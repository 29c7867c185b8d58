"""What a watcher concludes of what its feeds tell it, without a cluster."""

from __future__ import annotations

from typing import Any

from gatewright.gatewayapi.kinds import GroupKind, Key
from gatewright.gatewayapi.live import Snapshot, Touched
from gatewright.gatewayapi.metadata import WrittenMeta
from gatewright.kube.client import KubeClient
from gatewright.kube.connection import Connection
from gatewright.kube.errors import UnreachableError
from gatewright.kube.feed import Listed
from gatewright.kube.resources import NAMESPACES
from gatewright.model.objects import ObjectRef
from gatewright.observe.feeds import FeedSpec
from gatewright.observe.watcher import ClusterWatcher

ORDERS = ObjectRef("v1", "Namespace", "orders")
ALL_NAMESPACES = FeedSpec(NAMESPACES, metadata_only=True)


class Hears:
    """A ``Listener`` that keeps which objects of ours it is told of."""

    def __init__(self) -> None:
        self.told: list[tuple[str, WrittenMeta | None]] = []

    def touched(self, event: Touched) -> None:
        self.told.append((event.ref.name, event.metadata))

    def changed(self, uid: str, kind: GroupKind, key: Key, before: Any, after: Any) -> None: ...

    def replaced(self, uid: str) -> None: ...

    def pulsed(self, uid: str) -> None: ...


async def test_what_becomes_ours_is_missing_only_where_everything_was_seen() -> None:
    hears = Hears()
    watcher = ClusterWatcher("uid", Snapshot("east"), KubeClient(Connection("https://127.0.0.1:1")), hears)
    watcher.failed(ALL_NAMESPACES, UnreachableError(server="s", reason="refused"))
    watcher.own([ORDERS])
    assert hears.told == []
    watcher.own([])
    watcher.listed(ALL_NAMESPACES, Listed([], (), "1"))
    watcher.own([ORDERS])
    assert hears.told == [("orders", None)]


async def test_what_becomes_ours_of_a_kind_that_is_not_served_is_missing() -> None:
    hears = Hears()
    watcher = ClusterWatcher("uid", Snapshot("east"), KubeClient(Connection("https://127.0.0.1:1")), hears)
    watcher.gone(ALL_NAMESPACES)
    watcher.own([ORDERS])
    assert hears.told == [("orders", None)]

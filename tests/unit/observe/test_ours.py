"""What is ours: told where it is known, also of what becomes ours after it was seen."""

from __future__ import annotations

from typing import Any

from gatewright.gatewayapi.kinds import DEPLOYMENT, GATEWAY_CLASS, NAMESPACE, SERVICE, GroupKind, Key
from gatewright.gatewayapi.live import Snapshot, Touched
from gatewright.gatewayapi.metadata import WrittenMeta
from gatewright.kube.resources import DEPLOYMENTS, NAMESPACES, SERVICES
from gatewright.model.objects import ObjectRef
from gatewright.observe.feeds import FeedSpec
from gatewright.observe.ours import Ours

ORDERS = ObjectRef("v1", "Namespace", "orders")
CLASS = ObjectRef("gateway.networking.k8s.io/v1", "GatewayClass", "traefik")
ALL_NAMESPACES = FeedSpec(NAMESPACES, metadata_only=True)
ALL_DEPLOYMENTS = FeedSpec(DEPLOYMENTS)


class Hears:
    """A ``Listener`` that keeps what it is told of objects."""

    def __init__(self) -> None:
        self.told: list[tuple[str, WrittenMeta | None]] = []

    def touched(self, event: Touched) -> None:
        assert (event.cluster, event.uid) == ("east", "uid")
        self.told.append((event.ref.name, event.metadata))

    def changed(self, uid: str, kind: GroupKind, key: Key, before: Any, after: Any) -> None:
        raise AssertionError

    def replaced(self, uid: str) -> None:
        raise AssertionError

    def pulsed(self, uid: str) -> None:
        raise AssertionError


def meta(name: str, version: str = "1") -> WrittenMeta:
    return WrittenMeta(name, uid=f"uid-{name}", resource_version=version)


def nothing() -> frozenset[GroupKind]:
    return frozenset()


def test_a_list_tells_what_is_there_and_what_is_not() -> None:
    hears = Hears()
    ours = Ours("uid", Snapshot("east"), hears, [ORDERS, ObjectRef("v1", "Namespace", "gone"), CLASS])
    ours.listed(ALL_NAMESPACES, {("", "orders"): meta("orders"), ("", "other"): meta("other")})
    assert hears.told == [("orders", meta("orders")), ("gone", None)]


def test_a_change_of_ours_is_told_and_one_of_others_is_not() -> None:
    hears = Hears()
    ours = Ours("uid", Snapshot("east"), hears, [ORDERS])
    ours.changed(ALL_NAMESPACES, ("", "other"), meta("other"))
    ours.changed(ALL_NAMESPACES, ("", "orders"), meta("orders", "2"))
    ours.changed(ALL_NAMESPACES, ("", "orders"), None)
    assert hears.told == [("orders", meta("orders", "2")), ("orders", None)]


def test_a_feed_that_does_not_show_who_wrote_tells_nothing() -> None:
    hears = Hears()
    service = ObjectRef("v1", "Service", "web", "orders")
    ours = Ours("uid", Snapshot("east"), hears, [service])
    ours.listed(FeedSpec(SERVICES, "orders"), {})
    assert hears.told == []
    ours.listed(FeedSpec(SERVICES, "orders", "web", metadata_only=True), {})
    assert hears.told == [("web", None)]
    assert service.identity[:2] == SERVICE


def test_what_becomes_ours_after_it_was_seen_is_told_at_once() -> None:
    hears = Hears()
    ours = Ours("uid", Snapshot("east"), hears)
    ours.changed(ALL_NAMESPACES, ("", "orders"), meta("orders"))
    assert hears.told == []
    assert ours.own([ORDERS], nothing)
    assert hears.told == [("orders", meta("orders"))]
    assert list(ours.refs) == [ORDERS]


def test_what_becomes_ours_and_is_not_there_is_told_only_where_all_is_known() -> None:
    hears = Hears()
    ours = Ours("uid", Snapshot("east"), hears)
    assert ours.own([ORDERS, CLASS], lambda: {NAMESPACE})
    assert hears.told == [("orders", None)]
    assert not ours.own([CLASS, ORDERS], lambda: {NAMESPACE, GATEWAY_CLASS}), "the same as before"
    assert hears.told == [("orders", None)]


def test_a_deployment_that_is_not_kept_is_not_remembered() -> None:
    hears, snapshot = Hears(), Snapshot("east")
    ours = Ours("uid", snapshot, hears)
    kept, other = ("gatewright", "kept"), ("gatewright", "other")
    snapshot.objects[DEPLOYMENT] = {kept: object()}
    for key in (kept, other):
        ours.changed(ALL_DEPLOYMENTS, key, WrittenMeta(key[1], namespace=key[0]))
    ours.own([ObjectRef("apps/v1", "Deployment", name, space) for space, name in (kept, other)], nothing)
    assert [name for name, _ in hears.told] == ["kept"]

"""The snapshot as feeds keep it: what differs is told, and what nobody looks at is not known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gatewright.gatewayapi.kinds import CRD, ENDPOINT_SLICE, GATEWAY, NAMESPACE, SECRET, SERVICE, GroupKind, Key
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.metadata import Meta
from gatewright.gatewayapi.shapes import Gateway
from gatewright.gatewayapi.surroundings import Namespace, Service
from gatewright.kube.resources import CRDS, DEPLOYMENTS, NAMESPACES, SECRETS, SERVICES, Resource
from gatewright.observe.feeds import FeedSpec
from gatewright.observe.listener import Listener
from gatewright.observe.upkeep import Upkeep, held

GATEWAYS = FeedSpec(Resource(*GATEWAY[:1], "v1", "gateways", "Gateway", namespaced=True))
ALL, ORDERS, PAYMENTS = FeedSpec(SERVICES), FeedSpec(SERVICES, "orders"), FeedSpec(SERVICES, "payments")


class Hears:
    def __init__(self) -> None:
        self.changes: list[tuple[GroupKind, Key, Any, Any]] = []
        self.replacements = 0

    def changed(self, uid: str, kind: GroupKind, key: Key, before: Any, after: Any) -> None:
        self.changes.append((kind, key, before, after))

    def replaced(self, uid: str) -> None:
        self.replacements += 1


@pytest.fixture
def hears() -> Hears:
    return Hears()


@pytest.fixture
def snapshot() -> Snapshot:
    return Snapshot("east")


@pytest.fixture
def upkeep(hears: Hears, snapshot: Snapshot) -> Upkeep:
    return Upkeep("uid", snapshot, cast(Listener, hears))


def service(namespace: str, name: str, version: str = "1") -> Service:
    return Service(Meta(name, namespace, uid=name, resource_version=version))


def by_key(*items: Any) -> dict[Key, Any]:
    return {item.metadata.key: item for item in items}


def test_a_first_list_is_told_as_one(hears: Hears, snapshot: Snapshot, upkeep: Upkeep) -> None:
    upkeep.replace(ALL, by_key(service("orders", "a")), first=True)
    assert (hears.replacements, hears.changes) == (1, [])
    assert snapshot.of(SERVICE) == by_key(service("orders", "a"))


def test_of_a_later_list_is_told_what_differs(hears: Hears, snapshot: Snapshot, upkeep: Upkeep) -> None:
    same, old, gone, other = (service("orders", name) for name in ("same", "old", "gone", "other"))
    elsewhere = service("payments", "elsewhere")
    snapshot.objects[SERVICE] = by_key(same, old, gone, elsewhere)
    new = service("orders", "old", "2")
    upkeep.replace(ORDERS, by_key(same, new, other), first=False)
    assert sorted(hears.changes, key=lambda change: change[1]) == [
        (SERVICE, gone.metadata.key, gone, None),
        (SERVICE, new.metadata.key, old, new),
        (SERVICE, other.metadata.key, None, other),
    ]
    assert hears.replacements == 0
    assert snapshot.of(SERVICE) == by_key(same, new, other, elsewhere)


def test_much_that_differs_is_told_as_one(hears: Hears, upkeep: Upkeep) -> None:
    upkeep.replace(ALL, by_key(*(service("orders", str(number)) for number in range(101))), first=False)
    assert (hears.replacements, hears.changes) == (1, [])


def test_what_only_a_feed_that_ends_has_brought_goes(hears: Hears, snapshot: Snapshot, upkeep: Upkeep) -> None:
    snapshot.objects[SERVICE] = by_key(service("orders", "a"), service("payments", "b"))
    upkeep.clear(ALL, [PAYMENTS])
    assert snapshot.of(SERVICE) == by_key(service("payments", "b"))
    upkeep.clear(ORDERS)
    assert hears.replacements == 1, "nothing of it was there"


def test_what_an_earlier_process_saw_and_nobody_asks_for_goes(snapshot: Snapshot, upkeep: Upkeep) -> None:
    crds: dict[Key, Any] = {("", "x"): object()}
    snapshot.objects |= {SERVICE: by_key(service("orders", "a"), service("payments", "b")), CRD: crds}
    snapshot.listed = {(SERVICE, ("orders", "")), (SERVICE, ("payments", "")), (NAMESPACE, ("", ""))}
    upkeep.prune([ORDERS, FeedSpec(DEPLOYMENTS, "orders", "web", metadata_only=True)])
    assert snapshot.objects == {SERVICE: by_key(service("orders", "a")), CRD: crds}
    assert snapshot.listed == {(SERVICE, ("orders", ""))}


def test_nothing_goes_while_crds_cannot_be_read(snapshot: Snapshot, upkeep: Upkeep) -> None:
    snapshot.objects[SERVICE] = by_key(service("orders", "a"))
    upkeep.refuse(FeedSpec(CRDS, metadata_only=True), "kube.forbidden")
    upkeep.prune([])
    assert snapshot.of(SERVICE) == by_key(service("orders", "a"))


def test_what_is_to_be_listed_is_awaited_until_it_was_listed_or_refused(snapshot: Snapshot, upkeep: Upkeep) -> None:
    snapshot.listed = {(SERVICE, ("payments", ""))}
    upkeep.awaits([ORDERS, PAYMENTS, FeedSpec(DEPLOYMENTS, "orders", "web", metadata_only=True)])
    assert snapshot.pending == {(SERVICE, ("orders", ""))}
    assert (upkeep.first(ORDERS), upkeep.first(PAYMENTS)) == (True, False)
    upkeep.listed(ORDERS)
    assert (snapshot.pending, upkeep.first(ORDERS)) == (set(), False)
    upkeep.unlisted(ORDERS)
    upkeep.awaits([ORDERS])
    upkeep.refuse(ORDERS, "kube.forbidden")
    assert (snapshot.pending, upkeep.first(PAYMENTS)) == (set(), True)


def test_a_kind_is_unread_as_long_as_one_feed_of_it_is_refused(snapshot: Snapshot, upkeep: Upkeep) -> None:
    upkeep.refuse(ORDERS, "kube.forbidden")
    upkeep.refuse(PAYMENTS, "observe.unreadable")
    upkeep.refuse(PAYMENTS, None)
    assert snapshot.unread == {SERVICE: "kube.forbidden"}
    upkeep.refuse(ORDERS, None)
    assert snapshot.unread == {}


@pytest.mark.parametrize(
    ("kind", "before", "after", "moves"),
    [
        (GATEWAY, None, Gateway(Meta("a", generation=1)), True),
        (GATEWAY, Gateway(Meta("a", generation=1)), Gateway(Meta("a", generation=1)), False),
        (GATEWAY, Gateway(Meta("a", generation=1)), Gateway(Meta("a", generation=2)), True),
        (GATEWAY, Gateway(Meta("a", generation=1)), None, True),
        (GATEWAY, None, None, False),
        (NAMESPACE, None, Namespace(Meta("a")), False),
        (SERVICE, None, service("", "a"), False),
        (ENDPOINT_SLICE, None, SimpleNamespace(metadata=Meta("a")), False),
    ],
)
def test_a_changed_spec_may_change_what_there_is_to_watch(
    hears: Hears, snapshot: Snapshot, upkeep: Upkeep, kind: GroupKind, before: Any, after: Any, moves: bool
) -> None:
    key = ("", "a")
    if before is not None:
        snapshot.objects[kind] = {key: before}
    assert upkeep.put(kind, key, after) is moves
    assert snapshot.of(kind).get(key) is after
    assert hears.changes == ([] if before is after is None else [(kind, key, before, after)])


def test_of_some_feeds_only_metadata_matter() -> None:
    assert held(FeedSpec(NAMESPACES, metadata_only=True))
    assert held(FeedSpec(SECRETS, "orders", "tls"))
    assert held(GATEWAYS)
    assert not held(FeedSpec(CRDS, metadata_only=True))
    assert FeedSpec(SECRETS).kind == SECRET

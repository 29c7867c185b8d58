"""Notifications as they are kept: their credentials apart and sealed, their deliveries theirs."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.model.desired import Notification
from gatewright.model.manifest import dump, parse
from gatewright.model.notifications import Target
from gatewright.observe.notifications.target import seal, unseal
from gatewright.store.apply import Owned
from gatewright.store.database import Database
from gatewright.store.errors import (
    CredentialDamagedError,
    NotificationWithoutAddressError,
    UnknownDeliveryError,
    UnknownNotificationError,
    UnknownTeamError,
    UnknownTeamNotificationError,
)
from gatewright.store.notifications import Address
from gatewright.store.secrets import KeyRing

RING = KeyRing((b"k" * 32,))
TARGET = Target("https://hooks.example/KEY", "s3cret")
OPS = Notification("ops", "webhook", "payments", ("drift.",), "warning", "zh", "~/url", "~/secret")


async def put(db: Database, *wanted: Notification, dry_run: bool = False, target: Target | None = None) -> list[str]:
    """With an address for each where there is a ``target``."""
    addresses: dict[Owned, Address] = {}
    async with db.transaction() as unit:
        if target is not None:
            for each in wanted:
                own = await unit.notifications.id_for(each.team, each.name)
                addresses[each.team, each.name] = seal(RING, own, target)
        changes = await unit.fleet.apply_desired(wanted, "ann", addresses=addresses, dry_run=dry_run)
    return [change.verb for change in changes]


async def id_of(db: Database, wanted: Notification) -> str:
    async with db.reading() as unit:
        return await unit.notifications.id_for(wanted.team, wanted.name)


async def test_it_is_applied_exported_and_applied_again_unchanged(fleet: Database) -> None:
    assert await put(fleet, OPS, target=TARGET) == ["create"]
    async with fleet.reading() as unit:
        exported = dump(await unit.fleet.export())
        events = [(e.what, e.where, e.team) for e in await unit.journal.events(what_prefix="notification.")]
    assert "KEY" not in exported
    assert "s3cret" not in exported
    wanted = [s.desired for s in parse(exported)]
    assert OPS in wanted
    assert await put(fleet, *(w for w in wanted if isinstance(w, Notification))) == ["unchanged"]
    assert events == [("notification.create", "payments.ops", "payments")]


async def test_a_dry_run_keeps_nothing(fleet: Database) -> None:
    assert await put(fleet, OPS, dry_run=True, target=TARGET) == ["create"]
    async with fleet.reading() as unit:
        assert await unit.notifications.all() == []
        assert not await unit.notifications.any_sealed()


async def test_a_new_one_needs_an_address_and_its_team(fleet: Database) -> None:
    with pytest.raises(NotificationWithoutAddressError):
        await put(fleet, OPS)
    with pytest.raises(UnknownTeamError):
        await put(fleet, Notification("x", "slack", "nobody"), target=TARGET)


async def test_a_name_is_its_owners(fleet: Database) -> None:
    """Two teams and the installation each have an ``ops``, and none touches another's."""
    orders, everybodys = Notification("ops", "slack", "orders"), Notification("ops", "webhook")
    targets = {OPS: Target("https://a.example/1"), orders: Target("https://b.example/2"), everybodys: TARGET}
    for wanted, each in targets.items():
        assert await put(fleet, wanted, target=each) == ["create"]
    async with fleet.transaction() as unit:
        await unit.journal.note("w", "rollout.failed", "x", team="orders", severity="error")
    for wanted in targets:
        async with fleet.transaction() as unit:
            await unit.deliveries.enqueue(await unit.notifications.id_for(wanted.team, wanted.name), settle=0)
    async with fleet.reading() as unit:
        assert await unit.notifications.all() == [everybodys, orders, OPS]
        assert dump(await unit.fleet.export()).count("name: ops") == 3
        for wanted, each in targets.items():
            address = await unit.notifications.address(wanted.team, wanted.name)
            assert address is not None
            assert unseal(RING, address) == each
        told = {(d.team, d.notification, d.what) for d in await unit.deliveries.all()}
        assert told >= {("orders", "ops", "rollout.failed"), ("", "ops", "rollout.failed")}
        assert [d.team for d in await unit.deliveries.all(teams="orders", notification="ops")] == ["orders"]
        assert {d.team for d in await unit.deliveries.all(teams=frozenset({"orders", "payments"}))} == {"orders"}
        assert {d.team for d in await unit.deliveries.all(teams="")} == {""}
    async with fleet.transaction() as unit:
        await unit.fleet.delete_team("orders", "ann")
        assert await unit.notifications.all() == [everybodys, OPS]
        assert {d.team for d in await unit.deliveries.all()} == {""}
        with pytest.raises(UnknownTeamNotificationError):
            await unit.notifications.get("orders", "ops")


async def test_an_address_of_another_is_not_taken(fleet: Database) -> None:
    await put(fleet, OPS, target=TARGET)
    stale = {("payments", "ops"): seal(RING, "n-another", TARGET)}
    with pytest.raises(ValueError, match="n-another"):
        async with fleet.transaction() as unit:
            await unit.fleet.apply_desired([OPS], "ann", addresses=stale)


async def test_the_address_opens_as_this_notifications_only(fleet: Database) -> None:
    await put(fleet, OPS, target=TARGET)
    async with fleet.reading() as unit:
        address = await unit.notifications.address("payments", "ops")
    assert address is not None
    assert unseal(RING, address) == TARGET
    with pytest.raises(CredentialDamagedError):
        unseal(RING, Address("other", address.sealed, address.signed))
    with pytest.raises(CredentialDamagedError):
        RING.open(address.id, address.sealed)
    assert b"KEY" not in address.sealed.ciphertext


async def test_keys_are_rotated(fleet: Database) -> None:
    await put(fleet, OPS, target=TARGET)
    both = KeyRing((b"n" * 32, b"k" * 32))
    async with fleet.transaction() as unit:
        assert await unit.notifications.rewrap(both) == 1
        assert await unit.notifications.rewrap(both) == 0
        address = await unit.notifications.address("payments", "ops")
        [status] = await unit.notifications.statuses()
    assert address is not None
    assert unseal(KeyRing((b"n" * 32,)), address) == TARGET
    assert status.signed


async def test_with_a_notification_go_its_credentials_and_deliveries(fleet: Database) -> None:
    await put(fleet, OPS, target=TARGET)
    own = await id_of(fleet, OPS)
    async with fleet.transaction() as unit:
        await unit.journal.note("w", "drift.found", "x", team="payments", severity="error")
    async with fleet.transaction() as unit:
        assert await unit.deliveries.enqueue(own, settle=0) == 2
        assert await unit.deliveries.enqueue(own, settle=0) == 0
        [claim] = await unit.deliveries.claim(8, lease=60)
    async with fleet.transaction() as unit:
        await unit.fleet.delete_notification("payments", "ops", "ann")
        assert await unit.deliveries.all() == []
        assert not await unit.notifications.any_sealed()
        await unit.deliveries.sent(claim)
        with pytest.raises(UnknownNotificationError, match="ops"):
            await unit.notifications.get("payments", "ops")
        with pytest.raises(UnknownDeliveryError):
            await unit.deliveries.retry(claim.id)


async def test_deliveries_are_listed_newest_first_in_parts(fleet: Database, clock: Any) -> None:
    await put(fleet, OPS, target=TARGET)
    own = await id_of(fleet, OPS)
    for number in range(5):
        async with fleet.transaction() as unit:
            await unit.journal.note("w", "drift.found", f"x{number}", team="payments", severity="error")
        async with fleet.transaction() as unit:
            await unit.deliveries.enqueue(own, settle=0)
        clock.forward(seconds=number % 2)
    async with fleet.reading() as unit:
        whole = await unit.deliveries.all()
        first = await unit.deliveries.all(limit=2)
        rest = await unit.deliveries.all(before=(first[-1].created_at, first[-1].id))
        assert await unit.deliveries.all(states=["dead"]) == []
    assert first + rest == whole
    assert len({d.id for d in whole}) == 5


async def test_events_that_are_pruned_take_their_messages_with_them(fleet: Database, clock: Any) -> None:
    await put(fleet, OPS, target=TARGET)
    own = await id_of(fleet, OPS)
    async with fleet.transaction() as unit:
        await unit.journal.note("w", "drift.found", "x", team="payments", severity="error")
    async with fleet.transaction() as unit:
        await unit.deliveries.enqueue(own, settle=0)
        await unit.deliveries.claim(8, lease=60)
    clock.forward(days=100)
    async with fleet.transaction() as unit:
        await unit.journal.note("w", "drift.found", "y", team="payments", severity="error")
    async with fleet.transaction() as unit:
        await unit.journal.prune()
        assert await unit.deliveries.all() == []
        assert await unit.deliveries.enqueue(own, settle=0) == 1

"""Notifications as they are kept: their credentials apart and sealed, their deliveries theirs."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.model.desired import Notification
from gatewright.model.manifest import dump, parse
from gatewright.model.notifications import Target
from gatewright.observe.notifications.target import seal, unseal
from gatewright.store.apply import Address
from gatewright.store.database import Database
from gatewright.store.errors import (
    CredentialDamagedError,
    NotificationWithoutAddressError,
    UnknownDeliveryError,
    UnknownNotificationError,
    UnknownTeamError,
)
from gatewright.store.secrets import KeyRing

RING = KeyRing((b"k" * 32,))
TARGET = Target("https://hooks.example/KEY", "s3cret")
OPS = Notification("ops", "webhook", "payments", ("drift.",), "warning", "zh", "~/url", "~/secret")


async def put(db: Database, *wanted: Notification, dry_run: bool = False, **addresses: Address) -> list[str]:
    async with db.transaction() as unit:
        changes = await unit.fleet.apply_desired(wanted, "ann", addresses=addresses, dry_run=dry_run)
    return [change.verb for change in changes]


async def test_it_is_applied_exported_and_applied_again_unchanged(fleet: Database) -> None:
    assert await put(fleet, OPS, ops=seal(RING, "ops", TARGET)) == ["create"]
    async with fleet.reading() as unit:
        exported = dump(await unit.fleet.export())
        events = [(e.what, e.where, e.team) for e in await unit.journal.events(what_prefix="notification.")]
    assert "KEY" not in exported
    assert "s3cret" not in exported
    wanted = [s.desired for s in parse(exported)]
    assert OPS in wanted
    assert await put(fleet, *(w for w in wanted if isinstance(w, Notification))) == ["unchanged"]
    assert events == [("notification.create", "ops", "payments")]


async def test_a_dry_run_keeps_nothing(fleet: Database) -> None:
    assert await put(fleet, OPS, dry_run=True, ops=seal(RING, "ops", TARGET)) == ["create"]
    async with fleet.reading() as unit:
        assert await unit.notifications.all() == []
        assert not await unit.notifications.any_sealed()


async def test_a_new_one_needs_an_address_and_its_team(fleet: Database) -> None:
    with pytest.raises(NotificationWithoutAddressError):
        await put(fleet, OPS)
    with pytest.raises(UnknownTeamError):
        await put(fleet, Notification("x", "slack", "nobody"), x=seal(RING, "x", TARGET))


async def test_the_address_opens_as_this_notifications_only(fleet: Database) -> None:
    await put(fleet, OPS, ops=seal(RING, "ops", TARGET))
    async with fleet.reading() as unit:
        sealed = await unit.notifications.sealed("ops")
    assert sealed is not None
    assert unseal(RING, "ops", sealed) == TARGET
    with pytest.raises(CredentialDamagedError):
        unseal(RING, "other", sealed)
    with pytest.raises(CredentialDamagedError):
        RING.open("ops", sealed)
    assert b"KEY" not in sealed.ciphertext


async def test_keys_are_rotated(fleet: Database) -> None:
    await put(fleet, OPS, ops=seal(RING, "ops", TARGET))
    both = KeyRing((b"n" * 32, b"k" * 32))
    async with fleet.transaction() as unit:
        assert await unit.notifications.rewrap(both) == 1
        assert await unit.notifications.rewrap(both) == 0
        sealed = await unit.notifications.sealed("ops")
        [status] = await unit.notifications.statuses()
    assert sealed is not None
    assert unseal(KeyRing((b"n" * 32,)), "ops", sealed) == TARGET
    assert status.signed


async def test_with_a_notification_go_its_credentials_and_deliveries(fleet: Database) -> None:
    await put(fleet, OPS, ops=seal(RING, "ops", TARGET))
    async with fleet.transaction() as unit:
        await unit.journal.note("w", "drift.found", "x", team="payments", severity="error")
    async with fleet.transaction() as unit:
        assert await unit.deliveries.enqueue("ops", settle=0) == 2
        assert await unit.deliveries.enqueue("ops", settle=0) == 0
        [claim] = await unit.deliveries.claim(8, lease=60)
    async with fleet.transaction() as unit:
        await unit.fleet.delete_notification("ops", "ann")
        assert await unit.deliveries.all() == []
        assert not await unit.notifications.any_sealed()
        await unit.deliveries.sent(claim)
        with pytest.raises(UnknownNotificationError, match="ops"):
            await unit.notifications.get("ops")
        with pytest.raises(UnknownDeliveryError):
            await unit.deliveries.retry(claim.id)


async def test_deliveries_are_listed_newest_first_in_parts(fleet: Database, clock: Any) -> None:
    await put(fleet, OPS, ops=seal(RING, "ops", TARGET))
    for number in range(5):
        async with fleet.transaction() as unit:
            await unit.journal.note("w", "drift.found", f"x{number}", team="payments", severity="error")
        async with fleet.transaction() as unit:
            await unit.deliveries.enqueue("ops", settle=0)
        clock.forward(seconds=number % 2)
    async with fleet.reading() as unit:
        whole = await unit.deliveries.all()
        first = await unit.deliveries.all(limit=2)
        rest = await unit.deliveries.all(before=(first[-1].created_at, first[-1].id))
        assert await unit.deliveries.all(states=["dead"]) == []
    assert first + rest == whole
    assert len({d.id for d in whole}) == 5


async def test_events_that_are_pruned_take_their_messages_with_them(fleet: Database, clock: Any) -> None:
    await put(fleet, OPS, ops=seal(RING, "ops", TARGET))
    async with fleet.transaction() as unit:
        await unit.journal.note("w", "drift.found", "x", team="payments", severity="error")
    async with fleet.transaction() as unit:
        await unit.deliveries.enqueue("ops", settle=0)
        await unit.deliveries.claim(8, lease=60)
    clock.forward(days=100)
    async with fleet.transaction() as unit:
        await unit.journal.note("w", "drift.found", "y", team="payments", severity="error")
    async with fleet.transaction() as unit:
        await unit.journal.prune()
        assert await unit.deliveries.all() == []
        assert await unit.deliveries.enqueue("ops", settle=0) == 1

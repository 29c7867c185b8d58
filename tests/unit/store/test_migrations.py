"""A database with data is migrated and keeps what people put into it, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from alembic import command
from sqlalchemy import Connection, text

from gatewright.model.desired import Notification
from gatewright.model.notifications import Target
from gatewright.observe.notifications.target import seal, unseal
from gatewright.store.database import Database
from gatewright.store.errors import ConcurrentChangeError
from gatewright.store.migrations.upgrade import config
from gatewright.store.secrets import KeyRing
from gatewright.store.unit import Unit

RING = KeyRing((b"k" * 32,))
TARGET = Target("https://hooks.example/KEY", "s3cret")
AT = "2026-11-22T12:00:00.000000Z"
EVENTS = '["drift."]'


async def migrate_to(unit: Unit, revision: str) -> None:
    def upgrade(connection: Connection) -> None:
        command.upgrade(config(connection), revision)

    await (await unit.session.connection()).run_sync(upgrade)


async def insert(unit: Unit, table: str, values: Mapping[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    given = ", ".join(f":{name}" for name in values)
    await unit.session.execute(text(f"INSERT INTO {table} ({names}) VALUES ({given})"), values)


async def fill(unit: Unit) -> None:
    """Team payments with notification ``ops``, and ``all`` without a team, as 0003 kept them: each with its address,
    a delivery that was given up, and what it told."""
    await insert(unit, "teams", {"name": "payments", "default_namespace": "", "created_at": AT})
    event = {"at": AT, "who": "w", "what": "drift.found", "subject": "x", "severity": "error", "team": "payments"}
    await insert(unit, "events", event)
    for number, (name, team) in enumerate((("ops", "payments"), ("all", None))):
        kept = {"name": name, "team": team, "type": "webhook", "events": EVENTS, "minimum": "info", "language": "zh"}
        rest = {"url_file": "/u", "secret_file": "", "created_at": AT, "cursor": 1}
        await insert(unit, "notifications", {**kept, **rest})
        sealed = RING.seal(f"notification/{name}", msgspec.json.encode(TARGET))
        secret = {"key_id": sealed.key_id, "wrapped_key": sealed.wrapped_key, "ciphertext": sealed.ciphertext}
        await insert(unit, "notification_secrets", {"notification": name, "signed": True, **secret, "updated_at": AT})
        about = {"notification": name, "event_id": 1, "subject": "s", "digest": "d", "alarm": True}
        sent = {"origin": "", "came_back": False, "forced": False, "state": "dead", "attempts": 8}
        moments = {"created_at": AT, "next_at": AT}
        await insert(unit, "deliveries", {"id": f"d-{number}", **about, **sent, **moments})
        await insert(unit, "told", about)


async def count(unit: Unit, table: str) -> int:
    return await unit.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0


@pytest.fixture
async def old(empty_url: str) -> str:
    """The address of a database of revision 0003 with notifications in it."""
    async with Database.open(empty_url) as db, db.transaction() as unit:
        await migrate_to(unit, "0003")
        await fill(unit)
    return empty_url


async def test_notifications_keep_their_addresses_deliveries_and_what_they_told(old: str) -> None:
    async with Database.open(old) as db:
        await db.migrate()
        async with db.reading() as unit:
            ops = Notification("ops", "webhook", "payments", ("drift.",), "info", "zh", "/u")
            assert await unit.notifications.all() == [msgspec.structs.replace(ops, name="all", team=""), ops]
            for team, name in (("payments", "ops"), ("", "all")):
                address = await unit.notifications.address(team, name)
                assert address is not None
                assert unseal(RING, address) == TARGET
            assert [(s.name, s.signed, s.dead) for s in await unit.notifications.statuses()] == [
                ("all", True, 1),
                ("ops", True, 1),
            ]
            told = await unit.deliveries.all()
            assert {(d.id, d.team, d.notification) for d in told} == {("d-0", "payments", "ops"), ("d-1", "", "all")}
            assert await count(unit, "told") == 2


async def test_what_was_migrated_goes_on(old: str) -> None:
    """It is sent again, tells of new events, gives its name to others, and takes with it what is its own."""
    async with Database.open(old) as db:
        await db.migrate()
        async with db.transaction() as unit:
            assert (await unit.deliveries.retry("d-0")).state == "pending"
            [claim] = await unit.deliveries.claim(8, lease=60)
            assert claim.address is not None
            assert unseal(RING, claim.address) == TARGET
            await unit.deliveries.sent(claim)
            await unit.journal.note("w", "drift.found", "y", team="payments", severity="error")
        async with db.transaction() as unit:
            assert sorted(await unit.deliveries.behind()) == ["all", "ops"]
            assert await unit.deliveries.enqueue("ops", settle=0) == 1
            another = Notification("ops", "webhook")
            own = await unit.notifications.id_for("", "ops")
            addresses = {("", "ops"): seal(RING, own, TARGET)}
            await unit.fleet.apply_desired([another], "ann", addresses=addresses)
            assert own != "ops"
        async with db.transaction() as unit:
            await unit.fleet.delete_notification("payments", "ops", "ann")
            assert {d.team for d in await unit.deliveries.all()} == {""}
            assert await count(unit, "told") == 1
            assert await count(unit, "notification_secrets") == 2


async def test_the_keys_of_the_tables_are_the_new_ones(old: str) -> None:
    async with Database.open(old) as db:
        await db.migrate()
        rest = {"type": "slack", "events": EVENTS, "minimum": "info", "language": "en"}
        more = {"url_file": "", "secret_file": "", "created_at": AT, "cursor": 0}
        for taken in ({"id": "ops", "team": "", "name": "x"}, {"id": "x", "team": "payments", "name": "ops"}):
            with pytest.raises(ConcurrentChangeError):
                async with db.transaction() as unit:
                    await insert(unit, "notifications", {**taken, **rest, **more})
        lost = {"notification": "nobody", "subject": "s", "event_id": 1, "digest": "d", "alarm": True}
        with pytest.raises(ConcurrentChangeError):
            async with db.transaction() as unit:
                await insert(unit, "told", lost)

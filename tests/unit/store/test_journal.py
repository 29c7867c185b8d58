"""The event log: filters, paging both ways, ids in the order of commits, retention."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from gatewright.model.desired import Team
from gatewright.store.database import Database
from gatewright.text import message


async def whats(db: Database, **filters: Any) -> list[str]:
    async with db.reading() as unit:
        return [event.what for event in await unit.journal.events(**filters)]


async def note(db: Database, *whats: str, **more: Any) -> None:
    async with db.transaction() as unit:
        for what in whats:
            await unit.journal.note("gatewright", what, "x", **more)


async def test_an_event_comes_back_as_it_was_noted(db: Database) -> None:
    told = message("store.unknown-team", team="t", nearest="-")
    more: dict[str, Any] = {"cluster": "a", "team": "t", "severity": "error", "message": told}
    async with db.transaction() as unit:
        await unit.journal.note("watcher", "health.object", "Gateway/x", {"health": "healthy"}, [1], **more)
    async with db.reading() as unit:
        [event] = await unit.journal.events()
        assert await unit.journal.event(event.id) == event
        assert await unit.journal.last_event() == event.id == event.seq
    assert (event.who, event.what, event.where) == ("watcher", "health.object", "Gateway/x")
    assert (event.before, event.after, event.at) == ({"health": "healthy"}, [1], "2026-11-22T12:00:00.000000Z")
    assert (event.cluster, event.team, event.severity, event.message) == ("a", "t", "error", told)


async def test_the_log_is_read_both_ways_and_by_what_it_is_about(fleet: Database) -> None:
    async with fleet.reading() as unit:
        start = await unit.journal.last_event()
    await note(fleet, "drift.found", cluster="a")
    await note(fleet, "drift.healed", cluster="b", team="payments")
    await note(fleet, "driftX", "health.cluster", cluster="elsewhere")
    assert await whats(fleet, after=start) == ["drift.found", "drift.healed", "driftX", "health.cluster"]
    assert await whats(fleet, after=start, limit=1) == ["drift.found"]
    assert await whats(fleet, newest=True, limit=2) == ["health.cluster", "driftX"]
    assert await whats(fleet, newest=True, before=start + 2, after=start) == ["drift.found"]
    assert await whats(fleet, after=start, what_prefix="drift.") == ["drift.found", "drift.healed"]
    assert await whats(fleet, after=start, what_prefix="drift_") == []
    assert await whats(fleet, after=start, cluster="b") == ["drift.healed"]
    assert await whats(fleet, after=start, team="payments") == ["drift.found", "drift.healed"]


async def test_writers_of_desired_state_say_whom_it_is_about(fleet: Database) -> None:
    async with fleet.transaction() as unit:
        await unit.fleet.delete_binding("payments", "a", "ann")
    async with fleet.reading() as unit:
        found = {(e.what, e.cluster, e.team) for e in await unit.journal.events()}
    assert found >= {
        ("cluster.create", "a", ""), ("team.create", "", "orders"), ("stack.create", "", "payments"),
        ("binding.create", "a", "payments"), ("binding.delete", "a", "payments"),
    }  # fmt: skip


async def test_a_dry_run_and_a_failure_leave_no_event(db: Database) -> None:
    async with db.transaction() as unit:
        await unit.journal.note("ann", "kept", "x")
        await unit.fleet.apply_desired([Team("t")], "ann", dry_run=True)
    with pytest.raises(RuntimeError):  # noqa: PT012
        async with db.transaction() as unit:
            await unit.journal.note("ann", "lost", "x")
            raise RuntimeError
    assert await whats(db) == ["kept"]


async def test_a_reader_that_goes_on_after_an_id_misses_nothing(url: str, db: Database) -> None:
    """Writers of several processes commit in any order; what has been read is never overtaken from behind."""
    read: list[int] = []

    async def write(name: str) -> None:
        async with Database.open(url) as own:
            for _ in range(15):
                async with own.transaction() as unit:
                    await unit.journal.note("w", "a", name)
                    await unit.journal.note("w", "b", name)
                    await asyncio.sleep(0)

    async def follow() -> None:
        while len(read) < 90:
            async with db.reading() as unit:
                read.extend([e.id for e in await unit.journal.events(after=read[-1] if read else 0)])
            await asyncio.sleep(0)

    async with asyncio.timeout(60):
        await asyncio.gather(follow(), *(write(str(n)) for n in range(3)))
    assert len(set(read)) == 90
    assert read == sorted(read)


async def test_on_postgresql_a_lower_id_never_commits_after_a_higher_one(url: str, db: Database) -> None:
    """The transaction that took its numbers first holds the lock; the other's come after its commit."""
    if not url.startswith("postgresql"):
        pytest.skip("SQLite has one writer")
    other = Database.open(url)
    async with other, db.transaction() as unit:
        await unit.journal.note("ann", "first", "x")
        await unit.journal.flush()
        second = asyncio.create_task(note(other, "second"))
        async with asyncio.timeout(30), db.reading() as looking:
            waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            while not (await looking.session.execute(waits)).scalar_one():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert not second.done()
        await unit.session.commit()
        await second
    assert await whats(db) == ["first", "second"]


async def test_the_bell_rings_when_events_are_committed(db: Database) -> None:
    ticket = db.bell.ticket()
    async with db.transaction():
        pass
    assert not ticket.is_set()
    await note(db, "a")
    await db.bell.heard(ticket, 0)
    assert ticket.is_set()


async def test_old_events_are_pruned_some_at_a_time_and_numbers_never_return(db: Database, clock: Any) -> None:
    await note(db, "a", "b", "c")
    clock.forward(days=91)
    async with db.transaction() as unit:
        assert await unit.journal.prune(limit=1) == 1
        assert await unit.journal.prune() == 1
        assert await unit.journal.prune() == 0
    assert await whats(db) == ["c"]
    await note(db, "d")
    async with db.transaction() as unit:
        assert await unit.journal.prune() == 1
    assert await whats(db) == ["d"]

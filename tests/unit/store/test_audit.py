"""The audit holds what people did, in the transaction in which they did it, and nobody can change it."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from gatewright.model.audit import Entry, Wanted
from gatewright.model.desired import Team
from gatewright.model.errors import GatewrightError
from gatewright.model.tenure import Tenures
from gatewright.store.database import Database
from gatewright.store.origin import Act, Origin, about, acting, current, recognised

ANN = Origin("ann", "u-1", "session", "192.0.2.7", "Firefox", "4f", "PUT /api/v1/teams/x")


async def entries(db: Database, **wanted: object) -> list[Entry]:
    async with db.reading() as unit:
        return await unit.audit.entries(Wanted(**wanted), limit=100)  # type: ignore[arg-type]


async def make_team(db: Database, name: str, who: str = "ann") -> None:
    async with db.transaction() as unit:
        await unit.fleet.apply_desired([Team(name)], who)


async def test_what_a_person_notes_is_written_beside_the_event(db: Database) -> None:
    with acting(Act(ANN)) as act:
        await make_team(db, "payments")
    (entry,) = await entries(db)
    assert (entry.who, entry.person, entry.via, entry.address) == ("ann", "u-1", "session", "192.0.2.7")
    assert (entry.agent, entry.request, entry.route) == ("Firefox", "4f", "PUT /api/v1/teams/x")
    assert (entry.what, entry.where, entry.team, entry.outcome) == ("team.create", "payments", "payments", "done")
    assert entry.before is None
    assert entry.after["name"] == "payments"
    assert act.committed == 1


async def test_a_transaction_that_is_rolled_back_leaves_no_entry(db: Database) -> None:
    with acting(Act(ANN)) as act:
        with pytest.raises(RuntimeError):  # noqa: PT012
            async with db.transaction() as unit:
                await unit.journal.note("ann", "lost", "x")
                await unit.journal.flush()
                raise RuntimeError
        async with db.transaction() as unit:
            mark = unit.journal.mark()
            await unit.journal.record("ann", "lost too", "x")
            unit.journal.rewind(mark)
    assert await entries(db) == []
    assert act.committed == 0


async def test_background_work_is_no_act_of_a_person(db: Database) -> None:
    """Neither what nobody asked for, nor what a task does that a request began: while it runs, or when it is over."""
    await make_team(db, "a")
    started = asyncio.Event()

    async def later() -> None:
        await started.wait()
        await make_team(db, "c")

    with acting(Act(ANN)):
        task = asyncio.create_task(later())
        await make_team(db, "b", who="rollout r-1")
    started.set()
    await task
    assert await entries(db) == []
    assert current() is None


async def test_what_is_recorded_is_no_event(db: Database) -> None:
    ticket = db.bell.ticket()
    with acting(Act(ANN)):
        async with db.transaction() as unit:
            await unit.journal.record("ann", "session.create", "s1", after={"token": "gwt_abcdefgh_ijkl"})
    assert [(e.what, e.after) for e in await entries(db)] == [("session.create", {"token": "***"})]
    async with db.reading() as unit:
        assert await unit.journal.events() == []
    assert not ticket.is_set()


async def test_a_request_may_say_who_and_what_it_is(db: Database) -> None:
    with acting(Act(Origin(request="5"))) as act:
        recognised("bo", person="u-2", via="token")
        about(what="cluster.probe", where="shanghai", cluster="shanghai", after={"password": "x", "n": 1})
        async with db.transaction() as unit:
            await unit.audit.answered(act, "refused", "server.forbidden")
    recognised("nobody")
    about(what="nothing")
    (entry,) = await entries(db)
    assert (entry.who, entry.via, entry.what, entry.cluster) == ("bo", "token", "cluster.probe", "shanghai")
    assert (entry.outcome, entry.code, entry.after) == ("refused", "server.forbidden", {"password": "***", "n": 1})


async def test_no_row_is_changed_deleted_or_replaced(url: str, db: Database) -> None:
    with acting(Act(ANN)):
        await make_team(db, "payments")
    before = await entries(db)
    forbidden = [
        "UPDATE audit SET who = 'bo'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE team = 'payments'",
    ]
    if url.startswith("sqlite"):
        forbidden.append("INSERT OR REPLACE INTO audit SELECT * FROM audit")
        forbidden.append("REPLACE INTO audit SELECT * FROM audit")
    else:
        forbidden.append("TRUNCATE audit")
    for statement in forbidden:
        with pytest.raises(GatewrightError):
            async with db.transaction() as unit:
                await unit.session.execute(text(statement))
    assert await entries(db) == before


async def test_pruning_events_leaves_the_audit(db: Database, clock: object) -> None:
    with acting(Act(ANN)):
        await make_team(db, "a")
        await make_team(db, "b")
    clock.forward(days=1000)  # type: ignore[attr-defined]
    async with db.transaction() as unit:
        assert await unit.journal.prune(days=1) == 1
    assert [e.where for e in await entries(db)] == ["b", "a"]


async def test_the_audit_is_searched(db: Database, clock: object) -> None:
    with acting(Act(ANN)) as act:
        await make_team(db, "payments")
        await make_team(db, "orders")
        clock.forward(hours=1)  # type: ignore[attr-defined]
        act.what, act.where, act.team = "rollout.start", "r-100%", "payments"
        async with db.transaction() as unit:
            await unit.audit.answered(act, "refused", "rollout.busy")
    found = {
        "all": [e.where for e in await entries(db)],
        "team": [e.where for e in await entries(db, team="payments")],
        "teams": [e.where for e in await entries(db, teams=Tenures({"orders": "2026-11-22T12:00:00.000000Z"}))],
        "anew": [e.where for e in await entries(db, teams=Tenures({"orders": "2026-11-22T12:00:00.000001Z"}))],
        "none": [e.where for e in await entries(db, teams=Tenures())],
        "what": [e.where for e in await entries(db, what="team.")],
        "like": [e.where for e in await entries(db, what="team_")],
        "refused": [e.where for e in await entries(db, outcome="refused")],
        "text": [e.where for e in await entries(db, text="BUSY")],
        "percent": [e.where for e in await entries(db, text="100%")],
        "wild": [e.where for e in await entries(db, text="%")],
        "who": [e.where for e in await entries(db, who="bo")],
        "since": [e.where for e in await entries(db, since="2026-11-22T13:00:00.000000Z")],
        "until": [e.where for e in await entries(db, until="2026-11-22T13:00:00.000000Z")],
    }
    assert found == {
        "all": ["r-100%", "orders", "payments"],
        "team": ["r-100%", "payments"],
        "teams": ["orders"],
        "anew": [],
        "none": [],
        "what": ["orders", "payments"],
        "like": [],
        "refused": ["r-100%"],
        "text": ["r-100%"],
        "percent": ["r-100%"],
        "wild": ["r-100%"],
        "who": [],
        "since": ["r-100%"],
        "until": ["orders", "payments"],
    }


async def test_entries_of_one_transaction_keep_their_order_and_pages_join(db: Database) -> None:
    with acting(Act(ANN)):
        async with db.transaction() as unit:
            await unit.fleet.apply_desired([Team(f"t{n}") for n in range(30)], "ann")
    whole = [e.where for e in await entries(db)]
    assert whole == [f"t{n}" for n in reversed(range(30))]
    async with db.reading() as unit:
        first = await unit.audit.entries(Wanted(), limit=7)
        rest = await unit.audit.entries(Wanted(), before=first[-1].id, limit=100)
    assert [e.where for e in (*first, *rest)] == whole

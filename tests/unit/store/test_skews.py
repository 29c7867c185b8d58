"""Since when a team's clusters differ: remembered while it lasts, forgotten when it is over."""

from __future__ import annotations

from gatewright.model.desired import Team
from gatewright.store.database import Database


async def note(db: Database, team: str, *keys: str) -> dict[str, str]:
    async with db.transaction() as unit:
        noted = await unit.skews.note(team, keys)
    return {key: f"{lasting.since:%H:%M}" for key, lasting in noted.lasting.items()}


async def test_a_skew_keeps_its_beginning_until_it_is_over(db: Database, clock) -> None:
    async with db.transaction() as unit:
        await unit.fleet.apply_desired([Team("a"), Team("b")], "ann")
    assert await note(db, "a", "bundle") == {"bundle": "12:00"}
    clock.forward(hours=1)
    assert await note(db, "a", "bundle", "mixed:x") == {"bundle": "12:00", "mixed:x": "13:00"}
    assert await note(db, "b", "bundle") == {"bundle": "13:00"}
    clock.forward(hours=1)
    assert await note(db, "a", "mixed:x") == {"mixed:x": "13:00"}
    assert await note(db, "a", "bundle") == {"bundle": "14:00"}
    async with db.reading() as unit:
        assert set(await unit.skews.of("b")) == {"bundle"}


async def test_with_its_team_a_skew_is_forgotten(db: Database) -> None:
    async with db.transaction() as unit:
        await unit.fleet.apply_desired([Team("a")], "ann")
        await unit.skews.note("a", ["bundle"])
        await unit.fleet.delete_team("a", "ann")
    async with db.reading() as unit:
        assert await unit.skews.of("a") == {}
    assert await note(db, "gone") == {}


async def test_what_changed_is_told_once(db: Database) -> None:
    async with db.transaction() as unit:
        await unit.fleet.apply_desired([Team("a")], "ann")
        assert (await unit.skews.note("a", ["x", "y"])).began == {"x", "y"}
        again = await unit.skews.note("a", ["y"])
        assert (again.began, again.ended) == (frozenset(), {"x"})
        assert [await unit.skews.mark("a", "y", overdue=late) for late in (False, True, True, False)] == [
            False, True, False, True,
        ]  # fmt: skip
        assert await unit.skews.mark("a", "gone", overdue=True) is False
        assert set(await unit.skews.all()) == {"a"}

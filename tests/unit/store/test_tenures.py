"""A team that is deleted and made anew under its old name is another team: nothing of the old one is the new one's.

The clock of these tests stands still or goes back, so that moments alone tell nothing apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from gatewright.model.audit import Wanted
from gatewright.model.desired import Binding, Cluster, Team
from gatewright.model.drift import Drift
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import Plan
from gatewright.model.tenure import Tenures
from gatewright.store.apply import Registration
from gatewright.store.clock import moment
from gatewright.store.database import Database
from gatewright.store.errors import TeamAtWorkError, UnknownPlanError, UnknownRolloutError
from gatewright.store.origin import Act, Origin, acting

TEAM = "payments"
OLD, NEW = Origin("olga", via="session"), Origin("nina", via="session")
AT = "2026-11-22T12:00:00.000000Z"
EVERYTHING = {"events", "audit", "plans", "rollouts"}


async def begin(db: Database, who: str = "olga", *, cluster: str = "a") -> None:
    async with db.transaction() as unit:
        found = {cluster: Registration(f"uid-{cluster}", "https://x.example", "v1.36.0")}
        wanted = [Cluster(cluster), Team(TEAM), Binding(TEAM, cluster)]
        await unit.fleet.apply_desired(wanted, who, registrations=found)


async def live(db: Database, plan: Plan) -> str:
    """Something of everything; gives the id of a rollout that stands still."""
    async with db.transaction() as unit:
        await unit.plans.save(plan, "olga")
        rollout = (await unit.rollouts.create(plan, "olga")).id
        await unit.rollouts.lock_cluster("uid-a", rollout, 1)
        await unit.rollouts.set_state(rollout, 1, "failed")
        await unit.journal.note("w", "health.cluster", "a", cluster="a")
        ref = ObjectRef("v1", "Namespace", TEAM)
        await unit.drifts.put("uid-a", Drift("a", ref, "changed", "fought", AT, AT, team=TEAM, due_at=AT))
    return rollout


async def end(db: Database) -> None:
    async with db.transaction() as unit:
        await unit.fleet.delete_binding(TEAM, "a", "olga")
        await unit.fleet.delete_team(TEAM, "olga")


async def seen(db: Database, team: Any) -> Mapping[str, list[str]]:
    """What there is of a team: by whom."""
    async with db.reading() as unit:
        return {
            "events": [f"{e.what} {e.who}" for e in await unit.journal.events(team=team)],
            "audit": [
                f"{e.what} {e.who}"
                for e in await unit.audit.entries(
                    Wanted(teams=team) if isinstance(team, Tenures) else Wanted(team=team), limit=99
                )
            ],
            "plans": [p.requested_by for p in await unit.plans.outlines(team=team)],
            "rollouts": [r.created_by for r in await unit.rollouts.all(team=team)],
        }


async def present(db: Database, *teams: str) -> Tenures:
    async with db.reading() as unit:
        return await unit.fleet.tenures(teams or (TEAM,))


@pytest.mark.parametrize("back", [0, 3600])
async def test_a_team_that_is_made_anew_has_no_past(db: Database, clock: Any, make_plan: Any, back: int) -> None:
    with acting(Act(OLD)):
        await begin(db)
        clock.forward(seconds=back)
        rollout = await live(db, make_plan("a"))
        before = await present(db)
        own = await seen(db, before)
        assert {"team.create olga", "health.cluster w", "rollout.failed rollout " + rollout} <= set(own["events"])
        assert {"team.create olga", "plan.create olga"} <= set(own["audit"])
        assert own["plans"] == own["rollouts"] == ["olga"]
        await end(db)
    assert (await present(db)).since == {}
    assert not any((await seen(db, await present(db))).values())
    clock.forward(seconds=-back)
    with acting(Act(NEW)):
        await begin(db, "nina")
    now = await present(db)
    assert not before.still(now)
    # With the cluster there is an event of no team, which is older than the team.
    assert await seen(db, now) == {
        "events": ["team.create nina", "binding.create nina"],
        "audit": ["binding.create nina", "team.create nina"],
        "plans": [],
        "rollouts": [],
    }
    async with db.reading() as unit:
        with pytest.raises(UnknownPlanError):
            await unit.plans.get(make_plan("a").hash, team=now)
        with pytest.raises(UnknownRolloutError):
            await unit.rollouts.show(rollout, team=now)
        assert await unit.drifts.all(team=TEAM) == []
        assert await unit.rollouts.lock_of("uid-a") is None
    named = await seen(db, TEAM)
    assert all(any("olga" in one for one in named[what]) for what in EVERYTHING), named


async def test_what_comes_after_is_its_own_whatever_the_clock_says(db: Database, clock: Any, make_plan: Any) -> None:
    await begin(db)
    clock.forward(hours=1)
    await live(db, make_plan("a"))
    await end(db)
    clock.forward(hours=-1)
    await begin(db, "nina")
    with acting(Act(NEW)):
        async with db.transaction() as unit:
            await unit.plans.save(make_plan("a"), "nina")
            await unit.rollouts.create(make_plan("a"), "nina")
            await unit.audit.answered(Act(NEW, what="stack.write", team=TEAM), "refused", "x")
    own = await seen(db, await present(db))
    assert own["plans"] == own["rollouts"] == ["nina"]
    assert own["events"] == ["team.create nina", "binding.create nina", "rollout.started nina"]
    assert own["audit"][0] in ("stack.write nina", "rollout.started nina", "plan.create nina")
    assert len(own["audit"]) == 3
    began = (await present(db)).since[TEAM]
    assert moment(began) > clock() + timedelta(hours=1)


async def test_an_equal_plan_is_the_new_teams_from_when_it_is_made(db: Database, clock: Any, make_plan: Any) -> None:
    plan = make_plan("a")
    await begin(db)
    await live(db, plan)
    await end(db)
    await begin(db, "nina")
    for who in ("nina", "ned"):
        clock.forward(minutes=1)
        async with db.transaction() as unit:
            await unit.plans.save(plan, who)
    async with db.reading() as unit:
        stored = await unit.plans.get(plan.hash[:9], team=await unit.fleet.tenures([TEAM]))
    assert (stored.requested_by, stored.plan) == ("nina", plan)


async def test_each_of_several_teams_has_its_own_past(db: Database, clock: Any, make_plan: Any) -> None:
    await begin(db)
    async with db.transaction() as unit:
        found = {"b": Registration("uid-b", "https://b.example", "v1.36.0")}
        await unit.fleet.apply_desired([Cluster("b")], "otto", registrations=found)
    clock.forward(seconds=1)
    async with db.transaction() as unit:
        await unit.fleet.apply_desired([Team("orders"), Binding("orders", "b")], "otto")
    await live(db, make_plan("a"))
    async with db.transaction() as unit:
        await unit.journal.note("w", "health.cluster", "b", cluster="b")
        await unit.journal.note("w", "health.team", "orders", team="orders")
    await end(db)
    await begin(db, "nina")
    clock.forward(seconds=1)
    async with db.transaction() as unit:
        await unit.journal.note("w", "drift.found", "x", cluster="a")
    both = await seen(db, await present(db, TEAM, "orders"))
    assert both["plans"] == both["rollouts"] == []
    assert both["events"] == [
        "team.create otto",
        "binding.create otto",
        "health.cluster w",
        "health.team w",
        "team.create nina",
        "binding.create nina",
        "drift.found w",
    ]


async def test_a_team_that_is_at_work_is_not_deleted(db: Database, make_plan: Any) -> None:
    await begin(db)
    async with db.transaction() as unit:
        await unit.plans.save(make_plan("a"), "olga")
        rollout = await unit.rollouts.create(make_plan("a"), "olga")
    with pytest.raises(TeamAtWorkError) as refused:
        await end(db)
    assert refused.value.report.params == {"team": TEAM, "rollouts": rollout.id, "count": 1}
    async with db.transaction() as unit:
        await unit.rollouts.set_state(rollout.id, 1, "paused")
    await end(db)
    async with db.reading() as unit:
        assert (await unit.rollouts.show(rollout.id)).state == "aborted"
        assert [e.kind for e in await unit.rollouts.events(rollout.id)] == ["asked", "aborted"]


async def test_what_an_older_version_left_is_ended_without_a_word(db: Database, make_plan: Any) -> None:
    await begin(db)
    rollout = await live(db, make_plan("a"))
    async with db.transaction() as unit:
        await unit.fleet.delete_binding(TEAM, "a", "olga")
        await unit.session.execute(text("DELETE FROM teams"))
    await begin(db, "nina")
    async with db.reading() as unit:
        assert (await unit.rollouts.show(rollout)).state == "aborted"
        assert await unit.rollouts.lock_of("uid-a") is None
        assert await unit.drifts.all(team=TEAM) == []
    assert (await seen(db, await present(db)))["events"] == ["team.create nina", "binding.create nina"]


async def test_tokens_are_narrowed_to_a_team_no_longer(db: Database) -> None:
    await begin(db)
    async with db.transaction() as unit:
        person = await unit.people.create("olga")
        for name, teams in (("one", [TEAM]), ("two", [TEAM, "orders"]), ("all", None), ("other", ["payments-2"])):
            more: dict[str, Any] = {"prefix": "gwt_", "hash": name, "permissions": None, "teams": teams}
            await unit.tokens.create(person.id, name, **more, lasting=timedelta(days=1))
    await end(db)
    async with db.reading() as unit:
        held = {token.name: token.teams for token in await unit.tokens.all() if token.revoked_at is None}
        told = [e.where for e in await unit.journal.events(what_prefix="token.")]
    assert held == {"two": ("orders",), "all": None, "other": ("payments-2",)}
    assert told == ["olga.one"]


async def test_history_is_found_by_its_indexes(sqlite_url: str, clock: Any) -> None:
    async with Database.open(sqlite_url, clock=clock) as db:
        await begin(db)
        async with db.transaction() as unit:
            await unit.fleet.apply_desired([Team("orders")], "otto")
        asked: list[tuple[str, Any]] = []

        def note(*given: Any) -> None:
            asked.append((given[2], given[3]))

        async with db.reading() as unit:
            engine = (await unit.session.connection()).sync_connection.engine  # type: ignore[union-attr]
            event.listen(engine, "before_cursor_execute", note)
            for teams in ([TEAM], [TEAM, "orders"]):
                whose = await unit.fleet.tenures(teams)
                asked.clear()
                await unit.journal.events(team=whose, newest=True)
                await unit.journal.events(team=whose, after=3)
                await unit.audit.entries(Wanted(teams=whose), limit=10)
                for statement, parameters in list(asked):
                    raw = await unit.session.connection()
                    plan = await raw.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                    steps = [str(step[-1]) for step in plan.all()]
                    assert steps
                    assert not any(step.startswith("SCAN") for step in steps), (statement, steps)
                    assert any("_team" in step for step in steps), (statement, steps)
            event.remove(engine, "before_cursor_execute", note)

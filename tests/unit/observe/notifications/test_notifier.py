"""From an event to a message: once each, again when it failed, and never lost."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatewright.model.desired import Notification, Team
from gatewright.model.notifications import Delivery
from gatewright.observe.notifications.errors import NotDeliveredError
from gatewright.observe.notifications.notifier import Notifier, Pace, wait
from gatewright.observe.notifications.sender import Sender
from gatewright.observe.notifications.target import seal, target
from gatewright.store.database import Database
from gatewright.store.errors import UnknownNotificationError
from gatewright.store.secrets import KeyRing

PACE = Pace(attempts=3)


async def add(db: Database, ring: KeyRing, url: str, **more: Any) -> None:
    wanted = Notification("ops", "webhook", **more)
    async with db.transaction() as unit:
        own = await unit.notifications.id_for(wanted.team, "ops")
        address = seal(ring, own, target("webhook", url, "s3cret"))
        await unit.fleet.apply_desired([wanted], "ann", addresses={(wanted.team, "ops"): address})


async def deliveries(db: Database) -> list[Delivery]:
    async with db.reading() as unit:
        return (await unit.deliveries.all())[::-1]


@pytest.fixture
async def notifier(db: Database, ring: KeyRing, receiver: Any) -> AsyncIterator[Notifier]:
    await add(db, ring, receiver.url)
    sender = Sender(seconds=5)
    yield Notifier(db, ring, sender, pace=PACE, chance=lambda: 0.5)
    await sender.close()


async def go(notifier: Notifier) -> int:
    """One look, until everything that it began has ended."""
    begun = await notifier.step()
    await notifier.idle()
    return begun


async def test_an_event_is_told_after_it_has_settled(
    notifier: Notifier, db: Database, receiver: Any, note: Any, clock: Any
) -> None:
    await note("degraded", severity="error")
    assert await go(notifier) == 0
    clock.forward(seconds=10)
    assert await go(notifier) == 1
    assert await go(notifier) == 0
    [(headers, body)] = receiver.seen
    assert headers["X-Gatewright-Signature"].startswith("t=")
    assert b'"what":"health.object"' in body
    [delivery] = await deliveries(db)
    assert (delivery.state, delivery.attempts, delivery.what, delivery.cluster) == ("sent", 1, "health.object", "a")


async def test_what_nobody_asked_for_is_not_told(notifier: Notifier, receiver: Any, note: Any, clock: Any) -> None:
    await note("x", "team.update")
    await go(notifier)
    clock.forward(seconds=60)
    assert await go(notifier) == 0
    assert receiver.seen == []


async def test_a_flap_tells_where_it_came_to_rest_or_nothing(
    notifier: Notifier, db: Database, receiver: Any, note: Any, clock: Any
) -> None:
    async def tell() -> int:
        await go(notifier)
        clock.forward(seconds=10)
        await go(notifier)
        return len(receiver.seen)

    for health in ("degraded", "unhealthy", "degraded"):
        await note(health)
    assert await tell() == 1
    for health in ("healthy", "degraded"):
        await note(health)
    assert await tell() == 1, "it is where it was when it was told last"
    await note("degraded")
    assert await tell() == 1
    await note("healthy")
    assert await tell() == 2
    assert [d.state for d in await deliveries(db)].count("skipped") == 2


async def test_a_flap_of_something_never_told_tells_nothing(
    notifier: Notifier, db: Database, receiver: Any, clock: Any
) -> None:
    async with db.transaction() as unit:
        for before, after in (("healthy", "degraded"), ("degraded", "healthy")):
            await unit.journal.note("w", "health.object", "x", {"health": before}, {"health": after})
    await go(notifier)
    clock.forward(seconds=10)
    await go(notifier)
    assert receiver.seen == []


async def test_whoever_was_told_of_a_problem_is_told_of_its_end(
    db: Database, ring: KeyRing, notifier: Notifier, receiver: Any, note: Any, clock: Any
) -> None:
    await add(db, ring, receiver.url, minimum="warning")
    for severity, health in (
        ("info", "healthy"),
        ("error", "bad"),
        ("info", "healthy"),
        ("info", "fine"),
        ("error", "bad"),
    ):
        await note(health, severity=severity)
        await go(notifier)
        clock.forward(seconds=10)
        await go(notifier)
    told = [body.partition(b'"health":"')[2].partition(b'"')[0] for _, body in receiver.seen]
    assert told == [b"bad", b"healthy", b"bad"]


async def test_it_is_sent_again_until_it_arrives_under_the_same_id(
    notifier: Notifier, db: Database, receiver: Any, note: Any, clock: Any
) -> None:
    receiver.answer(500, 503, 200)
    await note("degraded")
    await go(notifier)
    for seconds in (10, 30, 60):
        assert await go(notifier) == 0
        clock.forward(seconds=seconds)
        assert await go(notifier) == 1
    assert len(set(receiver.ids)) == 1
    [delivery] = await deliveries(db)
    assert (delivery.state, delivery.attempts, delivery.error) == ("sent", 3, None)


async def test_the_service_is_left_alone_for_as_long_as_it_asks(
    notifier: Notifier, receiver: Any, note: Any, clock: Any
) -> None:
    receiver.answer(429, 200, Retry_After="600")
    await note("degraded")
    await go(notifier)
    clock.forward(seconds=10)
    await go(notifier)
    clock.forward(seconds=599)
    assert await go(notifier) == 0
    clock.forward(seconds=1)
    assert await go(notifier) == 1
    assert len(receiver.seen) == 2


async def test_what_never_arrives_is_kept_with_its_reason_until_a_person_asks(
    notifier: Notifier, db: Database, receiver: Any, note: Any, clock: Any
) -> None:
    receiver.answer(404)
    await note("degraded")
    await go(notifier)
    for _ in range(4):
        clock.forward(minutes=10)
        await go(notifier)
    [dead] = await deliveries(db)
    assert (dead.state, dead.attempts, len(receiver.seen)) == ("dead", 3, 3)
    assert dead.error is not None
    assert dead.error.render("en") == "The receiver answered HTTP 404."
    receiver.answer(200)
    async with db.transaction() as unit:
        assert (await unit.deliveries.retry(dead.id)).state == "pending"
    await go(notifier)
    [delivery] = await deliveries(db)
    assert (delivery.state, delivery.id) == ("sent", dead.id)


async def test_a_state_that_nobody_heard_of_is_news_when_it_comes_again(
    notifier: Notifier, receiver: Any, note: Any, clock: Any
) -> None:
    receiver.answer(404)
    await note("degraded")
    await go(notifier)
    for _ in range(4):
        clock.forward(minutes=10)
        await go(notifier)
    receiver.answer(200)
    await note("degraded")
    await go(notifier)
    clock.forward(seconds=10)
    assert await go(notifier) == 1


async def test_messages_about_one_thing_arrive_in_order(
    notifier: Notifier, receiver: Any, note: Any, clock: Any
) -> None:
    receiver.answer(500, 200)
    await note("degraded")
    await go(notifier)
    clock.forward(seconds=10)
    await go(notifier)
    await note("healthy")
    await note("degraded", where="Gateway/other")
    await go(notifier)
    clock.forward(seconds=15)
    assert await go(notifier) == 1, "the other thing does not wait"
    clock.forward(seconds=15)
    assert await go(notifier) == 1
    assert await go(notifier) == 1
    ids = receiver.ids
    assert ids[0] == ids[2] != ids[3]
    assert b"healthy" in receiver.seen[3][1]


@pytest.mark.parametrize("sent_before", [False, True])
async def test_a_worker_that_dies_loses_nothing(
    notifier: Notifier, db: Database, ring: KeyRing, receiver: Any, note: Any, clock: Any, sent_before: bool
) -> None:
    """Killed after it had enqueued, or between sending and recording it: then it arrives twice, under one id."""
    await note("degraded")
    await go(notifier)
    clock.forward(seconds=10)
    if sent_before:
        async with db.transaction() as unit:
            [claim] = await unit.deliveries.claim(8, lease=PACE.lease)
        assert claim.attempt == 1
        assert await go(notifier) == 0, "it is claimed"
        clock.forward(seconds=PACE.lease)
    async with Sender() as sender:
        assert await go(Notifier(db, ring, sender, pace=PACE)) == 1
    assert [d.state for d in await deliveries(db)] == ["sent"]
    assert len(receiver.seen) == 1


async def test_a_late_word_of_a_lost_lease_changes_nothing(
    notifier: Notifier, db: Database, note: Any, clock: Any
) -> None:
    await note("degraded")
    await go(notifier)
    clock.forward(seconds=10)
    async with db.transaction() as unit:
        [first] = await unit.deliveries.claim(8, lease=60)
    clock.forward(seconds=60)
    async with db.transaction() as unit:
        [second] = await unit.deliveries.claim(8, lease=60)
        await unit.deliveries.sent(first)
    [delivery] = await deliveries(db)
    assert (second.id, second.attempt, delivery.state) == (first.id, 2, "pending")


async def test_two_workers_double_nothing(url: str, ring: KeyRing, receiver: Any) -> None:
    async with AsyncExitStack() as stack:
        bases = [await stack.enter_async_context(Database.open(url)) for _ in range(2)]
        await add(bases[0], ring, receiver.url)
        for base in bases:
            sender = await stack.enter_async_context(Sender())
            pace = Pace(settle=0, poll=0.01, at_once=3)
            await stack.enter_async_context(Notifier(base, ring, sender, pace=pace).driving())
        for number in range(40):
            async with bases[number % 2].transaction() as unit:
                await unit.journal.note("w", "drift.found", f"x{number}", after=number)
        async with asyncio.timeout(60):
            while [d.state for d in await deliveries(bases[0])].count("sent") < 40:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert len(receiver.ids) == len(set(receiver.ids)) == 40


async def test_a_new_notification_tells_nothing_of_the_past(
    db: Database, ring: KeyRing, receiver: Any, note: Any, clock: Any
) -> None:
    await note("degraded")
    await add(db, ring, receiver.url)
    async with Sender() as sender:
        await go(Notifier(db, ring, sender))
    assert await deliveries(db) == []


async def test_a_team_hears_of_its_clusters_only(
    notifier: Notifier, db: Database, ring: KeyRing, receiver: Any
) -> None:
    async with db.transaction() as unit:
        await unit.fleet.apply_desired([Team("t")], "ann")
    await add(db, ring, receiver.url, team="t")
    async with db.transaction() as unit:
        await unit.journal.note("w", "drift.found", "mine", team="t")
        await unit.journal.note("w", "drift.found", "theirs", team="u")
        await unit.journal.note("w", "drift.found", "elsewhere", cluster="a")
    await go(notifier)
    assert {(d.team, d.where) for d in await deliveries(db)} == {
        ("t", "mine"),
        ("", "mine"),
        ("", "theirs"),
        ("", "elsewhere"),
    }


async def test_a_test_says_so_or_says_why_not(notifier: Notifier, receiver: Any) -> None:
    await notifier.test("", "ops")
    assert receiver.texts == ["This is a test message of notification ops. Nothing has happened."]
    receiver.answer(500)
    with pytest.raises(NotDeliveredError) as caught:
        await notifier.test("", "ops")
    assert "HTTP 500" in str(caught.value)
    assert receiver.url not in str(caught.value)
    with pytest.raises(UnknownNotificationError):
        await notifier.test("", "opps")


async def test_an_address_that_cannot_be_opened_is_a_reason(db: Database, notifier: Notifier) -> None:
    async with Sender() as sender:
        with pytest.raises(NotDeliveredError, match="keys of this process"):
            await Notifier(db, KeyRing((b"x" * 32,)), sender).test("", "ops")


async def test_a_loop_that_ends_lets_what_is_under_way_arrive(
    db: Database, ring: KeyRing, notifier: Notifier, receiver: Any, note: Any, clock: Any
) -> None:
    await note("degraded")
    await go(notifier)
    clock.forward(seconds=10)
    async with notifier.driving(), asyncio.timeout(30):
        await receiver.arrived.wait()
    assert [d.state for d in await deliveries(db)] == ["sent"]


@given(st.integers(1, 8), st.floats(0, 1), st.none() | st.floats(0, 3600))
def test_waits_grow_and_never_undercut_the_service(attempt: int, chance: float, asked: float | None) -> None:
    found = wait(attempt, 30, chance, asked)
    assert found >= (asked or 0)
    assert found >= 0.75 * 30 * 2 ** (attempt - 1)
    assert found <= max(1.25 * 30 * 2 ** (attempt - 1), asked or 0)


def test_eight_attempts_take_about_an_hour() -> None:
    assert 3000 < sum(wait(attempt, 30, 0.5) for attempt in range(1, 8)) < 4500


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=10))
def test_over_any_history_no_message_repeats_and_the_last_tells_the_truth(
    migrated: Path, tmp_path: Path, ring: KeyRing, steps: list[tuple[str, bool]]
) -> None:
    """Steps: a state that was reached, and whether a while passes before the next."""
    path = tmp_path / f"{uuid.uuid4().hex}.db"
    shutil.copy(migrated, path)
    told = asyncio.run(_history(f"sqlite:///{path}", ring, steps))
    assert all(one != other for one, other in itertools.pairwise(told))
    if steps:
        assert told[-1] == steps[-1][0]
    assert len(told) <= len(steps)


async def _history(url: str, ring: KeyRing, steps: list[tuple[str, bool]]) -> list[str]:
    moment = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    told: list[str] = []

    async def tell(db: Database) -> None:
        nonlocal moment
        for name in await _behind(db):
            async with db.transaction() as unit:
                await unit.deliveries.enqueue(name, settle=10)
        moment += timedelta(seconds=10)
        async with db.transaction() as unit:
            for claim in await unit.deliveries.claim(8, lease=60):
                told.append(claim.event.after)
                await unit.deliveries.sent(claim)

    async with Database.open(url, clock=lambda: moment) as db:
        await add(db, ring, "http://127.0.0.1:1/hook")
        for state, pause in steps:
            async with db.transaction() as unit:
                await unit.journal.note("w", "health.object", "x", after=state)
            if pause:
                await tell(db)
        await tell(db)
    return told


async def _behind(db: Database) -> list[str]:
    async with db.reading() as unit:
        return await unit.deliveries.behind()

"""Live changes: in order, none lost, none twice; whoever cannot go on is told to read anew."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from itertools import count

import pytest

from gatewright.model.objects import ObjectRef
from gatewright.observe.changes import KEPT, SLOW, Changes, LiveChange

pytestmark = pytest.mark.anyio


def changes() -> Changes:
    ticks = count()
    return Changes(lambda: float(next(ticks)))


async def take(source: Changes, number: int, after: str = "") -> list[LiveChange]:
    async with asyncio.timeout(30), aclosing(source.follow(after)) as following:
        return [await anext(following) for _ in range(number)]


async def test_a_follower_goes_on_after_what_it_has() -> None:
    source = changes()
    for name in "abc":
        source.publish("cluster", name, state="healthy")
    first = source._id(1)  # pyright: ignore[reportPrivateUsage]
    assert [c.cluster for c in await take(source, 2, first)] == ["b", "c"]
    ref = ObjectRef("v1", "Service", "x", "shop")
    following = asyncio.create_task(take(source, 1))
    await asyncio.sleep(0)
    source.publish("object", "d", ref, "degraded")
    [change] = await following
    assert (change.cluster, change.namespace, change.ref, change.state) == ("d", "shop", ref, "degraded")


@pytest.mark.parametrize("after", ["ffffffff.1", "nonsense", "{epoch}.99", "{epoch}.-1", "{epoch}."])
async def test_what_this_process_never_said_is_answered_with_a_reset(after: str) -> None:
    source = changes()
    source.publish("cluster", "a")
    epoch = source._id(0).partition(".")[0]  # pyright: ignore[reportPrivateUsage]
    given = after.replace("{epoch}", epoch)
    reset = (await take(source, 1, given))[0]
    assert reset.what == "reset"
    source.publish("cluster", "b")
    [following] = await take(source, 1, reset.id)
    assert following.cluster == "b"


async def test_whoever_was_away_for_longer_than_is_kept_reads_anew() -> None:
    source = changes()
    source.publish("cluster", "first")
    first = source._id(1)  # pyright: ignore[reportPrivateUsage]
    for _ in range(KEPT + 1):
        source.publish("cluster", "more")
    assert (await take(source, 1, first))[0].what == "reset"


async def test_a_slow_follower_is_told_once_and_goes_on_from_now() -> None:
    source = changes()
    async with asyncio.timeout(30), aclosing(source.follow()) as following:
        first = asyncio.ensure_future(anext(following))
        await asyncio.sleep(0)
        source.publish("cluster", "seen")
        assert (await first).cluster == "seen"
        for _ in range(SLOW + 1):
            source.publish("cluster", "missed")
        assert (await anext(following)).what == "reset"
        source.publish("cluster", "next")
        assert (await anext(following)).cluster == "next"


async def test_nothing_is_lost_and_nothing_comes_twice() -> None:
    source = changes()
    start = source._id(0)  # pyright: ignore[reportPrivateUsage]
    total = 3 * 400

    async def publishing(name: str) -> None:
        for number in range(400):
            source.publish("cluster", f"{name}{number}")
            if number % 7 == 0:
                await asyncio.sleep(0)

    followers = [asyncio.create_task(take(source, total, start)) for _ in range(4)]
    await asyncio.gather(*(publishing(name) for name in "abc"))
    for found in await asyncio.gather(*followers):
        assert [int(c.id.partition(".")[2]) for c in found] == list(range(1, total + 1))
        for name in "abc":
            assert [c.cluster for c in found if c.cluster[0] == name] == [f"{name}{n}" for n in range(400)]


async def test_what_is_said_while_a_reset_is_read_comes_after_it() -> None:
    source = changes()
    async with asyncio.timeout(30), aclosing(source.follow("ffffffff.1")) as following:
        assert (await anext(following)).what == "reset"
        source.publish("cluster", "between")
        assert (await anext(following)).cluster == "between"

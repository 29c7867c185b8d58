"""Work that runs beside a block: how it ends, what of it is raised, and whose cancellation counts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import pytest

from gatewright.background import alongside, cancelled, enduring


class Work:
    """Runs until cancelled. ``resisting``: it ends only once ``free`` is set."""

    def __init__(self, *, resisting: bool = False) -> None:
        self.running = asyncio.Event()
        self.asked = asyncio.Event()
        self.free = asyncio.Event()
        self.cancellations = 0
        self.ended = False
        if not resisting:
            self.free.set()

    async def run(self) -> None:
        self.running.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.asked.set()
            while not self.free.is_set():
                try:
                    await self.free.wait()
                except asyncio.CancelledError:
                    self.cancellations += 1
            self.ended = True


async def _fail(error: Exception) -> None:
    raise error


async def _block_beside_failure(error: Exception | None) -> None:
    """A block that goes on after its work failed, and then raises ``error``."""
    async with alongside(_fail(ValueError("of the work"))) as task:
        await asyncio.wait([task])
        if error is not None:
            raise error


async def test_work_runs_while_the_block_runs() -> None:
    work = Work()
    async with alongside(work.run(), name="beside") as task:
        await work.running.wait()
        assert (task.get_name(), task.done()) == ("beside", False)
    assert work.ended
    assert task.cancelled()


async def test_work_may_end_by_itself_and_give_something() -> None:
    async with alongside(asyncio.sleep(0, "found")) as task:
        assert await task == "found"


async def test_an_error_of_the_block_ends_the_work_and_is_raised() -> None:
    work = Work()

    async def block() -> None:
        async with alongside(work.run()):
            await work.running.wait()
            raise ValueError("of the block")

    with pytest.raises(ValueError, match="of the block"):
        await block()
    assert work.ended


async def test_a_failure_of_the_work_is_raised_when_the_block_ends() -> None:
    with pytest.raises(ValueError, match="of the work"):
        await _block_beside_failure(None)


async def test_an_error_of_the_block_counts_more_than_a_failure_of_the_work() -> None:
    with pytest.raises(KeyError):
        await _block_beside_failure(KeyError("of the block"))


async def test_who_is_cancelled_in_the_block_is_cancelled_though_the_work_failed() -> None:
    begun = asyncio.Event()

    async def block() -> None:
        async with alongside(_fail(ValueError("of the work"))) as task:
            await asyncio.wait([task])
            begun.set()
            await asyncio.Event().wait()

    caller = asyncio.create_task(block())
    await begun.wait()
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()


async def test_who_waits_waits_for_a_task_that_resists() -> None:
    work = Work(resisting=True)
    task = asyncio.create_task(work.run())
    await work.running.wait()
    caller = asyncio.create_task(cancelled(task))
    await work.asked.wait()
    await asyncio.sleep(0)
    assert not caller.done()
    work.free.set()
    await caller
    assert work.ended


async def test_who_is_cancelled_while_waiting_is_cancelled_once_the_task_has_ended() -> None:
    work = Work(resisting=True)
    task = asyncio.create_task(work.run())
    await work.running.wait()
    caller = asyncio.create_task(cancelled(task))
    await work.asked.wait()
    for _ in range(3):
        caller.cancel()
        await asyncio.sleep(0)
    assert not caller.done()
    work.free.set()
    await asyncio.wait([caller])
    assert caller.cancelled()
    assert work.ended
    assert work.cancellations == 0, "the task is told once, and its tidying is not cut off"


async def test_a_deadline_that_passes_while_waiting_is_a_timeout() -> None:
    work = Work(resisting=True)
    task = asyncio.create_task(work.run())
    await work.running.wait()
    asyncio.get_running_loop().call_later(0.05, work.free.set)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await cancelled(task)
    assert work.ended


async def test_a_failure_is_left_to_who_asks_the_task() -> None:
    task = asyncio.create_task(_fail(ValueError("of the work")))
    await asyncio.wait([task])
    await cancelled(task)
    assert isinstance(task.exception(), ValueError)


async def test_all_tasks_are_told_before_any_is_waited_for() -> None:
    first, second = Work(resisting=True), Work()
    tasks = [asyncio.create_task(work.run()) for work in (first, second)]
    for work in (first, second):
        await work.running.wait()
    caller = asyncio.create_task(cancelled(*tasks))
    await second.asked.wait()
    assert not caller.done()
    first.free.set()
    await caller
    assert first.ended
    assert second.ended


async def test_nothing_to_cancel_is_nothing_to_wait_for() -> None:
    done = asyncio.create_task(asyncio.sleep(0))
    await done
    await cancelled()
    await cancelled(done)


async def test_work_in_a_generator_ends_when_the_generator_is_closed() -> None:
    work = Work()

    async def looks() -> AsyncGenerator[int]:
        async with alongside(work.run()):
            while True:
                await work.running.wait()
                yield 1

    async with contextlib.aclosing(looks()) as found:
        assert await anext(found) == 1
    assert work.ended


async def test_what_fails_is_done_again_until_it_ends() -> None:
    outcomes: list[Exception | None] = [ValueError("first"), KeyError("second"), None]
    told: list[str] = []

    async def work() -> None:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome

    await enduring(work, lambda error: told.append(type(error).__name__), pause=0)
    assert (told, outcomes) == (["ValueError", "KeyError"], [])


async def test_what_endures_ends_when_it_is_cancelled() -> None:
    began, told = asyncio.Event(), list[Exception]()

    async def work() -> None:
        began.set()
        await asyncio.Event().wait()

    async with alongside(enduring(work, told.append, pause=0)) as task:
        await began.wait()
    assert task.cancelled()
    assert told == []

"""The engine drives to the end, starts a generation once, and begins nothing more after it was dropped."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gatewright.rollout.driver import Assignment
from gatewright.rollout.engine import Engine, engine

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::ResourceWarning")]


class Counting:
    """A driver with a number of steps, which may wait at one of them."""

    def __init__(self, steps: int, hold_at: int = -1) -> None:
        self.done: list[int] = []
        self.steps = steps
        self.hold_at = hold_at
        self.reached = asyncio.Event()
        self.release = asyncio.Event()

    async def advance(self, rollout: str, generation: int) -> Assignment | None:
        del rollout, generation
        return Assignment("shanghai", len(self.done)) if len(self.done) < self.steps else None

    async def perform(self, rollout: str, generation: int, assignment: Assignment) -> None:
        del rollout, generation
        if assignment.step == self.hold_at:
            self.reached.set()
            await self.release.wait()
        self.done.append(assignment.step)


async def _ended(running: Engine, rollout: str, generation: int) -> None:
    for _ in range(1000):
        if (await running.state(rollout, generation))[0] == "ended":
            return
        await asyncio.sleep(0.02)
    raise AssertionError("still driving")


async def test_drives_every_assignment_in_order_and_once(tmp_path: Path) -> None:
    driver = Counting(5)
    async with engine(f"sqlite:///{tmp_path}/engine.db", driver, "worker-1") as running:
        await running.start("r1", 1)
        await running.start("r1", 1)
        await _ended(running, "r1", 1)
        assert await running.state("r1", 1) == ("ended", "worker-1")
        assert await running.state("r1", 2) == ("absent", "")
    assert driver.done == [0, 1, 2, 3, 4]


async def test_a_dropped_generation_begins_no_further_step(tmp_path: Path) -> None:
    driver = Counting(5, hold_at=2)
    async with engine(f"sqlite:///{tmp_path}/engine.db", driver, "worker-1") as running:
        await running.start("r1", 1)
        await driver.reached.wait()
        await running.drop("r1", 1)
        driver.release.set()
        await asyncio.sleep(0.3)
        assert (await running.state("r1", 1))[0] == "ended"
    assert driver.done == [0, 1, 2]


async def test_a_generation_that_a_killed_process_left_is_seen_with_its_worker(tmp_path: Path) -> None:
    script = f"""
import asyncio
from gatewright.rollout.driver import Assignment
from gatewright.rollout.engine import Engine, engine
class Slow:
    async def advance(self, rollout, generation): return Assignment("c", 0)
    async def perform(self, rollout, generation, assignment):
        print("performing", flush=True)
        await asyncio.sleep(60)
async def main():
    async with engine("sqlite:///{tmp_path}/engine.db", Slow(), "worker-dead") as running:
        await running.start("r1", 1)
        await asyncio.sleep(60)
asyncio.run(main())
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)  # noqa: ASYNC220
    assert process.stdout is not None
    await asyncio.to_thread(process.stdout.readline)
    process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(process.wait)
    process.stdout.close()
    driver = Counting(2)
    async with engine(f"sqlite:///{tmp_path}/engine.db", driver, "worker-2") as running:
        assert await running.state("r1", 1) == ("driving", "worker-dead")
        await running.drop("r1", 1)
        await running.start("r1", 2)
        await _ended(running, "r1", 2)
        assert await running.state("r1", 2) == ("ended", "worker-2")
    assert driver.done == [0, 1]


async def test_the_loop_can_use_threads_after_the_engine_has_stopped(tmp_path: Path) -> None:
    async with engine(f"sqlite:///{tmp_path}/engine.db", Counting(1), "worker-1") as running:
        await running.start("r1", 1)
        await _ended(running, "r1", 1)
    assert await asyncio.to_thread(lambda: 7) == 7


async def test_a_stopped_engine_leaves_no_step_running_behind(tmp_path: Path) -> None:
    driver = Counting(5, hold_at=2)
    async with engine(f"sqlite:///{tmp_path}/engine.db", driver, "worker-1") as running:
        await running.start("r1", 1)
        await driver.reached.wait()
    driver.release.set()
    await asyncio.sleep(0.1)
    assert driver.done == [0, 1]


def test_a_process_that_only_looks_does_not_wait_for_the_engine() -> None:
    script = "import sys, gatewright.server.app; print('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout == b"False\n"

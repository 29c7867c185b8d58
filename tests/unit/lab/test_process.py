"""A reference never hits another process, and a child never outlives its parent."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import msgspec

from gatewright.lab import process
from gatewright.lab.process import Child, ProcessRef


async def test_a_child_is_alive_until_it_is_stopped(tmp_path: Path) -> None:
    child = await Child.start("sleep", ["sleep", "60"], log=tmp_path / "log")
    assert process.is_alive(child.ref)
    await child.stop(grace=5)
    assert child.returncode == -signal.SIGTERM
    assert not process.is_alive(child.ref)


async def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    program = "import signal; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    child = await Child.start("deaf", [sys.executable, "-c", program], log=tmp_path / "log", pipe=True)
    assert await child.stdout.readline() == b"deaf\n"
    await child.stop(grace=0.1)
    assert child.returncode == -signal.SIGKILL


async def test_a_recycled_pid_is_not_signalled(tmp_path: Path) -> None:
    child = await Child.start("sleep", ["sleep", "60"], log=tmp_path / "log")
    earlier = msgspec.structs.replace(child.ref, started=child.ref.started - 1)
    assert not process.is_alive(earlier)
    assert not process.send(earlier, signal.SIGKILL)
    await process.end(earlier, grace=1)
    assert process.is_alive(child.ref)
    await child.kill()
    assert not process.send(child.ref, signal.SIGKILL)


async def test_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    program = f"""
import asyncio, os
from pathlib import Path
from gatewright.lab.process import Child
async def main():
    child = await Child.start("sleep", ["sleep", "60"], log=Path({str(tmp_path / "grandchild.log")!r}))
    print(child.ref.pid, child.ref.started, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    parent = await Child.start("parent", [sys.executable, "-c", program], log=tmp_path / "log", pipe=True)
    pid, started = map(int, (await parent.stdout.readline()).split())
    grandchild = ProcessRef("sleep", pid, started)
    assert process.is_alive(grandchild)
    await parent.kill()
    for _ in range(1000):
        if not process.is_alive(grandchild):
            break
        await asyncio.sleep(0.01)
    assert not process.is_alive(grandchild)


async def test_last_words(tmp_path: Path) -> None:
    program = "import sys; print('first'); sys.exit('why it ended')"
    child = await Child.start("loud", [sys.executable, "-c", program], log=tmp_path / "log")
    assert await child.wait() == 1
    assert child.last_words() in {"why it ended", "first"}
    assert process.last_line(tmp_path / "none") == "-"


def test_this_process_is_alive() -> None:
    ref = process.reference("me", os.getpid())
    assert ref is not None
    assert process.is_alive(ref)
    assert process.reference("none", 2**22 + 1) is None

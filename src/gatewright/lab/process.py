"""Child processes that never outlive their lab, and references that never hit a recycled pid."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import msgspec

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ProcessRef(msgspec.Struct, frozen=True):
    """A process by pid *and* start time (clock ticks since boot, ``/proc/PID/stat`` field 22)."""

    role: str
    pid: int
    started: int


def reference(role: str, pid: int) -> ProcessRef | None:
    """The process that has ``pid`` now, or ``None`` if it has ended (a zombie has)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else ProcessRef(role, pid, int(fields[19]))


def is_alive(ref: ProcessRef) -> bool:
    """Whether that very process runs."""
    return reference(ref.role, ref.pid) == ref


def send(ref: ProcessRef, number: signal.Signals) -> bool:
    """Signal that very process; ``False`` if it has ended. Safe against a pid that is given away meanwhile."""
    try:
        handle = os.pidfd_open(ref.pid)
    except OSError:
        return False
    try:
        if not is_alive(ref):
            return False
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


async def end(ref: ProcessRef, *, grace: float) -> None:
    """SIGTERM, up to ``grace`` seconds of patience, then SIGKILL; returns when the process has ended."""
    if not send(ref, signal.SIGTERM):
        return
    if not await _gone(ref, grace):
        send(ref, signal.SIGKILL)
        await _gone(ref, 10)


async def _gone(ref: ProcessRef, seconds: float) -> bool:
    deadline = asyncio.get_running_loop().time() + seconds
    while is_alive(ref):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


def die_with_parent(number: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to send this process ``number`` when the thread that started it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, number)


class Child:
    """A process of ours, its output in a file. Start it from the main thread: the kernel's parent-death signal
    is sent when the *thread* that started the process ends."""

    def __init__(self, ref: ProcessRef, process: asyncio.subprocess.Process, log: Path) -> None:
        self.ref = ref
        self.log = log
        self._process = process

    def __repr__(self) -> str:
        return f"Child({self.ref.role!r}, pid={self.ref.pid}, returncode={self.returncode})"

    @classmethod
    async def start(
        cls,
        role: str,
        argv: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        pipe: bool = False,
    ) -> Self:
        """Start ``argv``; with ``pipe`` its standard input and output are pipes, else output joins the log."""
        parent = os.getpid()

        def tie() -> None:
            die_with_parent()
            if os.getppid() != parent:
                os._exit(1)

        with log.open("ab") as sink:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE if pipe else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if pipe else sink,
                stderr=sink,
                env=env,
                cwd=cwd,
                # its own session: Ctrl-C in the terminal must reach the lab only, which stops things in order
                start_new_session=True,
                preexec_fn=tie,
            )
        ref = reference(role, process.pid) or ProcessRef(role, process.pid, 0)
        return cls(ref, process, log)

    @property
    def returncode(self) -> int | None:
        """``None`` while it runs."""
        return self._process.returncode

    @property
    def stdin(self) -> asyncio.StreamWriter:
        """Only with ``pipe``."""
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def stdout(self) -> asyncio.StreamReader:
        """Only with ``pipe``."""
        assert self._process.stdout is not None
        return self._process.stdout

    async def wait(self) -> int:
        """The return code, when it has ended."""
        return await self._process.wait()

    async def stop(self, *, grace: float) -> None:
        """SIGTERM, then after ``grace`` seconds SIGKILL; returns when it has ended."""
        if self.returncode is None:
            # not Popen's own way, which reaps a child that has just ended before asyncio does: its code is lost then
            send(self.ref, signal.SIGTERM)
            try:
                async with asyncio.timeout(grace):
                    await self._process.wait()
            except TimeoutError:
                await self.kill()

    async def kill(self) -> None:
        """SIGKILL; returns when it has ended."""
        if self.returncode is None:
            send(self.ref, signal.SIGKILL)
        await self._process.wait()

    def last_words(self) -> str:
        """The last line of its log that is not empty, cut to 300 characters."""
        return last_line(self.log)


def last_line(log: Path) -> str:
    """The last line of a file that is not empty, cut to 300 characters; ``-`` if there is none."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace")[-4000:].splitlines()
    except OSError:
        return "-"
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "-")

"""Owns a lab until told to stop: in this process (``serve``), or in one of its own that outlives the caller."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from gatewright.lab import lab, places
from gatewright.lab.control import Answer, ControlServer
from gatewright.lab.lab import LabOptions
from gatewright.lab.process import die_with_parent, end, reference
from gatewright.lab.state import LabState
from gatewright.lab.toolchain import Progress
from gatewright.model.errors import GatewrightError
from gatewright.text import Message


async def serve(options: LabOptions, progress: Progress, ready: Callable[[LabState], None]) -> None:
    """Run a lab until SIGINT or SIGTERM, also while it starts; ``ready`` is called once. Raises what ``up`` raises."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    starting = asyncio.create_task(lab.up(options, progress))
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([starting, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return
        running = await starting
        try:
            control = await ControlServer.start(running)
            ready(running.state())
            await stopped
            await control.close()
        finally:
            await running.close()
    finally:
        stopped.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def up_detached(options: LabOptions, progress: Progress) -> LabState:
    """Start a lab in a process of its own, which goes on when the caller ends. Raises what ``up`` raises,
    ``SupervisorLost`` if that process dies first."""
    places.checked_name(options.name)
    places.home().mkdir(parents=True, exist_ok=True)
    log = places.home() / f".{options.name}.log"
    pid, lines = await _spawn(options, log)
    try:
        last = Answer()
        async for line in lines:
            last = msgspec.json.decode(line, type=Answer)
            if last.news is not None:
                progress(last.news)
        return last.result(log=log)
    except BaseException:
        # also when the caller is cancelled: a lab that nobody has seen ready must not stay
        if supervisor := reference("lab", pid):
            await end(supervisor, grace=30)
        raise


async def _spawn(options: LabOptions, log: Path) -> tuple[int, asyncio.StreamReader]:
    """Not asyncio's subprocess: that kills what still runs when its loop ends."""
    source, sink = os.pipe()
    arguments = [sys.executable, "-m", __name__, msgspec.json.encode(options).decode()]
    with log.open("wb") as errors:
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, sink, 1),
            (os.POSIX_SPAWN_DUP2, errors.fileno(), 2),
        ]
        pid = os.posix_spawn(  # noqa: ASYNC221 - it returns at once
            sys.executable, arguments, os.environ, file_actions=actions, setsid=True
        )
    os.close(sink)
    reader = asyncio.StreamReader(limit=1 << 22)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(source, "rb")
    )
    return pid, reader


class _Line:
    """Tells the starter what goes on, as long as it listens."""

    def __call__(self, answer: Answer) -> None:
        try:
            os.write(1, msgspec.json.encode(answer) + b"\n")
        except OSError:
            self.finish()

    def finish(self) -> None:
        """Close the pipe: the starter has read the last line."""
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.close(silence)


def main(arguments: list[str]) -> int:
    """The process of a detached lab; ``arguments`` is its options as JSON, and ``tied`` if it shall end with the
    process that started it."""
    if "tied" in arguments[1:]:
        die_with_parent(signal.SIGTERM)
    tell = _Line()

    def news(text: Message) -> None:
        tell(Answer(news=text))

    def ready(state: LabState) -> None:
        tell(Answer(state=state))
        tell.finish()

    try:
        asyncio.run(serve(msgspec.json.decode(arguments[0], type=LabOptions), news, ready))
    except GatewrightError as error:
        tell(Answer(error=error.report))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

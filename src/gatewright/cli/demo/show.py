"""Plays the story: makes the world, plays the scenes in order, tells, reports, and ends everything.

SIGINT, SIGTERM and SIGHUP end it in order at any moment; a second one changes nothing, because nothing hangs for long.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Generator
from typing import Final

from gatewright.background import alongside
from gatewright.cli.command import Session
from gatewright.cli.demo import install, leave, report, traffic, watch
from gatewright.cli.demo.report import Check, Scene
from gatewright.cli.demo.stage import GATEWAY_PORT, Stage
from gatewright.cli.demo.teller import Teller
from gatewright.cli.demo.world import World, open_world
from gatewright.cli.exits import FAULT, INTERRUPTED
from gatewright.lab.process import ProcessRef, is_alive
from gatewright.model.errors import GatewrightError
from gatewright.text import Message, message

SCENES: Final[tuple[tuple[str, Callable[[Stage], Awaitable[None]]], ...]] = (
    ("before", install.before),
    ("register", install.register),
    ("wish", install.wish),
    ("install-first", install.install_first),
    ("install-second", install.install_second),
    ("install-all", install.install_all),
    ("again", install.again),
    ("same", install.same),
    ("traffic", traffic.traffic),
    ("health", watch.health),
    ("drift", watch.drift),
    ("second-team", traffic.second_team),
    ("outage", traffic.outage),
    ("leave", leave.leave),
)
CLEAN: Final = "clean"
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def play(session: Session, *, once: bool, port: int | None) -> int:
    """The whole demo; gives the exit code. Raises what ``open_world`` raises."""
    screen = session.screen
    as_data = screen.format != "table"
    show = _Show(Teller(screen.err if once or as_data else screen.out, session.language))
    with _stopping(asyncio.Event()) as stop:
        performance = show.run(stop, once=once, port=0 if once and port is None else port)
        async with alongside(performance) as playing, alongside(stop.wait()) as stopped:
            await asyncio.wait([playing, stopped], return_when=asyncio.FIRST_COMPLETED)
            if show.played:
                await playing
    if not show.played:
        return INTERRUPTED
    if as_data:
        screen.data(report.report(show.scenes, show.seconds, session.language))
    return 0 if all(scene.held for scene in show.scenes) else FAULT


class _Show:
    """One performance. ``played``: whether the story came to its end, held or not."""

    def __init__(self, teller: Teller) -> None:
        self.scenes: list[Scene] = []
        self.seconds = 0.0
        self.played = False
        self._teller = teller
        self._began = time.monotonic()

    async def run(self, stop: asyncio.Event, *, once: bool, port: int | None) -> None:
        teller = self._teller
        teller.say(message("demo.intro"), "bold")
        processes: tuple[ProcessRef, ...] = ()
        async with open_world(teller.language, port, teller.say) as world:
            stage = Stage(world, await world.lab(), teller)
            teller.say(message("demo.ready", url=world.url, folder=str(world.folder)))
            try:
                await self._story(stage)
            finally:
                await stage.close()
            processes = await world.processes()
            self._end(once)
            if not once:
                self._invite(world, stage)
                await stop.wait()
            teller.say(message("demo.stopping"))
        if once:
            self._clean(world, processes)
        else:
            teller.say(message("demo.stopped"))

    async def _story(self, stage: Stage) -> None:
        """Every scene builds on the ones before: after one that did not hold, the rest is not played."""
        for number, (name, scene) in enumerate(SCENES, 1):
            if self.scenes and not self.scenes[-1].held:
                self.scenes.append(Scene(name))
                continue
            self._teller.scene(number, len(SCENES), name)
            began = time.monotonic()
            stage.checks = []
            try:
                await scene(stage)
            except Exception as error:  # whatever breaks a scene is its outcome, and the world must still be ended
                stage.check("unbroken", False, _why(error, stage))
            self.scenes.append(Scene(name, tuple(stage.checks), time.monotonic() - began))

    def _end(self, once: bool) -> None:
        self.seconds = time.monotonic() - self._began
        if not once:
            self._teller.summary(self.scenes, self.seconds)
            self.played = True

    def _invite(self, world: World, stage: Stage) -> None:
        self._teller.empty()
        gateway = f"{stage.cluster(install.B).address}:{GATEWAY_PORT}"
        for key in ("address", "environment", "try", "until"):
            params = {"url": world.url, "file": str(world.folder / "env"), "gateway": gateway, "host": traffic.HOST}
            self._teller.say(Message(f"demo.invite.{key}", {**params}))

    def _clean(self, world: World, processes: tuple[ProcessRef, ...]) -> None:
        """The last scene of ``--once``: nothing is left, by pid."""
        began = time.monotonic()
        alive = [f"{ref.role} {ref.pid}" for ref in processes if is_alive(ref)]
        self._teller.scene(len(SCENES) + 1, len(SCENES) + 1, CLEAN)
        checks = (
            Check(message("demo.check.no-process", count=len(processes)), not alive, ", ".join(alive)),
            Check(message("demo.check.no-folder", folder=str(world.folder)), not world.folder.exists()),
        )
        for check in checks:
            self._teller.check(check)
        self.scenes.append(Scene(CLEAN, checks, time.monotonic() - began))
        self.seconds = time.monotonic() - self._began
        self._teller.summary(self.scenes, self.seconds)
        self.played = True


def _why(error: Exception, stage: Stage) -> str:
    if isinstance(error, GatewrightError):
        return f"{error.code}: {error.report.message(stage.teller.language)}"
    return f"{type(error).__name__}: {error}"


@contextlib.contextmanager
def _stopping(stop: asyncio.Event) -> Generator[asyncio.Event]:
    """An event that the signals of a person, a terminal or a service manager set."""
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

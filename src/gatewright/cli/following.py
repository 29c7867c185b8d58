"""Following health: the table drawn anew on a terminal, one line per change in a pipe, each new value for programs.

Without a server nobody watches, so this process looks at the clusters again and again while it follows.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from gatewright.background import alongside
from gatewright.cli.client import Api
from gatewright.cli.command import Session
from gatewright.cli.views import health as view
from gatewright.model.health import ClusterHealth, Found
from gatewright.text import Language

AGAIN: Final = 5.0
"""Seconds between two looks of a process that does not watch."""
SETTLE: Final = 0.25
"""Seconds in which further changes are read together with the first."""


class Seen(msgspec.Struct, frozen=True):
    """One look: the answer of the API, how it is drawn, and what its lines are made of."""

    value: object
    drawn: Sequence[RenderableType]
    members: Sequence[ClusterHealth]
    findings: Sequence[Found]


Look = Callable[[], Awaitable[Seen]]


async def follow(session: Session, api: Api, look: Look) -> None:
    """Shows what ``look`` sees whenever something changed, until cancelled or until the server ends."""
    async with contextlib.aclosing(_looks(session, api, look)) as looks:
        if session.screen.format != "table":
            await _data(session, looks)
        elif session.screen.out.is_terminal:
            await _drawn(session, looks)
        else:
            await _lines(session, looks)


async def _looks(session: Session, api: Api, look: Look) -> AsyncGenerator[Seen]:
    """One look now, and one after every change: many changes in a burst need one look only."""
    changed = asyncio.Event()
    waking = _listening(api, changed) if session.settings.server else _ticking(changed)
    async with alongside(waking, name="changes") as waked:
        while not waked.done():
            changed.clear()
            yield await look()
            await changed.wait()
            await asyncio.sleep(SETTLE)


async def _listening(api: Api, changed: asyncio.Event) -> None:
    try:
        async with contextlib.aclosing(api.events("/changes", object)) as events:
            async for _ in events:
                changed.set()
    finally:
        changed.set()


async def _ticking(changed: asyncio.Event) -> None:
    while True:
        await asyncio.sleep(AGAIN)
        changed.set()


async def _data(session: Session, looks: AsyncIterator[Seen]) -> None:
    before: object = None
    async for seen in looks:
        if seen.value != before:
            session.screen.data(seen.value)
        before = seen.value


async def _drawn(session: Session, looks: AsyncIterator[Seen]) -> None:
    with Live(console=session.screen.out, refresh_per_second=4) as live:
        async for seen in looks:
            live.update(Group(*seen.drawn), refresh=True)


async def _lines(session: Session, looks: AsyncIterator[Seen]) -> None:
    before = Seen(None, (), (), ())
    async for seen in looks:
        moment = datetime.now().astimezone().strftime("%H:%M:%S")
        for cluster, what in changes(before, seen, session.language):
            session.screen.out.print(view.line(moment, cluster, what), soft_wrap=True)
        before = seen


def changes(before: Seen, after: Seen, language: Language) -> Iterator[tuple[str, Text]]:
    """What became of clusters, which findings went and which came between two looks, as cluster and words."""
    known = {member.cluster: member for member in before.members}
    for member in after.members:
        was = known.get(member.cluster)
        if was is None or (was.state, was.reachability) != (member.state, member.reachability):
            yield member.cluster, view.became(was, member, language)
    old = {(f.cluster, *f.finding.identity): f for f in before.findings}
    new = {(f.cluster, *f.finding.identity): f for f in after.findings}
    for identity in sorted(old.keys() - new.keys()):
        yield old[identity].cluster, view.told(old[identity].finding, language, gone=True)
    for identity in sorted(new.keys() - old.keys()):
        yield new[identity].cluster, view.told(new[identity].finding, language, gone=False)

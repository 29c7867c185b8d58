"""Following a rollout: a living tree on a terminal, one line per event in a pipe, the end state for programs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from gatewright.background import alongside
from gatewright.cli import exits
from gatewright.cli.views import rollout as view
from gatewright.model.rollout import RolloutEvent, RolloutStatus

if TYPE_CHECKING:
    from gatewright.cli.client import Api
    from gatewright.cli.command import Session

_EXITS: Final = {
    "succeeded": 0,
    "failed": exits.CLUSTER_FAILED,
    "aborted": exits.NOT_FINISHED,
    "paused": exits.NOT_FINISHED,
}


async def follow(session: Session, api: Api, id: str, *, after: int = 0) -> int:
    """Shows the rollout until it ends, fails or pauses, its log from behind line ``after``; gives the exit code."""
    from gatewright.cli.client import part

    path = f"/rollouts/{part(id)}"
    try:
        await _show(session, api, path, after)
    except asyncio.CancelledError:
        session.screen.note("cli.note.left" if session.settings.server else "cli.note.interrupted", id=id)
        raise
    ended = await api.get(path, RolloutStatus)
    session.screen.show(ended, view.rollout)
    return _EXITS.get(ended.state, exits.NOT_FINISHED)


async def _show(session: Session, api: Api, path: str, after: int) -> None:
    if session.screen.format != "table":
        async for _ in _events(api, path):
            pass
    elif session.screen.out.is_terminal:
        await _tree(session, api, path)
    else:
        async for event in _events(api, path, after):
            session.screen.out.print(view.line(event, session.language), soft_wrap=True)


async def _tree(session: Session, api: Api, path: str) -> None:
    from rich.live import Live

    board = view.Board(await api.get(path, RolloutStatus), session.language)
    with Live(board, console=session.screen.out, refresh_per_second=4, transient=True):
        changed = asyncio.Event()
        async with alongside(_refresh(api, path, board, changed), name="rollout status"):
            async for _ in _events(api, path):
                changed.set()


async def _refresh(api: Api, path: str, board: view.Board, changed: asyncio.Event) -> None:
    """Many events in a burst need one look only."""
    while True:
        await changed.wait()
        changed.clear()
        board.status = await api.get(path, RolloutStatus)


async def _events(api: Api, path: str, after: int = 0) -> AsyncIterator[RolloutEvent]:
    async with contextlib.aclosing(api.events(f"{path}/events", RolloutEvent, after=after)) as events:
        async for event in events:
            yield event

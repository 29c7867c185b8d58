"""Work that runs beside other work: begun with a block, ended with it, and never left running behind its back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


@contextlib.asynccontextmanager
async def alongside(work: Coroutine[Any, Any, T], *, name: str | None = None) -> AsyncGenerator[asyncio.Task[T]]:
    """Runs ``work`` while the block runs, then cancels it and waits until it has ended. What it failed with is raised
    at the end of the block, unless the block itself raised something."""
    task = asyncio.create_task(work, name=name)
    try:
        yield task
    finally:
        await cancelled(task)
        failure = None if task.cancelled() else task.exception()
    if failure is not None:
        raise failure


async def enduring(
    work: Callable[[], Awaitable[object]], failed: Callable[[Exception], object], *, pause: float = 5.0
) -> None:
    """``work``, and again, ``pause`` seconds after each time that it failed: a loop that ended with one mistake would
    leave its process alive and blind. ``failed`` is called while the exception is handled, so that it can be logged."""
    while True:
        try:
            await work()
            return
        except Exception as error:
            failed(error)
        await asyncio.sleep(pause)


async def cancelled(*tasks: asyncio.Future[Any]) -> None:
    """Cancels the tasks and waits until all of them have ended. Who is cancelled meanwhile waits on, so that nothing is
    left behind and no tidying is cut off, and is cancelled then. What a task failed with is not raised: it is for
    whoever asks the task, or else logged by asyncio."""
    for task in tasks:
        task.cancel()
    interruption: asyncio.CancelledError | None = None
    while waiting := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(waiting)
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is not None:
        raise interruption

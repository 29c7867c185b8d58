"""What every command has: its session, ``-o``, and one way from a function to an exit code.

``@command(app)`` turns ``async def f(session, ...)`` into a Typer command: it opens the session and adds
``-o``. The API is connected only when a command asks for it, so that ``gatewright use`` does not open a database.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import msgspec
import typer

from gatewright.cli.errors import BadValueError, NotConfirmedError, NoTeamError
from gatewright.cli.help import Command
from gatewright.text import Language, environment_language, text

if TYPE_CHECKING:
    from gatewright.cli.client import Api
    from gatewright.cli.context import Context
    from gatewright.cli.output import Screen
    from gatewright.server.settings import Settings

OutputOption = Annotated[str, typer.Option("--output", "-o", metavar="table|json|yaml", help="cli.option.output")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="cli.option.yes")]
TeamOption = Annotated[str | None, typer.Option("--team", "-t", metavar="TEAM", help="cli.option.team")]
ClustersOption = Annotated[
    list[str] | None, typer.Option("--cluster", "-c", metavar="CLUSTER", help="cli.option.clusters")
]


class Session:
    """One run of one command."""

    def __init__(self, settings: Settings, screen: Screen, stack: contextlib.AsyncExitStack) -> None:
        self.settings = settings
        self.screen = screen
        self._stack = stack
        self._api: Api | None = None

    @property
    def language(self) -> Language:
        return self.screen.language

    async def api(self) -> Api:
        """The API, connected once."""
        if self._api is None:
            from gatewright.cli.client import connect

            self._api = await self._stack.enter_async_context(connect(self.settings, self.language))
        return self._api

    @property
    def context(self) -> Context:
        from gatewright.cli.context import load

        return load(self.settings.config)

    def team(self, given: str | None) -> str:
        """The team that was named, else the current one. Raises ``NoTeamError``."""
        team = given or self.context.team
        if not team:
            raise NoTeamError()
        return team

    def clusters(self, team: str, given: list[str] | None) -> list[str]:
        """The clusters that were named, else the current one of the current team, else none (which means all)."""
        context = self.context
        current = context.cluster if context.team == team else None
        return given or ([current] if current else [])

    def confirm(self, key: str, yes: bool, /, **params: str | int) -> None:
        """Asks; ``yes`` answers beforehand. Raises ``NotConfirmedError``; nobody to ask counts as no."""
        if yes:
            return
        question = text(key, self.language, **params)
        if not self.screen.err.is_terminal or not os.isatty(0):
            raise NotConfirmedError(question=question)
        self.screen.err.print(f"{question} [y/N] ", end="")
        if input().strip().lower() not in ("y", "yes", "是"):
            raise NotConfirmedError(question=question)


@contextlib.asynccontextmanager
async def session(output: str) -> AsyncGenerator[Session]:
    """A session from the environment of this process. Raises ``SettingError`` or ``BadValueError``."""
    from gatewright.cli.output import Format, Screen
    from gatewright.server.settings import from_environment

    try:
        known = msgspec.convert(output, Format)
    except msgspec.ValidationError:
        raise BadValueError(name="-o", value=output[:80], wanted="table, json, yaml") from None
    async with contextlib.AsyncExitStack() as stack:
        yield Session(from_environment(os.environ), Screen(environment_language(), known), stack)


def command(app: typer.Typer, name: str | None = None) -> Callable[[Callable[..., Awaitable[int | None]]], Any]:
    """Registers ``async def f(session, ...) -> exit code or None`` as a command of ``app``."""

    def register(function: Callable[..., Awaitable[int | None]]) -> Any:
        hints = get_type_hints(function, include_extras=True)
        given = list(inspect.signature(function).parameters.values())[1:]
        parameters = [p.replace(annotation=hints[p.name], kind=inspect.Parameter.KEYWORD_ONLY) for p in given]
        parameters.append(
            inspect.Parameter("output", inspect.Parameter.KEYWORD_ONLY, default="table", annotation=OutputOption)
        )

        def run(**arguments: Any) -> int:
            async def inside() -> int:
                async with session(arguments.pop("output")) as opened:
                    return await function(opened, **arguments) or 0

            return asyncio.run(inside())

        run.__name__ = function.__name__
        run.__doc__ = None
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        app.command(name or function.__name__.replace("_", "-"), cls=Command)(run)
        return function

    return register

"""``gatewright up``: the server, in the foreground."""

from __future__ import annotations

from typing import Annotated

import typer

from gatewright.cli.command import Session, command
from gatewright.cli.help import typer_app
from gatewright.model.addresses import is_this_machine

root = typer_app()


@command(root, "up")
async def up(
    session: Session,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="cli.option.host")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="cli.option.port")] = 8770,
) -> int:
    from gatewright.cli.exits import INTERRUPTED
    from gatewright.server.run import Listening, serve

    def ready(listening: Listening) -> None:
        if session.screen.format != "table":
            session.screen.data(listening)
            return
        session.screen.done("cli.done.up", url=listening.url)
        session.screen.done("cli.done.token", path=listening.token_file)
        if listening.setup_code is not None:
            session.screen.done("cli.done.setup", url=listening.url)
            session.screen.done("cli.done.setup-code", code=listening.setup_code)
        if not is_this_machine(host):
            session.screen.note("cli.note.plain-http", url=listening.url)

    interrupted = await serve(session.settings, host, port, ready)
    return INTERRUPTED if interrupted else 0

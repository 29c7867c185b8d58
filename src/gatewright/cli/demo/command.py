"""``gatewright demo``: mounted with the other commands; nothing of the lab is imported until it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from gatewright.cli.command import Session, command
from gatewright.cli.errors import LabMissingError
from gatewright.cli.help import typer_app

root = typer_app()


@command(root, "demo")
async def demo(
    session: Session,
    once: Annotated[bool, typer.Option("--once", help="demo.option.once")] = False,
    port: Annotated[
        int | None, typer.Option("--port", metavar="PORT", min=0, max=65535, help="demo.option.port")
    ] = None,
) -> int:
    try:
        from gatewright.cli.demo.show import play
    except ModuleNotFoundError as error:
        raise LabMissingError(module=error.name or "gatewright.lab") from error
    return await play(session, once=once, port=port)

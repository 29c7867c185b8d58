"""``gatewright version`` and ``errors``."""

from __future__ import annotations

import platform
from typing import Annotated

import typer

from gatewright import __version__
from gatewright.cli.command import Session, command
from gatewright.cli.errors import UnknownCodeError
from gatewright.cli.help import typer_app
from gatewright.text import templates

root = typer_app()


@command(root, "version")
async def version(session: Session) -> None:
    from gatewright.cli.views import about

    told = {"gatewright": __version__, "python": platform.python_version()}
    if session.settings.server:
        api = await session.api()
        told["server"] = (await api.get("/version", dict[str, str]))["version"]
    session.screen.show(told, about.version)


@command(root, "errors")
async def errors(
    session: Session,
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="cli.argument.code")] = None,
) -> None:
    from difflib import get_close_matches

    from gatewright.cli.views import about

    known = sorted(key for key in templates() if f"{key}.remedy" in templates())
    if code is not None and code not in known:
        raise UnknownCodeError(code=code[:80], nearest=", ".join(get_close_matches(code, known, 3, 0.4)) or "-")
    chosen = known if code is None else [code]
    told = [about.Explained(key, templates()[key], templates()[f"{key}.remedy"]) for key in chosen]
    session.screen.show(told, about.errors)

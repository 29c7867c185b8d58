"""``gatewright apply``, ``diff`` and ``export``: the whole fleet as files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gatewright.cli.command import Session, TeamOption, command
from gatewright.cli.errors import FileUnreadableError, NothingToReadError
from gatewright.cli.help import typer_app

root = typer_app()

FilesOption = Annotated[list[str], typer.Option("--filename", "-f", metavar="FILE|-|DIR", help="cli.option.filename")]
SUFFIXES = (".yaml", ".yml", ".json")


@command(root, "apply")
async def apply(session: Session, filename: FilesOption) -> None:
    from gatewright.cli.views import desired
    from gatewright.server.values import ChangeView

    documents = read(filename)
    api = await session.api()
    session.screen.show(await api.post("/apply", list[ChangeView], {"documents": documents}), desired.changes)


@command(root, "diff")
async def diff(session: Session, filename: FilesOption) -> int:
    from gatewright.cli.exits import NOTHING_TO_DO
    from gatewright.cli.views import desired
    from gatewright.server.values import ChangeView

    documents = read(filename)
    api = await session.api()
    changes = await api.post("/diff", list[ChangeView], {"documents": documents})
    session.screen.show(changes, desired.differences)
    return 0 if any(change.verb != "unchanged" for change in changes) else NOTHING_TO_DO


@command(root, "export")
async def export(session: Session, team: TeamOption = None) -> None:
    api = await session.api()
    session.screen.document(await api.text("/export", team=team))


def read(names: Sequence[str]) -> list[dict[str, str]]:
    """The documents of files, folders (in the order of their paths) and ``-``.

    Raises ``FileUnreadableError`` and ``NothingToReadError``.
    """
    return [{"file": str(file), "text": _text(file)} for name in names for file in _files(name)]


def _files(name: str) -> list[str]:
    path = Path(name)
    if name == "-" or not path.is_dir():
        return [name]
    found = sorted(str(file) for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    if not found:
        raise NothingToReadError(path=name)
    return found


def _text(file: str) -> str:
    try:
        return sys.stdin.buffer.read().decode() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadableError(path=file, reason=getattr(error, "strerror", None) or "UTF-8") from error

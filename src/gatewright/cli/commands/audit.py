"""``gatewright audit ...``: what people did and were refused."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Generator
from typing import Annotated, Any, BinaryIO

import typer

from gatewright.cli.command import Session, command
from gatewright.cli.errors import BadValueError, FileUnwritableError
from gatewright.cli.help import typer_app

group = typer_app()

_OUTCOMES = "done|refused"
_FORMATS = "jsonl|csv"
WhoOption = Annotated[str | None, typer.Option("--who", metavar="PERSON", help="cli.option.audit-who")]
WhatOption = Annotated[str | None, typer.Option("--what", metavar="PREFIX", help="cli.option.audit-what")]
OfTeamOption = Annotated[str | None, typer.Option("--team", "-t", metavar="TEAM", help="cli.option.audit-team")]
OfClusterOption = Annotated[
    str | None, typer.Option("--cluster", "-c", metavar="CLUSTER", help="cli.option.audit-cluster")
]
OutcomeOption = Annotated[str | None, typer.Option("--outcome", metavar=_OUTCOMES, help="cli.option.audit-outcome")]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="WHEN", help="cli.option.audit-since")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="cli.option.audit-until")]
TextOption = Annotated[str | None, typer.Option("--text", "-q", metavar="TEXT", help="cli.option.audit-text")]


@command(group, "list")
async def list_entries(
    session: Session,
    who: WhoOption = None,
    what: WhatOption = None,
    team: OfTeamOption = None,
    cluster: OfClusterOption = None,
    outcome: OutcomeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    text: TextOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="cli.option.audit-limit")] = 50,
) -> None:
    from gatewright.cli.views import audit as view
    from gatewright.model.audit import Entry

    query = _query(who, what, team, cluster, outcome, since, until, text)
    api = await session.api()
    found = await api.get("/audit", list[Entry], limit=limit, **query)
    session.screen.show(found[::-1], view.entries)


@command(group, "export")
async def export(
    session: Session,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="cli.argument.audit-file")],
    format: Annotated[str, typer.Option("--format", metavar=_FORMATS, help="cli.option.audit-format")] = "jsonl",
    who: WhoOption = None,
    what: WhatOption = None,
    team: OfTeamOption = None,
    cluster: OfClusterOption = None,
    outcome: OutcomeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    text: TextOption = None,
) -> None:
    if format not in _FORMATS.split("|"):
        raise BadValueError(name="--format", value=format[:80], wanted=_FORMATS.replace("|", ", "))
    query = _query(who, what, team, cluster, outcome, since, until, text)
    api = await session.api()
    async with contextlib.aclosing(api.download("/audit/export", format=format, **query)) as parts:
        await _write(parts, file)
    if file != "-":
        session.screen.done("cli.done.audit-exported", path=file)


async def _write(parts: AsyncIterator[bytes], file: str) -> None:
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(_opened(file))
        async for part in parts:
            out.write(part)
        out.flush()


@contextlib.contextmanager
def _opened(file: str) -> Generator[BinaryIO]:
    """A file to write, or standard output. Raises ``FileUnwritableError``."""
    import sys
    from pathlib import Path

    if file == "-":
        yield sys.stdout.buffer
        return
    try:
        with Path(file).expanduser().open("wb") as opened:
            yield opened
    except (OSError, RuntimeError) as error:
        raise FileUnwritableError(path=file, reason=getattr(error, "strerror", None) or str(error)) from error


def _query(
    who: str | None,
    what: str | None,
    team: str | None,
    cluster: str | None,
    outcome: str | None,
    since: str | None,
    until: str | None,
    text: str | None,
) -> dict[str, Any]:
    if outcome is not None and outcome not in _OUTCOMES.split("|"):
        raise BadValueError(name="--outcome", value=outcome[:80], wanted=_OUTCOMES.replace("|", ", "))
    return {
        "who": who,
        "what": what,
        "team": team,
        "cluster": cluster,
        "outcome": outcome,
        "since": _moment("--since", since),
        "until": _moment("--until", until),
        "q": text,
    }


def _moment(name: str, given: str | None) -> str | None:
    """A moment with its zone; ``7d`` is seven days ago."""
    from datetime import UTC, datetime

    from gatewright.model.durations import duration_of

    if given is None:
        return None
    span = duration_of(given)
    if span is not None:
        return (datetime.now(UTC) - span).isoformat()
    try:
        if datetime.fromisoformat(given).tzinfo is not None:
            return given
    except ValueError:
        pass
    raise BadValueError(name=name, value=given[:80], wanted="30m, 12h, 7d, 2026-11-22T09:30:00Z")

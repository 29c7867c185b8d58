"""The audit as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.text import Text

from gatewright.cli.output import rows, table, word
from gatewright.cli.views.moments import parsed
from gatewright.model.audit import Entry
from gatewright.text import Language, text


def entries(found: Sequence[Entry], language: Language) -> Iterable[RenderableType]:
    if not found:
        yield Text(text("cli.empty.audit", language))
        return
    made = table(language, "when", "who", "from", "act", "object", "outcome")
    yield rows(made, [_cells(entry, language) for entry in found])


def _cells(entry: Entry, language: Language) -> tuple[RenderableType, ...]:
    moment = parsed(entry.at)
    outcome = word("outcome", entry.outcome, language)
    return (
        moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else entry.at,
        entry.who,
        entry.address or entry.via,
        entry.what,
        f"[{entry.cluster}] {entry.where}" if entry.cluster not in ("", entry.where) else entry.where,
        outcome.append(f" {entry.code}") if entry.code else outcome,
    )

"""Drift: per object what differs, who did it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gatewright.cli.output import STYLES, rows, table, word
from gatewright.cli.views.moments import age
from gatewright.model.drift import Drift
from gatewright.model.objects import JSON
from gatewright.text import Language, text

MAX_DIFFERENCES: Final = 4
"""Fields shown per object; ``-o json`` has more."""
_MAX_VALUE: Final = 48


def drifts(found: Sequence[Drift], language: Language) -> Iterable[RenderableType]:
    """A row per object, then for each what differs, why it is as it is, and what to do."""
    if not found:
        yield Text(text("cli.empty.drifts", language))
        return
    made = table(language, "cluster", "object", "state", "changed-by", "found")
    yield rows(made, [_row(drift, language) for drift in found])
    for drift in found:
        yield Text()
        yield from _told(drift, language)


def _row(drift: Drift, language: Language) -> tuple[str | Text, ...]:
    who = "\n".join(map(str, drift.changers))
    return (drift.cluster, str(drift.ref), word("drift", drift.state, language), who, age(drift.found_at, language))


def _told(drift: Drift, language: Language) -> Iterable[RenderableType]:
    if drift.message is not None:
        yield Text(drift.message.render(language))
    for field in drift.differences[:MAX_DIFFERENCES]:
        line = Text.assemble(
            f"{field.path}: ", (_value(field.live), STYLES["delete"]), " → ", (_value(field.wanted), STYLES["create"])
        )
        yield Padding(line, (0, 0, 0, 4))
    if drift.why is not None:
        yield Text(drift.why.render(language))
    if drift.remedy is not None and drift.active:
        yield Text(drift.remedy.render(language))


def _value(value: JSON) -> str:
    shown = "-" if value is None else msgspec.json.encode(value).decode()
    return shown if len(shown) <= _MAX_VALUE else f"{shown[:_MAX_VALUE]}…"

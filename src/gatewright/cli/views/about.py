"""The version, and the errors that exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from rich.console import RenderableType
from rich.text import Text

from gatewright.cli.output import rows, table
from gatewright.text import Language


class Explained(msgspec.Struct, frozen=True):
    """An error's code with its sentences as templates, in every language."""

    code: str
    message: Mapping[Language, str]
    remedy: Mapping[Language, str]


def version(told: dict[str, str], _: Language) -> Iterable[RenderableType]:
    for name, number in told.items():
        yield Text(f"{name} {number}")


def errors(told: Sequence[Explained], language: Language) -> Iterable[RenderableType]:
    if len(told) == 1:
        yield Text(told[0].code, style="bold")
        yield Text(told[0].message[language])
        yield Text(told[0].remedy[language])
        return
    yield rows(table(language, "code", "message"), [(e.code, e.message[language]) for e in told])

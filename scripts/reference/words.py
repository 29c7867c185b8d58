"""Words and shapes that the generated parts of all pages share: tables, prose, templates as people read them."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from gatewright.text import Language, templates

Both = Mapping[str, str]
"""A sentence by its language."""


@cache
def words(name: str) -> Mapping[str, Both]:
    """The words of ``words/NAME.json``. Raises ``OSError``."""
    return json.loads((Path(__file__).parent / "words" / f"{name}.json").read_text(encoding="utf-8"))


def word(key: str, language: Language) -> str:
    """A heading or another word of a table. Raises ``KeyError``."""
    return words("tables")[key][language]


def cell(value: str) -> str:
    return re.sub(r"\s*\n\s*", " ", value).replace("|", "\\|")


def headed(language: Language, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown, with the words of its columns in ``language``. Raises ``KeyError``."""
    head = [word(column, language) for column in columns]
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(cell(value) for value in line) + " |" for line in lines)


def prose(docstring: str | None) -> str:
    """A docstring as one paragraph of Markdown."""
    return " ".join((docstring or "").replace("``", "`").split())


def shown(key: str, language: Language) -> str:
    """A template with its parameters as ``‹name›`` and doubled braces undone. Raises ``KeyError``."""
    parts: list[str] = []
    for literal, name, _, _ in string.Formatter().parse(templates()[key][language]):
        parts.append(literal)
        if name is not None:
            parts.append(f"‹{name}›")
    return "".join(parts)


def two_languages(key: str) -> list[str]:
    """A sentence and its remedy in both languages, as items of a list."""
    lines: list[str] = []
    named: tuple[tuple[Language, str], ...] = (("en", "English"), ("zh", "中文"))
    for language, name in named:
        lines += [f"- **{name}**: {shown(key, language)}", f"  *{shown(key + '.remedy', language)}*"]
    return lines

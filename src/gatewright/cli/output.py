"""What goes to the screen: tables for people, JSON and YAML for programs, errors to standard error.

Results go to standard output and everything else to standard error, so that a pipe gets only results. JSON has its keys
sorted and is the same in every language. A screen that is no terminal is 100 columns wide. Rich honours ``NO_COLOR``.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, Final, Literal, TypeVar

import msgspec
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from gatewright.text import Language, Message, text

WIDTH: Final = 100
Format = Literal["table", "json", "yaml"]
T = TypeVar("T")
View = Callable[[T, Language], Iterable[RenderableType]]

STYLES: Final[dict[str, str]] = {
    "create": "green", "unchanged": "dim", "update": "blue", "adopt": "magenta", "share": "cyan", "wait": "yellow",
    "conflict": "red", "blocked": "red", "delete": "red", "keep": "dim",
    "succeeded": "green", "done": "green", "running": "blue", "pending": "dim", "paused": "yellow", "failed": "red",
    "aborted": "yellow", "skipped": "dim", "reachable": "green", "slow": "yellow", "unreachable": "red",
    "forbidden": "red", "refused": "red", "own": "green", "observe": "cyan", "block": "red", "warn": "yellow",
    "sent": "green", "dead": "red", "warning": "yellow", "error": "red",
    "change": "blue", "nothing": "green", "stopped": "red",
    "healthy": "green", "progressing": "blue", "degraded": "yellow", "unhealthy": "red", "unknown": "dim",
}  # fmt: skip


class Screen:
    """Standard output and standard error of one command."""

    def __init__(self, language: Language, format: Format = "table") -> None:
        self.language: Language = language
        self.format = format
        self.out = _console(sys.stdout)
        self.err = _console(sys.stderr)

    def show(self, value: T, view: View[T]) -> None:
        """A result: as data, or as ``view`` draws it."""
        if self.format == "table":
            for part in view(value, self.language):
                self.out.print(part)
        else:
            self.data(value)

    def data(self, value: Any) -> None:
        """A result as data, whatever it is; YAML where that was asked for, JSON otherwise."""
        if self.format == "yaml":
            sys.stdout.write(msgspec.yaml.encode(value, order="sorted").decode())
        else:
            encoded = msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2)
            sys.stdout.write(encoded.decode() + "\n")
        sys.stdout.flush()

    def document(self, yaml: str) -> None:
        """Manifests, which are YAML by nature: as they are, or as a JSON list where that was asked for."""
        if self.format == "json":
            self.data([document for document in yaml_documents(yaml) if document is not None])
        else:
            sys.stdout.write(yaml)
            sys.stdout.flush()

    @contextlib.contextmanager
    def working(self, key: str, /, **params: str | int) -> Generator[None]:
        """Shows on a terminal that something takes a moment."""
        if not self.err.is_terminal:
            yield
            return
        with self.err.status(Text(text(key, self.language, **params))):
            yield

    def note(self, key: str, /, **params: str | int) -> None:
        """A sentence beside the result."""
        self.err.print(Text(text(key, self.language, **params)))

    def done(self, key: str, /, **params: str | int) -> None:
        """The sentence that is the result of a command that returns nothing."""
        if self.format == "table":
            self.out.print(Text(text(key, self.language, **params)))

    def error(self, code: str, sentence: str, remedy: str, details: Sequence[str] = ()) -> None:
        """Code, sentence, details, remedy."""
        self.err.print(Text.assemble((f"{text('cli.word.error', self.language)} {code}", "bold red")))
        self.err.print(Text(sentence))
        for detail in details:
            self.err.print(Text(f"  {detail}"))
        if remedy:
            self.err.print(Text.assemble((f"{text('cli.word.remedy', self.language)}: ", "bold"), remedy))


def yaml_documents(text: str) -> Iterable[Any]:
    """Every document of a YAML text that we wrote ourselves."""
    import yaml

    return yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _console(file: Any) -> Console:
    terminal = file.isatty()
    return Console(file=file, width=None if terminal else WIDTH, highlight=False, markup=False, emoji=False)


def table(language: Language, *columns: str) -> Table:
    """A table whose headings are ``cli.column.NAME``; every cell folds, so nothing is cut off."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        made.add_column(text(f"cli.column.{column}", language), overflow="fold")
    return made


def rows(made: Table, cells: Iterable[Sequence[RenderableType]]) -> Table:
    """The table with its rows; an empty cell shows a dash."""
    for row in cells:
        made.add_row(*(Text(cell or "-") if isinstance(cell, str) else cell for cell in row))
    return made


def word(group: str, value: str, language: Language) -> Text:
    """A word of the model (``verdict``, ``state`` ...) in the person's language, with its colour."""
    return Text(text(f"cli.{group}.{value}", language), style=STYLES.get(value, ""))


def sentence(message: Message, language: Language) -> str:
    """A message of the model."""
    return message.render(language)

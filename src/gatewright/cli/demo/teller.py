"""Tells the story on a screen: scenes, the commands that are run and what they print, checks with ✓ or ✗."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from gatewright.cli.demo.report import Check, Scene
from gatewright.text import Language, Message, message

_INDENT: Final = 6


class Teller:
    """Writes to one console in one language."""

    def __init__(self, console: Console, language: Language) -> None:
        self.language: Language = language
        self._console = console

    def say(self, news: Message, style: str = "") -> None:
        """A sentence between scenes, or of the preparation."""
        self._console.print(Text(news.render(self.language), style=style))

    def empty(self) -> None:
        self._console.print()

    def scene(self, number: int, total: int, id: str) -> None:
        title = message(f"demo.scene.{id}").render(self.language)
        self._console.print()
        self._console.print(Text(f"{number}/{total}  {title}", style="bold cyan"))

    def command(self, line: str) -> None:
        self._console.print(Text.assemble(("    $ ", "dim"), (line, "bold")), soft_wrap=True)

    def output(self, line: str) -> None:
        self._console.print(Text(" " * _INDENT + line.rstrip(), style="dim"), soft_wrap=True)

    def check(self, check: Check) -> None:
        sign = ("  ✓ ", "green") if check.held else ("  ✗ ", "bold red")
        line = Text.assemble(sign, check.what.render(self.language))
        if check.seen:
            line.append(f"  [{check.seen}]", style="dim")
        self._console.print(line, soft_wrap=True)

    def summary(self, scenes: Sequence[Scene], seconds: float) -> None:
        """One line per scene, and the sum."""
        self._console.print()
        for scene in scenes:
            sign = ("✓ ", "green") if scene.held else ("✗ ", "bold red")
            title = scene.title.render(self.language)
            self._console.print(Text.assemble(sign, title, (f"  {scene.seconds:.1f} s", "dim")), soft_wrap=True)
        held = sum(1 for scene in scenes if scene.held)
        key = "demo.held" if held == len(scenes) else "demo.not-held"
        self.say(message(key, held=held, scenes=len(scenes), seconds=round(seconds)), "bold")

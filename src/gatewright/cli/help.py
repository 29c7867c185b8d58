"""``--help`` in the person's language: commands say keys of the text catalogue, and this draws the page from them.

The key of a command's description follows from its place: ``gatewright cluster add`` is explained by
``cli.help.cluster.add``, and its first sentence is what the list of commands shows. Options and arguments
have keys too.
A description that is no key (a command that another package brings) is shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from gatewright.text import Language, environment_language, templates, text

_INDENT: Final = 2


class Command(TyperCommand):
    """A command with a localized page."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _print_page(self, ctx)


class Group(TyperGroup):
    """A group with a localized page. ``lazy`` gives commands that are imported only when they are called."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _print_page(self, ctx)


def _print_page(command: Any, ctx: Any) -> None:
    """Draws the page straight to standard output."""
    import sys

    from rich.console import Console

    language = environment_language()
    terminal = sys.stdout.isatty()
    console = Console(width=None if terminal else 100, highlight=False, markup=False, emoji=False)
    usage = " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])
    console.print(f"{text('cli.word.usage', language)}: {usage}\n", style="bold", soft_wrap=True)
    console.print(described(command, ctx.command_path, language) + "\n")
    sections = (
        ("arguments", _parameters(command, ctx, "argument", language)),
        ("options", _parameters(command, ctx, "option", language)),
        ("commands", _commands(command, ctx, language)),
    )
    for title, entries in sections:
        _print_section(console, text(f"cli.word.{title}", language), entries)
    key = _key(ctx.command_path) + ".epilog"
    if key in templates():
        console.print(text(key, language))


def described(command: Any, path: str, language: Language) -> str:
    """The description of the command at ``path`` (``gatewright cluster add``)."""
    key = _key(path)
    return text(key, language) if key in templates() else translated(command.help or "", language)


def translated(given: str, language: Language) -> str:
    """The sentence of a key; anything else as it is."""
    return text(given, language) if given in templates() else given


def _key(path: str) -> str:
    return ".".join(["cli.help", *path.split()[1:]])


def _first(description: str) -> str:
    for end in (". ", "。", "\n"):
        description = description.partition(end)[0]
    return description.rstrip(".")


def _commands(command: Any, ctx: Any, language: Language) -> list[tuple[str, str]]:
    if not isinstance(command, TyperGroup):
        return []
    found = ((name, command.get_command(ctx, name)) for name in command.list_commands(ctx))
    return [
        (name, _first(described(child, f"{ctx.command_path} {name}", language)))
        for name, child in found
        if child is not None and not child.hidden
    ]


def _parameters(command: Any, ctx: Any, kind: str, language: Language) -> list[tuple[str, str]]:
    found = (p for p in command.get_params(ctx) if p.param_type_name == kind and not getattr(p, "hidden", False))
    return [(_parameter_name(p, ctx), _parameter_help(p, language)) for p in found]


def _parameter_name(parameter: Any, ctx: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    names = ", ".join([*sorted(parameter.opts, key=len), *parameter.secondary_opts])
    if parameter.is_flag or parameter.count:
        return names
    return f"{names} {parameter.metavar or parameter.display_type(ctx).strip('<>')}"


def _parameter_help(parameter: Any, language: Language) -> str:
    if parameter.name == "help":
        return text("cli.option.help", language)
    return translated(parameter.help or "", language)


def _print_section(console: Any, title: str, entries: Iterable[tuple[str, str]]) -> None:
    from rich.table import Table

    listed = list(entries)
    if not listed:
        return
    console.print(title, style="bold")
    grid = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, _INDENT))
    grid.add_column(overflow="fold", max_width=40)
    grid.add_column(overflow="fold")
    for name, sentence in listed:
        grid.add_row(name, sentence)
    console.print(grid)
    console.print()


def typer_app(**options: Any) -> typer.Typer:
    """A Typer whose pages are ours."""
    return typer.Typer(
        cls=Group, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, **options
    )

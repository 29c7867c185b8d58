"""Every command with its arguments, as the program itself knows them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from typer.core import TyperGroup

from gatewright.cli.help import described, translated
from gatewright.cli.main import build
from gatewright.text import Language, templates
from reference.words import headed


def commands() -> Iterator[tuple[str, Any, Any]]:
    """Every command that does something: its path (``gatewright cluster add``), itself, its Click context."""
    tree = build()

    def walk(command: Any, path: str, parent: Any) -> Iterator[tuple[str, Any, Any]]:
        context = command.context_class(command, info_name=path.rpartition(" ")[2], parent=parent)
        if not isinstance(command, TyperGroup):
            yield path, command, context
            return
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from walk(child, f"{path} {name}", context)

    yield from walk(tree, "gatewright", None)


@cache
def _key_by_sentence() -> dict[str, str]:
    """The keys of sentences that were rendered at import already (the lab's help)."""
    return {sentence: key for key, both in templates().items() for sentence in both.values()}


def _in(given: str, language: Language) -> str:
    return translated(_key_by_sentence().get(given, given), language)


def cli(language: Language) -> str:
    lines: list[str] = []
    for path, command, context in commands():
        rows = list(_parameters(command, context, language))
        arguments = " ".join(p.metavar or p.name.upper() for p in command.params if p.param_type_name == "argument")
        lines += [f"### {path} {arguments}".rstrip(), ""]
        lines += [_in(described(command, path, language), language), ""]
        if rows:
            lines += [headed(language, ("argument", "meaning", "default"), rows), ""]
    return "\n".join(lines)


def _parameters(command: Any, context: Any, language: Language) -> Iterator[tuple[str, str, str]]:
    for parameter in command.get_params(context):
        everywhere = parameter.name == "help" or (parameter.name == "output" and parameter.default == "table")
        if everywhere or getattr(parameter, "hidden", False):
            continue
        yield f"`{_name(parameter, context)}`", _in(parameter.help or "", language), _default(parameter.default)


def _name(parameter: Any, context: Any) -> str:
    if parameter.param_type_name == "argument":
        return parameter.metavar or parameter.name.upper()
    name = ", ".join(sorted(parameter.opts, key=len))
    if parameter.is_flag:
        return name
    kind = parameter.metavar or parameter.display_type(context).strip("<>")
    return f"{name} {kind}"


def _default(default: Any) -> str:
    if default in (None, "", False, ()) or callable(default):
        return ""
    return f"`{getattr(default, 'value', default)}`"

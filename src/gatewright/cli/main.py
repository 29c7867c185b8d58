"""The tree of commands, and the one place where an error becomes words and an exit code (``cli.exits``)."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import traceback
from collections.abc import Generator, Sequence
from importlib import import_module
from typing import Any, Final

from typer.main import get_command

from gatewright.cli.exits import FAULT, INTERRUPTED
from gatewright.cli.help import typer_app
from gatewright.model.errors import GatewrightError
from gatewright.text import environment_language

_COMMANDS: Final = "gatewright.cli.commands"
_GROUPS: Final = {
    "cluster": ("clusters", "group"),
    "team": ("teams", "team_group"),
    "stack": ("teams", "stack_group"),
    "rollout": ("rollouts", "group"),
    "bundle": ("bundles", "group"),
    "notification": ("notifications", "group"),
    "audit": ("audit", "group"),
    "drift": ("drift", "group"),
    "user": ("people", "users"),
    "member": ("people", "members"),
    "role": ("people", "roles"),
    "token": ("tokens", "group"),
}
"""The groups of commands, and the module and name of each."""
_ROOTS: Final = (
    "clusters",
    "teams",
    "manifests",
    "plans",
    "rollouts",
    "fleet",
    "server",
    "people",
    "gatewright.cli.demo.command",
    "about",
    "versions",
    "events",
    "health",
    "probes",
)
"""The modules of the commands that are in no group."""


def build(word: str = "") -> Any:
    """The tree of commands; where ``word`` names a group, that group alone: making all of them takes longer than most
    commands. Nothing that talks to a network or a database is imported for it."""
    app = typer_app(no_args_is_help=True)
    for name, (module, group) in _GROUPS.items():
        if word == name or word not in _GROUPS:
            app.add_typer(getattr(_imported(module), group), name=name, no_args_is_help=True)
    if word in _GROUPS:
        return get_command(app)
    for module in _ROOTS:
        app.add_typer(_imported(module).root)
    tree: Any = get_command(app)
    _imported("lab").mount(tree)
    return tree


def _imported(module: str) -> Any:
    return import_module(module if "." in module else f"{_COMMANDS}.{module}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line; gives its exit code."""
    with _collecting_little():
        return _main(arguments)


@contextlib.contextmanager
def _collecting_little() -> Generator[None]:
    """What a command imports stays to its end: to look for garbage meanwhile is a fifth of what a short one takes."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _main(arguments: Sequence[str] | None) -> int:
    try:
        given = list(sys.argv[1:] if arguments is None else arguments)
        result = build(given[0] if given else "").main(args=given, prog_name="gatewright", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except (KeyboardInterrupt, EOFError):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output is gone; a second failure at exit would print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except GatewrightError as error:
        return _report(error)
    except Exception as error:
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    """A parser's complaint, the pages of ``no_args_is_help``, or a fault of our own."""
    from typer.exceptions import Abort

    from gatewright.cli.usage import of_parser

    if isinstance(error, Abort):
        return INTERRUPTED
    ours = of_parser(error)
    if ours is not None:
        return _report(ours)
    if type(error).__name__ == "NoArgsIsHelpError":
        return 0
    from gatewright.server.errors import InternalError

    if os.environ.get("GATEWRIGHT_DEBUG", "0") not in ("", "0"):
        traceback.print_exception(error)
    _report(InternalError(kind=type(error).__name__))
    return FAULT


def _report(error: GatewrightError) -> int:
    from gatewright.cli.errors import details, exit_code, told
    from gatewright.cli.output import Screen

    language = environment_language()
    Screen(language).error(*told(error, language), details(error))
    return exit_code(error)

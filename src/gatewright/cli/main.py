"""The tree of commands, and the one place where an error becomes words and an exit code (``cli.exits``)."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from typer.main import get_command

from gatewright.cli.exits import FAULT, INTERRUPTED
from gatewright.cli.help import typer_app
from gatewright.model.errors import GatewrightError
from gatewright.text import environment_language


def build() -> Any:
    """The tree of commands. Nothing that talks to a network or a database is imported for it."""
    from gatewright.cli.commands import (
        about,
        audit,
        bundles,
        clusters,
        drift,
        events,
        fleet,
        health,
        lab,
        manifests,
        notifications,
        people,
        plans,
        probes,
        rollouts,
        server,
        teams,
        tokens,
        versions,
    )
    from gatewright.cli.demo import command as demo

    app = typer_app(no_args_is_help=True)
    app.add_typer(clusters.group, name="cluster", no_args_is_help=True)
    app.add_typer(teams.team_group, name="team", no_args_is_help=True)
    app.add_typer(teams.stack_group, name="stack", no_args_is_help=True)
    app.add_typer(rollouts.group, name="rollout", no_args_is_help=True)
    app.add_typer(bundles.group, name="bundle", no_args_is_help=True)
    app.add_typer(notifications.group, name="notification", no_args_is_help=True)
    app.add_typer(audit.group, name="audit", no_args_is_help=True)
    app.add_typer(drift.group, name="drift", no_args_is_help=True)
    app.add_typer(people.users, name="user", no_args_is_help=True)
    app.add_typer(people.members, name="member", no_args_is_help=True)
    app.add_typer(people.roles, name="role", no_args_is_help=True)
    app.add_typer(tokens.group, name="token", no_args_is_help=True)
    for part in (
        clusters,
        teams,
        manifests,
        plans,
        rollouts,
        fleet,
        server,
        people,
        demo,
        about,
        versions,
        events,
        health,
        probes,
    ):
        app.add_typer(part.root)
    tree: Any = get_command(app)
    lab.mount(tree)
    return tree


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line; gives its exit code."""
    try:
        given = list(sys.argv[1:] if arguments is None else arguments)
        result = build().main(args=given, prog_name="gatewright", standalone_mode=False)
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

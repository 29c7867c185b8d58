"""The parser's complaints in our words: its own sentences exist in English only."""

from __future__ import annotations

import re
from typing import Any

from gatewright.cli.errors import (
    BadParameterError,
    MissingArgumentError,
    NoSuchCommandError,
    NoSuchOptionError,
    UsageError,
)
from gatewright.model.errors import GatewrightError


def of_parser(error: Exception) -> GatewrightError | None:
    """Our error for one of Typer's; None for any other exception."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "ClickException" not in kinds or "NoArgsIsHelpError" in kinds:
        return None
    given: Any = error
    context = getattr(given, "ctx", None)
    command = context.command_path if context else "gatewright"
    if "NoSuchOption" in kinds:
        return NoSuchOptionError(option=given.option_name, command=command)
    if "MissingParameter" in kinds:
        return MissingArgumentError(name=_name(given), command=command)
    if "BadParameter" in kinds:
        return BadParameterError(name=_name(given), detail=given.message, command=command)
    if unknown := re.match(r"No such command '(.*?)'", given.message):
        return NoSuchCommandError(name=unknown[1], command=command)
    return UsageError(detail=given.format_message(), command=command)


def _name(error: Any) -> str:
    parameter = error.param
    if parameter is None:
        return str(error.param_hint or "-")
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return str(max(parameter.opts, key=len))

"""``python -m gatewright.lab``: the lab's commands without the rest of the command line."""

from __future__ import annotations

import sys

import typer

from gatewright.lab.cli import lab_app
from gatewright.model.errors import GatewrightError
from gatewright.text import environment_language

if __name__ == "__main__":
    try:
        lab_app()
    except GatewrightError as error:
        language = environment_language()
        typer.echo(f"{error.report.message(language)}\n{error.report.remedy(language)}", err=True)
        sys.exit(error.exit_code)

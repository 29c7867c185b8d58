"""``gatewright lab ...``: mounted without importing the lab, which most commands do not need."""

from __future__ import annotations

from typing import Any

from gatewright.cli.errors import LabMissingError
from gatewright.cli.help import Group


class LazyLab(Group):
    """Stands for the lab's group until one of its commands is asked for."""

    def _loaded(self) -> Any:
        from typer.main import get_command

        try:
            from gatewright.lab.cli import lab_app
        except ModuleNotFoundError as error:
            raise LabMissingError(module=error.name or "gatewright.lab") from error
        return get_command(lab_app)

    def list_commands(self, ctx: Any) -> list[str]:
        return self._loaded().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return self._loaded().get_command(ctx, cmd_name)


def mount(tree: Any) -> None:
    """Adds ``lab`` to the tree of commands."""
    tree.add_command(LazyLab(name="lab", no_args_is_help=True), "lab")

"""Secrets from files or standard input: an argument would stay in the shell's history."""

from __future__ import annotations

import sys
from pathlib import Path

from gatewright.cli.errors import FileUnreadableError


def read_secret(path: str, longest: int) -> str:
    """What is in the file (``-``: standard input), at most ``longest`` bytes of it. Raises ``FileUnreadableError``."""
    try:
        if path == "-":
            content = sys.stdin.buffer.read(longest)
        else:
            with Path(path).expanduser().open("rb") as file:
                content = file.read(longest)
        return content.decode()
    except (OSError, RuntimeError, UnicodeDecodeError) as error:
        raise FileUnreadableError(path=path, reason=getattr(error, "strerror", None) or "UTF-8") from error

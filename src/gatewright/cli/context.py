"""The team and cluster that a person is working in now: one small file per person, in the config folder."""

from __future__ import annotations

from pathlib import Path

import msgspec

from gatewright.cli.errors import ContextDamagedError


class Context(msgspec.Struct, frozen=True, omit_defaults=True):
    """``cluster`` is set only together with a team."""

    team: str | None = None
    cluster: str | None = None

    def __str__(self) -> str:
        return "/".join(part for part in (self.team, self.cluster) if part)


def load(folder: Path) -> Context:
    """What was remembered; an empty context where nothing was. Raises ``ContextDamagedError``."""
    file = folder / "context.json"
    try:
        return msgspec.json.decode(file.read_bytes(), type=Context)
    except FileNotFoundError:
        return Context()
    except (OSError, msgspec.DecodeError) as error:
        raise ContextDamagedError(path=str(file), reason=_reason(error)) from error


def save(folder: Path, context: Context) -> None:
    """Remembers ``context``. Raises ``ContextDamagedError``."""
    file = folder / "context.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".new")
        temporary.write_bytes(msgspec.json.encode(context))
        temporary.replace(file)
    except OSError as error:
        raise ContextDamagedError(path=str(file), reason=_reason(error)) from error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)[:200]

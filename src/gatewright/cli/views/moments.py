"""Times as people read them: how long ago, and how long it took."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from gatewright.text import Language, text

_UNITS: Final = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def parsed(moment: str) -> datetime | None:
    """An RFC 3339 moment in UTC; None for an empty or other text."""
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def age(moment: str, language: Language, now: datetime | None = None) -> str:
    """``3 min ago``; an empty string for no moment."""
    then = parsed(moment)
    if then is None:
        return ""
    seconds = int(((now or datetime.now(UTC)) - then).total_seconds())
    for unit, size in _UNITS:
        if seconds >= size:
            return text(f"cli.ago.{unit}", language, count=seconds // size)
    return text("cli.ago.now", language)


def duration(started: str | None, ended: str | None, now: datetime | None = None) -> str:
    """``3.2 s`` or ``2:05``; up to now for what has not ended; an empty string for what has not begun."""
    begin = parsed(started or "")
    if begin is None:
        return ""
    seconds = max(0.0, ((parsed(ended or "") or now or datetime.now(UTC)) - begin).total_seconds())
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"

"""Time, injected: every moment in the store is an RFC 3339 text in UTC with microseconds and ``Z``.

The width is fixed, so the order of the texts is the order of the moments, in SQLite and PostgreSQL alike; the model
holds the same texts, so nothing converts between the database and a person's screen.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Gives the present moment, with its zone."""


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """The text of a moment, e.g. ``2026-11-22T11:43:48.123456Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """The moment of a text that ``stamp`` made. Raises ``ValueError`` for another."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)

"""Spans of time as people write them: a whole number and one unit, ``30m``, ``12h``, ``7d``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import ClassVar, Final

from gatewright.model.errors import InputError

SHORTEST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(days=365)

_DURATION: Final = re.compile(r"([1-9]\d{0,6})([mhd])", re.ASCII)
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


class InvalidDurationError(InputError):
    """A span of time is not a whole number with one of the units m, h, d, or lies outside of one minute to 365 days."""

    code: ClassVar[str] = "model.invalid-duration"


def duration_of(text: str) -> timedelta | None:
    """The span; None for what is not one, is shorter than ``SHORTEST`` or longer than ``LONGEST``."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    span = timedelta(**{_UNITS[match[2]]: int(match[1])})
    return span if SHORTEST <= span <= LONGEST else None


def require_duration(text: str, field: str) -> timedelta:
    """The span. Raises ``InvalidDurationError`` naming ``field``."""
    span = duration_of(text)
    if span is None:
        raise InvalidDurationError(given=text[:40], field=field)
    return span

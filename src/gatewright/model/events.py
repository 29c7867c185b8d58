"""An event: something that happened to the fleet, said once, in the order in which it became true.

``what`` names its kind, a noun and a verb or state (``binding.create``, ``rollout.failed``, ``health.cluster``); the
kinds are listed in ``docs/notifications.md``.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

import msgspec

from gatewright.model.objects import JSON
from gatewright.text import Message

Severity: TypeAlias = Literal["info", "warning", "error"]
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Literal["info", "warning", "error"])
RETENTION_DAYS: Final = 90
"""Days for which events are kept where nobody says otherwise."""


OF_ALL: Final = ("health.cluster",)
"""Kinds of events about what all teams on a cluster have together: not for members of some."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """``where``: the object's name; ``before`` and ``after``: a manifest's spec, or the state that changed. ``cluster``
    and ``team`` are names, empty where there is none."""

    id: int
    at: str
    who: str
    what: str
    where: str
    before: JSON = None
    after: JSON = None
    cluster: str = ""
    team: str = ""
    severity: Severity = "info"
    message: Message | None = None

    @property
    def seq(self) -> int:
        """The number that a reader gives to go on after this event."""
        return self.id


def at_least(severity: Severity, minimum: Severity) -> bool:
    """Whether ``severity`` is as bad as ``minimum`` or worse."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(minimum)

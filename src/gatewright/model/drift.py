"""Drift: a change by others to an object that we own, what became of it, and whether we put it back."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from gatewright.model.desired import DriftMode
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import FieldDifference
from gatewright.text import Message

DriftState: TypeAlias = Literal["open", "healing", "healed", "fought", "gone"]
"""``open``: the object differs; ``healing``: a rollout is putting it back; ``healed``: it did; ``fought``: others undid
it too often, so we stopped; ``gone``: it is again what we wrote, by the hand of others, or no longer ours."""

DriftKind: TypeAlias = Literal["changed", "deleting", "deleted", "replaced"]
ACTIVE: Final[frozenset[DriftState]] = frozenset({"open", "healing", "fought"})


class Changer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who wrote the object besides us: ``writer`` is a key of the table of writers (``other`` for a manager in no row),
    ``manager`` the field manager, ``operation`` ``Apply`` or ``Update``, ``at`` RFC 3339 as the API server says it."""

    writer: str
    manager: str
    operation: str = ""
    at: str = ""

    def __str__(self) -> str:
        return self.manager if self.writer in ("other", self.manager) else f"{self.writer} ({self.manager})"


class Drift(msgspec.Struct, frozen=True, omit_defaults=True):
    """The drift of one object of one cluster. Moments are RFC 3339, UTC.

    ``changers``: newest first; empty where the API server does not tell. ``why``: why it is not being put back
    although its stack says so, or how it ended. ``attempts``: when we put it back, those that still count for telling a
    fight; ``returned``: how often in a row the same hand undid that at once. ``rollout``: the last that put it back.
    ``due_at``: when it is looked at again, whatever happens.
    """

    cluster: str
    ref: ObjectRef
    kind: DriftKind
    state: DriftState
    found_at: str
    changed_at: str
    mode: DriftMode = "report"
    team: str = ""
    changers: tuple[Changer, ...] = ()
    differences: tuple[FieldDifference, ...] = ()
    uid: str = ""
    message: Message | None = None
    remedy: Message | None = None
    why: Message | None = None
    attempts: tuple[str, ...] = ()
    returned: int = 0
    rollout: str = ""
    due_at: str = ""

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def manager(self) -> str:
        """The field manager that changed it last, empty where it is not told."""
        return self.changers[0].manager if self.changers else ""

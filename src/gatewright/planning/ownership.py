"""Whose an object is, in the four answers that verdicts need. Our marks decide, never a name or a guess."""

from __future__ import annotations

from typing import Literal

import msgspec

from gatewright.gatewayapi.marks import FIELD_MANAGER, read_marks
from gatewright.gatewayapi.writers import owner_of
from gatewright.model.observation import Metadata
from gatewright.model.plan import Origin, Owner, Verdict
from gatewright.planning.request import Known, Record

Holder = Literal["ours", "gatewright", "writer", "nobody"]
"""``gatewright``: another installation of it; ``writer``: anybody else who left a trace."""


class Holding(msgspec.Struct, frozen=True):
    """``owner`` is None exactly for ``nobody``. ``origin`` and ``team`` are read from our marks (``ours`` only)."""

    holder: Holder
    owner: Owner | None = None
    origin: Origin | None = None
    team: str = ""

    @property
    def name(self) -> str:
        """The owner as a sentence names it."""
        return str(self.owner) if self.owner is not None else "-"


def holding_of(metadata: Metadata, known: Known) -> Holding:
    """Who holds an object of the cluster."""
    owner = owner_of(metadata, known.installation)
    marks = read_marks(metadata)
    if marks is None:
        return Holding("nobody") if owner is None else Holding("writer", owner)
    if marks.installation != known.installation:
        return Holding("gatewright", owner or Owner("gatewright", marks.installation))
    return Holding("ours", owner or Owner("gatewright"), marks.origin, marks.team or "")


def created_by_us(metadata: Metadata, known: Known, record: Record | None) -> bool:
    """Whether we may delete it: we remember creating this very object (its UID), and our mark on it says so too."""
    if record is None or record.origin != "created" or record.uid != metadata.uid:
        return False
    holding = holding_of(metadata, known)
    return holding.holder == "ours" and holding.origin == "created"


def other_managers(metadata: Metadata) -> str:
    """The field managers besides ours that wrote the object itself (not its status), for evidence; ``-`` if none."""
    names = {m.name for m in metadata.managers if not m.subresource and m.name != FIELD_MANAGER}
    return ", ".join(sorted(names)) or "-"


def origin_after(verdict: Verdict, holding: Holding | None, record: Record | None) -> Origin | None:
    """How the object is ours once the verdict is carried out; None where nothing is written. Where mark and record
    disagree it counts as adopted: what we cannot prove to have created is never removed."""
    if verdict not in ("create", "update", "adopt"):
        return None
    adopted = verdict == "adopt" or (holding is not None and holding.origin == "adopted")
    remembered = verdict == "update" and record is not None and record.origin == "adopted"
    return "adopted" if adopted or remembered else "created"

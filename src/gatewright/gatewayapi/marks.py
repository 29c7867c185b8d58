"""What Gatewright writes on the objects that it owns, so that its ownership can be read back from any copy of them."""

from __future__ import annotations

from typing import Final, cast

import msgspec

from gatewright.gatewayapi.crds import clone
from gatewright.model.objects import JSON, Manifest
from gatewright.model.observation import Metadata
from gatewright.model.plan import Origin

MANAGED_BY: Final = "app.kubernetes.io/managed-by"
GATEWRIGHT: Final = "gatewright"
INSTALLATION: Final = "gatewright.io/installation"
ORIGIN: Final = "gatewright.io/origin"
TEAM: Final = "gatewright.io/team"
FIELD_MANAGER: Final = "gatewright"


class Marks(msgspec.Struct, frozen=True, omit_defaults=True):
    """``installation``: the uid of the Gatewright that wrote them; ``origin``: whether the object was created or
    adopted by it; ``team``: whose namespace it is, None on everything else."""

    installation: str
    origin: Origin
    team: str | None = None


def mark(manifest: Manifest, installation_uid: str, origin: Origin, team: str | None = None) -> Manifest:
    """A copy of the manifest that carries our marks; what it carried before stays, except where it is the same key."""
    marked = clone(manifest)
    metadata = cast(dict[str, JSON], marked.setdefault("metadata", {}))
    metadata["labels"] = {**(metadata.get("labels") or {}), MANAGED_BY: GATEWRIGHT}
    ours = {INSTALLATION: installation_uid, ORIGIN: origin, **({TEAM: team} if team else {})}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **ours}
    return marked


def read_marks(metadata: Metadata) -> Marks | None:
    """The marks on an object; None where the annotation of the installation is missing. An origin that is not
    readable counts as ``adopted``: what we cannot prove to have created is never removed."""
    installation = metadata.annotations.get(INSTALLATION)
    if not installation:
        return None
    origin: Origin = "created" if metadata.annotations.get(ORIGIN) == "created" else "adopted"
    return Marks(installation, origin, metadata.annotations.get(TEAM) or None)


def is_ours(metadata: Metadata, installation_uid: str) -> bool:
    """Whether this installation of Gatewright marked the object."""
    marks = read_marks(metadata)
    return marks is not None and marks.installation == installation_uid

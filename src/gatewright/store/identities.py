"""How rows tell whose they are that are kept for each object in each cluster."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement

from gatewright.model.objects import ObjectRef
from gatewright.store.tables import DriftRow, RecordRow

KEY: Final = ("cluster_id", "api_group", "kind", "namespace", "name")


def key_of(cluster_uid: str, ref: ObjectRef) -> dict[str, str]:
    """The values of the key's columns."""
    return dict(zip(KEY, (cluster_uid, *ref.identity), strict=True))


def is_of(row: type[DriftRow | RecordRow], cluster_uid: str, ref: ObjectRef) -> tuple[ColumnElement[bool], ...]:
    """What holds of the object's row only."""
    return tuple(getattr(row, name) == value for name, value in key_of(cluster_uid, ref).items())

"""A cluster's state as bytes and back, for the database: what was seen, not what was concluded from it.

Findings are judged anew when a state is read (a newer Gatewright may know better); only since when each has been there
is kept. Objects that a newer or older version cannot read are left out: they will be seen again.
"""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec

from gatewright.gatewayapi.kinds import DEPLOYMENT as DEPLOYMENTS
from gatewright.gatewayapi.kinds import SECRET, GroupKind
from gatewright.gatewayapi.live import SHAPES, Scope, Snapshot
from gatewright.gatewayapi.surroundings import Secret, Workload
from gatewright.model.errors import ErrorReport
from gatewright.model.observation import ControllerObservation
from gatewright.model.probe import ProbeResult
from gatewright.model.status import Reachability


class Since(msgspec.Struct, frozen=True, array_like=True):
    """Since when a finding has been there."""

    code: str
    subject: tuple[str, str, str, str]
    where: str
    at: str


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """The objects of one kind."""

    group: str
    kind: str
    objects: msgspec.Raw


class Memory(msgspec.Struct, frozen=True):
    """All that is stored of a cluster."""

    kubernetes: str
    reachability: Reachability
    since: str
    seen_at: str
    checked_at: str
    synced: bool
    secrets_granted: bool
    controllers: tuple[ControllerObservation, ...]
    unread: list[tuple[str, str, str]]
    kinds: list[Kept]
    findings: list[Since]
    error: ErrorReport | None = None
    probes: list[ProbeResult] = []
    listed: list[Scope] = []


def shape_of(kind: GroupKind) -> type[Any] | None:
    """What the objects of a kind are kept as."""
    if kind == SECRET:
        return Secret
    return Workload if kind == DEPLOYMENTS else SHAPES.get(kind)


def kinds_of(snapshot: Snapshot) -> list[Kept]:
    return [
        Kept(group, kind, msgspec.Raw(msgspec.msgpack.encode(list(objects.values()))))
        for (group, kind), objects in snapshot.objects.items()
    ]


def encode(memory: Memory) -> bytes:
    return msgspec.msgpack.encode(memory)


def decode(body: bytes) -> Memory:
    """Raises ``msgspec.DecodeError`` for what no version of ours wrote."""
    return msgspec.msgpack.decode(body, type=Memory)


def snapshot_of(cluster: str, memory: Memory) -> Snapshot:
    """The snapshot as it was."""
    snapshot = Snapshot(cluster, memory.kubernetes, controllers=memory.controllers)
    snapshot.secrets_granted = memory.secrets_granted
    snapshot.unread = {(group, kind): code for group, kind, code in memory.unread}
    snapshot.probes = {result.target: result for result in memory.probes}
    for kept in memory.kinds:
        kind = (kept.group, kept.kind)
        shape = shape_of(kind)
        if shape is None:
            continue
        with contextlib.suppress(msgspec.DecodeError):
            objects = msgspec.msgpack.decode(kept.objects, type=list[shape])
            snapshot.objects[kind] = {found.metadata.key: found for found in objects}
    # What cannot be read any more is as if it had never been listed.
    snapshot.listed = {scope for scope in memory.listed if scope[0] in snapshot.objects}
    return snapshot

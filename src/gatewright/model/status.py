"""What people see of clusters and of the objects in them."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from gatewright.model.errors import ErrorReport

Reachability: TypeAlias = Literal["reachable", "slow", "unreachable", "forbidden"]
HealthState: TypeAlias = Literal["healthy", "progressing", "degraded", "unhealthy", "unknown"]
CustodyState = Literal["own", "observe", "absent", "unknown"]


class ControllerStatus(msgspec.Struct, frozen=True):
    name: str
    version: str
    namespace: str
    available: bool


class ClusterStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """``bundles``: the releases that the CRDs claim, e.g. ``v1.6.1 standard``; more than one is a mixed cluster.
    ``custody`` is the fact (who owns the CRDs), not the wish. ``owners``: the other writers of CRDs by name.
    ``error``: why the last attempt failed; the rest is then what was seen at ``seen_at``."""

    cluster: str
    reachability: Reachability
    since: str
    checked_at: str
    seen_at: str = ""
    insecure: bool = False
    kubernetes: str = ""
    bundles: tuple[str, ...] = ()
    custody: CustodyState = "unknown"
    owners: tuple[str, ...] = ()
    controllers: tuple[ControllerStatus, ...] = ()
    gateway_classes: tuple[str, ...] = ()
    namespace: str = ""
    stack: str = ""
    error: ErrorReport | None = None
    health: HealthState = "unknown"


class ResourceRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One object. ``state`` and ``reason`` are those of its worst decisive condition (``gatewayapi.conditions``)."""

    cluster: str
    namespace: str
    kind: str
    name: str
    state: str = ""
    reason: str = ""
    message: str = ""
    hostnames: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    created_at: str = ""


class Listing(msgspec.Struct, frozen=True):
    """The rows of the clusters that answered, and for each other cluster its error: partial is visible."""

    rows: tuple[ResourceRow, ...]
    errors: tuple[ErrorReport, ...] = ()

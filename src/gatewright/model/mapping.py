"""The mapping of a team's resources (资源映射): one logical resource and its object on each of the team's clusters."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from gatewright.model.health import HealthState, Severity
from gatewright.model.objects import JSON
from gatewright.model.status import Reachability
from gatewright.text import Message

CellPresence: TypeAlias = Literal["present", "absent", "unseen"]
"""``absent``: the cluster was seen and does not have it; ``unseen``: the cluster, or the kind there, was not seen."""

Agreement: TypeAlias = Literal["same", "different", "single", "none"]
"""``single``: only one cluster has it; ``none``: none has."""


class MappingCell(msgspec.Struct, frozen=True, omit_defaults=True):
    """A resource on one cluster. ``reason``: its first finding, with what to do; ``digest``: of its specification, with
    references to the team's own namespace left out, so that equal digests mean alike; ``seen_at``: RFC 3339."""

    cluster: str
    namespace: str
    presence: CellPresence
    reachability: Reachability
    state: HealthState = "unknown"
    findings: int = 0
    severity: Severity | None = None
    code: str = ""
    reason: Message | None = None
    remedy: Message | None = None
    digest: str = ""
    hostnames: tuple[str, ...] = ()
    seen_at: str = ""


class MappingDifference(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field in which the clusters differ: its path and each cluster's value, None where it is absent."""

    path: str
    values: dict[str, JSON]


class ResourceMapping(msgspec.Struct, frozen=True, omit_defaults=True):
    """One resource of a team over its clusters. ``state``: the worst of its cells; ``present``: on how many clusters it
    is. ``differences``: the first of them; ``cut``: there are more."""

    team: str
    group: str
    kind: str
    name: str
    state: HealthState
    agreement: Agreement
    present: int
    cells: tuple[MappingCell, ...]
    differences: tuple[MappingDifference, ...] = ()
    cut: bool = False

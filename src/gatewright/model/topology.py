"""Traffic as a graph: GatewayClass -> Gateway -> listener -> route -> backend, with what is wrong at each."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from gatewright.model.health import HealthState, Severity
from gatewright.model.objects import ObjectRef
from gatewright.text import Message

TopologyLayer: TypeAlias = Literal["class", "gateway", "listener", "route", "backend"]


class RouteElsewhere(msgspec.Struct, frozen=True, omit_defaults=True):
    """The same route (kind, namespace and name) on another cluster. ``id``: of its node, where it is in the graph."""

    cluster: str
    state: HealthState
    findings: int = 0
    id: str = ""


class TopologyNode(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part. ``id`` is unique in the graph and the same as long as the object keeps its name.

    ``ref``: the object (of a listener: what has it); ``name``: what to write on it; ``present``: whether the object was
    seen, False for one that is only referred to. ``reason`` and ``remedy``: its worst finding. ``note``: what else to
    know (addresses, endpoints). ``hostnames`` of listeners and routes; ``port`` and ``protocol`` of listeners.
    ``elsewhere``: of routes only.
    """

    id: str
    layer: TopologyLayer
    cluster: str
    ref: ObjectRef
    name: str
    state: HealthState
    present: bool = True
    findings: int = 0
    severity: Severity | None = None
    code: str = ""
    reason: Message | None = None
    remedy: Message | None = None
    note: Message | None = None
    hostnames: tuple[str, ...] = ()
    port: int = 0
    protocol: str = ""
    is_cause: bool = False
    elsewhere: tuple[RouteElsewhere, ...] = ()


class TopologyEdge(msgspec.Struct, frozen=True, omit_defaults=True):
    """From left to right, by the ids of the nodes. ``weight`` and ``port``: of a route to a backend, summed over its
    rules; ``mirror``: it only gets copies."""

    source: str
    target: str
    state: HealthState
    code: str = ""
    reason: Message | None = None
    weight: int = 0
    port: int = 0
    mirror: bool = False


class Topology(msgspec.Struct, frozen=True, omit_defaults=True):
    """The graph of some clusters. ``total``: how many nodes these have; ``cut``: more than are shown, which are those
    with problems first and what they hang on. ``clusters``: those that were drawn, the worst first; ``omitted``: how
    many others there are."""

    nodes: tuple[TopologyNode, ...]
    edges: tuple[TopologyEdge, ...]
    total: int
    cut: bool = False
    clusters: tuple[str, ...] = ()
    omitted: int = 0

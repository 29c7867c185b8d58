"""Which teams a view may name, and with them the bindings of a cluster that it may tell of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from gatewright.model.desired import Binding
from gatewright.observe.audience import Audience, Member, View
from gatewright.observe.directory import Directory

Part: TypeAlias = tuple[str, frozenset[str] | None, frozenset[str], bool]
"""What of a cluster a view has: what is made of it may be kept under this key."""


def names(view: View, team: str) -> bool:
    """Whether whoever looks may be told the name of this team."""
    return not isinstance(view, Audience) or team in view.known


def told_bindings(directory: Directory, view: View, cluster: str) -> Sequence[Binding]:
    """The bindings of a cluster whose teams may be named, by team."""
    return sorted((b for b in directory.on_cluster(cluster) if names(view, b.team)), key=lambda b: b.team)


def part_of(member: Member) -> Part:
    return (member.uid, member.namespaces, member.closed, member.guest)

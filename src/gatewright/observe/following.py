"""Live changes for a view: what concerns its teams, and nothing that tells when others change something.

A change of a cluster as a whole is told where the part of the view changed with it, and with the state of that part.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import aclosing
from typing import Final

import msgspec

from gatewright.gatewayapi.health.rollup import key_of
from gatewright.model.health import ClusterHealth
from gatewright.observe.audience import Audience, Member, View, members_of
from gatewright.observe.board import Board, ClusterState, Identity
from gatewright.observe.changes import LiveChange
from gatewright.observe.directory import Directories
from gatewright.observe.views import part_of, visible

AGAIN: Final = 2.0
"""Seconds after which it is looked again which clusters and namespaces the teams have."""


class Following:
    """One reader of the live changes."""

    def __init__(self, board: Board, directories: Directories, view: View) -> None:
        self._board, self._directories, self._view = board, directories, view
        self._members: Mapping[str, Member] = {}
        self._read_at: float | None = None
        self._seen: dict[str, tuple[int, Collection[Identity]]] = {}
        self._told: dict[str, ClusterHealth] = {}

    async def changes(self, after: str = "") -> AsyncGenerator[LiveChange]:
        """Every change of the view after the one with the id ``after``, or from now on, without end. Raises
        ``UnknownTeamError``."""
        await self._refresh()
        async with aclosing(self._board.changes.follow(after)) as following:
            async for change in following:
                if self._view is None or change.what == "reset":
                    yield change
                    continue
                await self._refresh()
                if (told := self._of_view(change)) is not None:
                    yield told

    async def _refresh(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._view is None or (self._read_at is not None and now - self._read_at < AGAIN):
            return
        members = members_of(await self._directories.read(), self._view)
        self._members, self._read_at = {member.name: member for member in members}, now
        for member in members:
            if member.name not in self._told and (state := self._board.state(member.uid)) is not None:
                self._told[member.name] = _lasting(part_of(state, member))

    def _of_view(self, change: LiveChange) -> LiveChange | None:
        member = self._members.get(change.cluster)
        state = None if member is None else self._board.state(member.uid)
        if member is None or state is None:
            return None
        if change.ref is None:
            return self._of_cluster(change, member, state)
        if change.namespace in (member.namespaces or ()):
            return change
        return change if key_of(change.ref) in self._visible(member, state) else None

    def _of_cluster(self, change: LiveChange, member: Member, state: ClusterState) -> LiveChange | None:
        if not isinstance(self._view, Audience):
            return change
        part = _lasting(part_of(state, member))
        if self._told.get(member.name) == part:
            return None
        self._told[member.name] = part
        return msgspec.structs.replace(change, state=part.state)

    def _visible(self, member: Member, state: ClusterState) -> Collection[Identity]:
        known = self._seen.get(member.uid)
        if known is None or known[0] != state.revision:
            known = self._seen[member.uid] = (state.revision, frozenset(visible(state, member)))
        return known[1]


def _lasting(health: ClusterHealth) -> ClusterHealth:
    """Without what changes all the time."""
    return msgspec.structs.replace(health, seen_at="", judged_at="")

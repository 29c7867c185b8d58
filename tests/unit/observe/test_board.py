"""The board judges what is affected, tells each transition once, and shows again what was kept."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from typing import Any

import health_worlds as w
import pytest
from health_worlds import GATEWAY_KEY, ROUTE_KEY

from gatewright.gatewayapi.kinds import CRD, ENDPOINT_SLICE, GATEWAY, SERVICE, GroupKind, Key
from gatewright.gatewayapi.live import Snapshot, Touched
from gatewright.kube.errors import UnreachableError
from gatewright.observe import memory
from gatewright.observe.audience import Member
from gatewright.observe.board import LOOKED_AT, Board, Transition
from gatewright.observe.changes import Changes
from gatewright.observe.observatory import memory_of
from gatewright.observe.pulse import Pulse
from gatewright.observe.views import part_of

pytestmark = pytest.mark.anyio
UID = "uid-east"


class Hears:
    """A ``board.Follower`` that remembers."""

    def __init__(self) -> None:
        self.moves: list[Transition] = []

    def moved(self, transition: Transition) -> None:
        self.moves.append(transition)

    def touched(self, event: Touched) -> None: ...

    def told(self) -> dict[str, tuple[str | None, str | None]]:
        """From what to what, by object (``cluster`` for the whole); empties what was heard."""
        found = {str(m.object.ref) if m.object else "cluster": (m.before, m.after) for m in self.moves}
        assert len(found) == len(self.moves), self.moves
        self.moves.clear()
        return found


class World:
    """A board with one healthy cluster, seen whole."""

    def __init__(self) -> None:
        self.now = w.NOW
        self.hears = Hears()
        self.board = Board(Changes(lambda: 0.0), self.hears, clock=lambda: self.now)
        self.pulse = Pulse(state="reachable", since=w.OLD, seen_at=w.OLD, clock=self.clock)
        self.state = self.board.begin(UID, "east", self.pulse, secrets=True)
        fill(self.state.snapshot)
        self.board.synced(UID)
        self.board.settle()

    def clock(self) -> datetime:
        return self.now

    def put(self, kind: GroupKind, live: Any) -> None:
        snapshot = self.state.snapshot
        before = dict(snapshot.of(kind))
        key = w.put(snapshot, kind, live)
        self.board.changed(UID, kind, key, before.get(key), snapshot.of(kind)[key])
        self.board.settle()

    def take(self, kind: GroupKind, key: Key) -> None:
        before = self.state.snapshot.of(kind)[key]
        w.take(self.state.snapshot, kind, key)
        self.board.changed(UID, kind, key, before, None)
        self.board.settle()


def fill(snapshot: Snapshot) -> None:
    full = w.healthy()
    snapshot.objects, snapshot.controllers = full.objects, full.controllers
    w.put(snapshot, CRD, {"metadata": w.meta("gateways.gateway.networking.k8s.io")})


async def test_a_cluster_that_was_seen_whole_is_judged() -> None:
    world = World()
    assert world.state.health is not None
    assert world.state.health.state == "healthy"
    assert world.hears.told() == {
        "GatewayClass traefik": (None, "healthy"),
        "Gateway shop/web": (None, "healthy"),
        "HTTPRoute shop/cart": (None, "healthy"),
        "cluster": (None, "healthy"),
    }


async def test_nothing_is_judged_before_the_first_whole_look() -> None:
    hears = Hears()
    board = Board(Changes(lambda: 0.0), hears, clock=lambda: w.NOW)
    state = board.begin(UID, "east", Pulse(state="reachable"))
    fill(state.snapshot)
    board.replaced(UID)
    board.settle()
    assert state.objects == {}
    assert state.health is not None
    assert state.health.state == "unknown"
    assert not [m for m in hears.moves if m.object is not None]


async def test_only_what_is_affected_is_judged_anew() -> None:
    world = World()
    world.put(GATEWAY, w.gateway("other", "other"))
    before = dict(world.state.objects)
    world.hears.moves.clear()
    world.take(ENDPOINT_SLICE, ("shop", "cart-1"))
    changed = {identity for identity, found in world.state.objects.items() if found is not before.get(identity)}
    assert changed == {ROUTE_KEY}
    assert set(world.hears.told()) == {"HTTPRoute shop/cart", "cluster"}


async def test_a_transition_is_told_once_and_back_again() -> None:
    world = World()
    world.hears.moves.clear()
    world.take(ENDPOINT_SLICE, ("shop", "cart-1"))
    bad = world.state.objects[ROUTE_KEY].state
    assert world.hears.told()["HTTPRoute shop/cart"] == ("healthy", bad)
    world.board.replaced(UID)
    world.board.settle()
    assert world.hears.told() == {}
    world.put(ENDPOINT_SLICE, w.endpoints())
    assert world.hears.told()["HTTPRoute shop/cart"] == (bad, "healthy")
    world.take(*ROUTE_KEY)
    assert world.hears.told() == {"HTTPRoute shop/cart": ("healthy", None)}
    assert ROUTE_KEY not in world.state.objects
    assert GATEWAY_KEY in world.state.objects


async def test_a_finding_keeps_since_when_it_has_been_there() -> None:
    world = World()
    world.take(ENDPOINT_SLICE, ("shop", "cart-1"))
    [first] = world.state.objects[ROUTE_KEY].findings
    world.now += timedelta(hours=1)
    world.board.replaced(UID)
    world.board.settle()
    assert world.state.objects[ROUTE_KEY].findings == (first,)
    world.take(SERVICE, ("shop", "cart"))
    [second] = world.state.objects[ROUTE_KEY].findings
    assert (second.code == first.code, second.since > first.since) == (False, True)


async def test_a_cluster_that_does_not_answer_is_unknown_and_still_shown() -> None:
    world = World()
    world.hears.moves.clear()
    world.pulse.failed(UnreachableError(server="s", reason="refused"))
    for _ in range(3):
        world.board.pulsed(UID)
        world.board.settle()
    assert world.state.health is not None
    assert (world.state.health.state, world.state.health.reachability) == ("unknown", "unreachable")
    assert world.state.health.error is not None
    assert world.state.health.objects.healthy == 3
    assert [(m.reachability, m.after) for m in world.hears.moves] == [
        (("reachable", "unreachable"), None),
        (None, "unknown"),
    ]
    world.hears.moves.clear()
    world.pulse.heard(0.1)
    world.board.pulsed(UID)
    world.board.settle()
    assert world.state.health.state == "healthy"
    assert len(world.hears.moves) == 2


async def test_what_was_kept_is_shown_again() -> None:
    world = World()
    world.take(ENDPOINT_SLICE, ("shop", "cart-1"))
    kept = memory.decode(memory.encode(memory_of(world.state)))
    world.now += timedelta(minutes=5)
    other = Board(Changes(lambda: 0.0), Hears(), clock=world.clock)
    other.show(UID, "east", world.state.revision, kept)
    shown = other.states()[UID]
    assert shown.objects == world.state.objects
    assert shown.revision == world.state.revision
    assert shown.health is not None
    assert world.state.health is not None
    assert (shown.health.state, shown.health.causes) == (world.state.health.state, world.state.health.causes)


async def test_what_is_said_of_a_cluster_that_was_forgotten_is_ignored() -> None:
    world = World()
    before = world.state.snapshot.of(SERVICE)["shop", "cart"]
    world.board.forget(UID)
    world.hears.moves.clear()
    world.board.changed(UID, SERVICE, ("shop", "cart"), before, None)
    world.board.replaced(UID)
    world.board.pulsed(UID)
    world.board.synced(UID)
    world.board.settle()
    assert world.board.states() == {}
    assert world.hears.moves == []


async def test_a_follower_of_changes_hears_of_the_object_and_of_its_cluster() -> None:
    world = World()
    following = world.board.changes.follow()
    task = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0)
    world.take(ENDPOINT_SLICE, ("shop", "cart-1"))
    first = await task
    assert (first.what, str(first.ref)) == ("object", "HTTPRoute shop/cart")
    second = await anext(following)
    assert (second.what, second.cluster, second.ref) == ("cluster", "east", None)
    await following.aclose()


async def test_what_a_view_looks_at_is_made_with_each_judgement_and_no_view_is_ever_behind() -> None:
    world = World()
    member = Member(UID, "east", namespaces=frozenset({"shop"}))
    assert part_of(world.state, member).state == "healthy"
    world.take(SERVICE, ("shop", "cart"))
    part = next(iter(world.state.parts.values()))
    assert part.revision == world.state.revision
    assert part.health.errors == part_of(world.state, member).errors == 1
    part.asked = time.monotonic() - 2 * LOOKED_AT
    fill(world.state.snapshot)
    world.board.replaced(UID)
    world.board.settle()
    assert part.revision < world.state.revision
    assert part_of(world.state, member).errors == 0

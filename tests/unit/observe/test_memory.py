"""A cluster's state as bytes and back: nothing of what was seen is lost, and what cannot be read is left out."""

from __future__ import annotations

import health_worlds as w
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.gatewayapi.kinds import DEPLOYMENT, ENDPOINT_SLICE, GATEWAY, SECRET, SERVICE, GroupKind
from gatewright.gatewayapi.live import Snapshot, ref_of
from gatewright.gatewayapi.metadata import Meta, WrittenMeta
from gatewright.gatewayapi.surroundings import Secret, Workload
from gatewright.model.errors import ErrorReport
from gatewright.model.probe import ProbeResult, ProbeTarget
from gatewright.observe import memory
from gatewright.observe.board import ClusterState
from gatewright.observe.observatory import memory_of
from gatewright.text import message

NAMES = st.text("abc-", min_size=1, max_size=5)
WORDS = st.text(max_size=12)
STATES = st.sampled_from(["reachable", "slow", "unreachable", "forbidden"])


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    snapshot = Snapshot("east", draw(WORDS), secrets_granted=draw(st.booleans()))
    for name in draw(st.sets(NAMES, max_size=4)):
        w.put(snapshot, GATEWAY, w.gateway(name, "shop", w.listener(draw(NAMES), draw(st.integers(1, 65535)))))
        w.put(snapshot, w.HTTP_ROUTE, w.route(name, hostnames=draw(st.lists(NAMES, max_size=2))))
        w.put(snapshot, SERVICE, w.service(name, port=draw(st.integers(1, 65535))))
        w.put(snapshot, ENDPOINT_SLICE, w.endpoints(name, "shop", draw(st.sampled_from([True, False, None]))))
        w.put(snapshot, SECRET, w.secret(name, problem=draw(st.sampled_from(["", "type", "unparsable"]))))
        meta = WrittenMeta(name, "edge", annotations={"a": draw(WORDS)})
        snapshot.objects.setdefault(DEPLOYMENT, {})["edge", name] = Workload(meta)
        target = ProbeTarget("east", ref_of(GATEWAY, ("shop", name)), "http", "HTTP", "h", 80)
        snapshot.probes[target] = ProbeResult(target, draw(WORDS), "ok", message("probe.ok"))
    snapshot.unread = draw(st.dictionaries(st.sampled_from([SECRET, GATEWAY, SERVICE]), WORDS, max_size=3))
    snapshot.listed = {
        (kind, ("", "")) for kind in draw(st.sets(st.sampled_from(sorted(snapshot.objects) or [SECRET])))
    }
    snapshot.listed &= {(kind, ("", "")) for kind in snapshot.objects}
    snapshot.controllers = draw(st.sampled_from([(), (w.controller(),)]))
    return snapshot


@given(snapshots(), STATES, st.booleans(), st.sampled_from([None, ErrorReport("kube.unreachable", {"server": "s"})]))
def test_what_was_seen_is_what_is_remembered(
    snapshot: Snapshot, reachability: memory.Reachability, synced: bool, error: ErrorReport | None
) -> None:
    state = ClusterState("uid", "east", snapshot, reachability=reachability, synced=synced, error=error, since="s")
    kept = memory_of(state)
    found = memory.decode(memory.encode(kept))
    assert msgspec.structs.replace(found, kinds=[]) == msgspec.structs.replace(kept, kinds=[])
    assert memory.snapshot_of("east", found) == snapshot


def kept(kind: GroupKind, objects: list[object], **more: object) -> bytes:
    """A memory as another version may have written it."""
    blank = memory_of(ClusterState("uid", "east", Snapshot("east")))
    raw = msgspec.Raw(msgspec.msgpack.encode(objects))
    return memory.encode(msgspec.structs.replace(blank, kinds=[memory.Kept(*kind, raw)], **more))


def test_objects_of_another_version_are_left_out_and_the_rest_is_kept() -> None:
    good = memory.snapshot_of("east", memory.decode(kept(SECRET, [Secret(Meta("a", "b"))])))
    assert list(good.of(SECRET)) == [("b", "a")]
    for kind, objects in ((SECRET, [{"metadata": 7}]), (("", "Future"), [{"metadata": {"name": "x"}}])):
        found = memory.snapshot_of("east", memory.decode(kept(kind, objects, listed=[(kind, ("", ""))])))
        assert (found.objects, found.listed) == ({}, set())


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x93\x01\x02\x03", b"not a memory"])
def test_what_no_version_wrote_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        memory.decode(body)


def test_a_key_is_nowhere_in_what_is_kept() -> None:
    snapshot = w.healthy()
    w.put(snapshot, SECRET, w.secret())
    body = memory.encode(memory_of(ClusterState("uid", "east", snapshot)))
    assert b"tls.key" not in body
    assert b"PRIVATE" not in body

"""Typed lists and watches: one odd object costs nothing but itself, and no answer is endless."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.kube import errors
from gatewright.kube.client import KubeClient
from gatewright.kube.feed import Change, Listed, list_typed, watch_typed
from gatewright.kube.queries import named
from gatewright.kube.resources import GATEWAYS, NAMESPACES, SECRETS


class Meta(msgspec.Struct, frozen=True):
    name: str
    namespace: str = ""


class Spec(msgspec.Struct, frozen=True):
    size: int = 0


class Thing(msgspec.Struct, frozen=True):
    metadata: Meta
    spec: Spec = Spec()


def thing(name: Any, size: Any = 1, **meta: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "web", **meta}, "spec": {"size": size, "other": [1]}, "more": {}}


def page(*items: Any, token: str = "", version: str = "7") -> dict[str, Any]:
    return {"metadata": {"resourceVersion": version, "continue": token}, "items": list(items)}


def events(*pairs: tuple[str, Any]) -> bytes:
    return b"".join(json.dumps({"type": t, "object": o}).encode() + b"\n" for t, o in pairs)


def sizes(listed: Listed[Thing]) -> list[int]:
    return [item.spec.size for item in listed.items]


async def changes(client: KubeClient, **more: Any) -> list[Change[Thing]]:
    async with aclosing(watch_typed(client, GATEWAYS, Thing, resource_version="1", **more)) as feed:
        return [change async for change in feed]


async def test_pages_become_one_list(faults: Any) -> None:
    script = [faults.answer(200, page(thing("a"), token="t")), faults.answer(200, page(thing("b", 2), version="9"))]
    async with faults.serve(*script) as server, server.client() as client:
        listed = await list_typed(client, GATEWAYS, Thing, namespace="web", limit=1)
    assert listed == Listed([Thing(Meta("a", "web"), Spec(1)), Thing(Meta("b", "web"), Spec(2))], (), "7")
    assert urlsplit(server.seen[0].target).path.endswith("/namespaces/web/gateways")
    assert [parse_qs(urlsplit(seen.target).query) for seen in server.seen] == [
        {"limit": ["1"]},
        {"limit": ["1"], "continue": ["t"]},
    ]


async def test_an_empty_list_may_be_null(faults: Any) -> None:
    empty = faults.answer(200, {"metadata": {"resourceVersion": "3"}, "items": None})
    async with faults.serve(empty) as server, server.client() as client:
        assert await list_typed(client, GATEWAYS, Thing) == Listed([], (), "3")


async def test_odd_objects_are_named_and_spoil_nothing(faults: Any) -> None:
    odd = [thing("odd", "huge"), {"spec": {}}, thing(5), "text", None, {"metadata": {"name": "x"}, "spec": []}]
    script = [faults.answer(200, page(thing("a"), token="t")), faults.answer(200, page(*odd, thing("b", 2)))]
    async with faults.serve(*script) as server, server.client() as client:
        listed = await list_typed(client, GATEWAYS, Thing)
    assert sizes(listed) == [1, 2]
    assert listed.unreadable == ("web/odd", "#2", "#3", "#4", "#5", "x")


async def test_a_large_page_is_decoded_in_steps(faults: Any) -> None:
    big = page(*(thing(f"n{n}", n, annotations={"a": "x" * 300_000}) for n in range(12)), thing("odd", "x"))
    async with faults.serve(faults.answer(200, big)) as server, server.client() as client:
        listed = await list_typed(client, GATEWAYS, Thing)
    assert sizes(listed) == list(range(12))
    assert listed.unreadable == ("web/odd",)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"metadata":{},"items":{}}', b'{"items":[]}', b'{"metadata":{}'])
async def test_what_is_no_list(faults: Any, body: bytes) -> None:
    async with faults.serve(faults.answer(200, body)) as server, server.client() as client:
        with pytest.raises(errors.NotKubernetesError):
            await list_typed(client, GATEWAYS, Thing)


async def test_lists_without_end(faults: Any) -> None:
    async def endless(seen: Any, writer: asyncio.StreamWriter) -> None:
        token = str(len(server.seen))
        await faults.answer(200, page(thing("a"), thing("b", "odd"), token=token))(seen, writer)

    async with faults.serve(endless) as server, server.client() as client:
        with pytest.raises(errors.TooManyObjectsError) as caught:
            await list_typed(client, GATEWAYS, Thing, max_items=10)
    assert "10" in caught.value.report.message("zh")
    short = msgspec.structs.replace(faults.quick, list_deadline=0.2)
    async with faults.serve(endless) as server, server.client(short) as client:
        with pytest.raises(errors.TimedOutError):
            await list_typed(client, GATEWAYS, Thing, max_items=10**9)
    small = msgspec.structs.replace(faults.quick, max_list=10_000)
    async with faults.serve(endless) as server, server.client(small) as client:
        with pytest.raises(errors.TooLargeError):
            await list_typed(client, GATEWAYS, Thing, max_items=10**9)


async def test_a_token_in_circles(faults: Any) -> None:
    script = [faults.answer(200, page(thing("a"), token=token)) for token in ("x", "y", "x")]
    async with faults.serve(*script) as server, server.client() as client:
        with pytest.raises(errors.NotKubernetesError):
            await list_typed(client, GATEWAYS, Thing)
    assert len(server.seen) == 3


async def test_an_expired_token_restarts_the_list_once(faults: Any) -> None:
    first, gone = faults.answer(200, page(thing("a"), token="t")), faults.status(410, "Expired", "old")
    whole = faults.answer(200, page(thing("a"), thing("b", 2)))
    async with faults.serve(first, gone, whole) as server, server.client() as client:
        assert sizes(await list_typed(client, GATEWAYS, Thing)) == [1, 2]
    async with faults.serve(first, gone, first, gone) as server, server.client() as client:
        with pytest.raises(errors.GoneError):
            await list_typed(client, GATEWAYS, Thing)


async def test_one_name(faults: Any) -> None:
    async with faults.serve(faults.answer(200, page())) as server, server.client() as client:
        await list_typed(client, SECRETS, Thing, namespace="web", name="cert", metadata_only=True)
        await changes(client, name="cert")
    asked = parse_qs(urlsplit(server.seen[0].target).query)
    assert asked["fieldSelector"] == ["metadata.name=cert"]
    assert "PartialObjectMetadataList" in server.seen[0].headers["accept"]
    assert parse_qs(urlsplit(server.seen[1].target).query)["fieldSelector"] == ["metadata.name=cert"]


@given(st.text(alphabet="a.\\,=!", min_size=1))
def test_a_name_selects_nothing_else(name: str) -> None:
    """Split as ``fields.ParseSelector`` does: at commas and equals signs that are not escaped."""
    parts, escaped = [""], False
    for character in named(name):
        if not escaped and character == "\\":
            escaped = True
            continue
        if not escaped and character in ",=":
            parts.append("")
        else:
            parts[-1] += character
        escaped = False
    assert parts == ["metadata.name", name]


async def test_changes(faults: Any) -> None:
    body = events(
        ("ADDED", thing("a", resourceVersion="2")),
        ("MODIFIED", thing("a", 2, resourceVersion="3")),
        ("BOOKMARK", {"kind": "Gateway", "metadata": {"resourceVersion": "5"}, "spec": []}),
        ("DELETED", thing("a", 2, resourceVersion="6")),
    )
    async with faults.serve(faults.answer(200, body)) as server, server.client() as client:
        seen = await changes(client, seconds=20)
    assert seen == [
        Change("ADDED", "2", Thing(Meta("a", "web"), Spec(1)), "web", "a"),
        Change("MODIFIED", "3", Thing(Meta("a", "web"), Spec(2)), "web", "a"),
        Change("BOOKMARK", "5"),
        Change("DELETED", "6", Thing(Meta("a", "web"), Spec(2)), "web", "a"),
    ]
    asked = parse_qs(urlsplit(server.seen[0].target).query)
    assert (asked["resourceVersion"], asked["timeoutSeconds"]) == (["1"], ["20"])


async def test_an_odd_object_does_not_end_the_watch(faults: Any) -> None:
    odd: list[Any] = [thing("odd", "huge", resourceVersion="2"), "text", thing(3, resourceVersion="4")]
    body = events(*(("MODIFIED", o) for o in odd), ("ADDED", thing("b", resourceVersion="5")))
    async with faults.serve(faults.answer(200, body)) as server, server.client() as client:
        seen = await changes(client)
    nameless = Change("MODIFIED", "", unreadable=True)
    assert seen[:3] == [Change("MODIFIED", "2", None, "web", "odd", unreadable=True), nameless, nameless]
    assert seen[3].object == Thing(Meta("b", "web"), Spec(1))


async def test_errors_of_a_watch(faults: Any) -> None:
    expired = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
    cases = [
        (faults.answer(200, events(("ERROR", expired))), errors.GoneError),
        (faults.status(410, "Expired", "old"), errors.GoneError),
        (faults.status(429, "TooManyRequests", "later"), errors.TooManyRequestsError),
        (faults.answer(200, b"<html>\n"), errors.NotKubernetesError),
        (faults.answer(200, events(("ODD", {}))), errors.NotKubernetesError),
        (faults.reset, errors.InterruptedAnswerError),
        (faults.reset_in_body, errors.InterruptedAnswerError),
        (faults.endless, errors.TooLargeError),
    ]
    small = msgspec.structs.replace(faults.quick, max_event=1 << 18)
    for script, kind in cases:
        async with faults.serve(script) as server, server.client(small) as client:
            with pytest.raises(kind):
                await changes(client)


async def test_a_drip_does_not_outlast_the_watch(faults: Any) -> None:
    """A server that never ends a line is never silent; the time of the whole watch is what stops it."""
    async with faults.serve(faults.drip) as server, server.client() as client:
        with pytest.raises(errors.TimedOutError):
            await changes(client, seconds=-14)


async def test_leaving_early_closes_the_connection(faults: Any) -> None:
    left = asyncio.Event()

    async def one_then_quiet(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        line = events(("ADDED", thing("a", resourceVersion="2")))
        writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        while not writer.transport.is_closing():
            writer.write(b"1\r\n\n\r\n")
            await asyncio.sleep(0.01)
        left.set()

    async with faults.serve(one_then_quiet) as server, server.client() as client:
        async with aclosing(watch_typed(client, NAMESPACES, Thing, resource_version="1")) as feed:
            assert (await anext(feed)).name == "a"
        async with asyncio.timeout(30):
            await left.wait()

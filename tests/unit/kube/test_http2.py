"""Watches over HTTP/2: they share a connection, and what goes wrong with it has an error of ours."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from http2_server import Http2Server, Peer, frame, http2_server

from gatewright.kube import errors
from gatewright.kube.auth import Credential
from gatewright.kube.client import KubeClient
from gatewright.kube.connection import Connection
from gatewright.kube.feed import Change, list_typed, watch_typed
from gatewright.kube.http2 import STREAM_WINDOW, BrokenError, Http2Connection
from gatewright.kube.resources import GATEWAYS
from gatewright.model.errors import ClusterError

TOKEN = "s3cr3t-token-value-0123456789"
Serving = Callable[..., contextlib.AbstractAsyncContextManager[tuple[Http2Server, KubeClient]]]


class Meta(msgspec.Struct, frozen=True):
    name: str


class Thing(msgspec.Struct, frozen=True):
    metadata: Meta


def line(name: str, version: int = 1, **more: Any) -> bytes:
    content = {"metadata": {"name": name, "resourceVersion": str(version)}, **more}
    return json.dumps({"type": "MODIFIED", "object": content}).encode() + b"\n"


def feed(client: KubeClient, name: str = "") -> Any:
    return watch_typed(client, GATEWAYS, Thing, resource_version="1", name=name or None)


async def read_all(client: KubeClient) -> list[str]:
    return [change.name async for change in feed(client)]


async def eventually(holds: Callable[[], bool]) -> None:
    ends = asyncio.get_running_loop().time() + 30
    while not holds():
        assert asyncio.get_running_loop().time() < ends
        await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def context(authority: Any, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    made: ssl.SSLContext = authority.server_context(tmp_path_factory.mktemp("http2"), "127.0.0.1")
    made.set_alpn_protocols(["h2"])
    return made


@pytest.fixture
def serving(authority: Any, context: ssl.SSLContext, faults: Any) -> Serving:
    @contextlib.asynccontextmanager
    async def serve(
        answer: Any, *, max_streams: int | None = None, mute: bool = False, auth: Any = None, **options: Any
    ) -> AsyncIterator[tuple[Http2Server, KubeClient]]:
        async with http2_server(context, answer, max_streams=max_streams, mute=mute) as server:
            connection = Connection(server.url, ca_data=authority.pem, token=TOKEN)
            quick = msgspec.structs.replace(faults.quick, **options)
            async with KubeClient(connection, options=quick, auth=auth) as client:
                yield server, client

    return serve


async def failure(client: KubeClient) -> ClusterError:
    with pytest.raises(ClusterError) as caught:
        await read_all(client)
    for language in ("en", "zh"):
        assert TOKEN not in caught.value.report.message(language) + caught.value.report.remedy(language)
    return caught.value


async def two_things(peer: Peer, number: int, _: Any) -> None:
    peer.head(number)
    await peer.send(number, line("a") + line("b")[:20])
    await peer.send(number, line("b")[20:])
    peer.end(number)


def name_of(headers: Any) -> str:
    """The name that the watch is for."""
    selectors = parse_qs(urlsplit(headers[":path"]).query).get("fieldSelector", ["=all"])
    return selectors[0].partition("=")[2]


async def quiet(peer: Peer, number: int, headers: Any) -> None:
    """One event, then nothing."""
    peer.head(number)
    await peer.send(number, line(name_of(headers)))


async def test_a_watch(serving: Serving) -> None:
    async with serving(two_things) as (server, client):
        assert await read_all(client) == ["a", "b"]
        assert [e.object["metadata"]["name"] async for e in client.watch(GATEWAYS)] == ["a", "b"]
        assert client.transport.http2_connections == 1
    assert len(server.peers) == 1
    first = server.seen[0]
    assert first[":path"].startswith("/apis/gateway.networking.k8s.io/v1/gateways?resourceVersion=1&watch=true")
    assert (first[":authority"], first["authorization"]) == (server.url.removeprefix("https://"), f"Bearer {TOKEN}")


async def test_thirty_watches_share_a_connection(serving: Serving) -> None:
    async with serving(quiet) as (server, client), contextlib.AsyncExitStack() as stack:
        feeds = [await stack.enter_async_context(aclosing(feed(client, f"n{n}"))) for n in range(30)]
        changes: list[Change[Thing]] = await asyncio.gather(*(anext(f) for f in feeds))
        assert [change.name for change in changes] == [f"n{n}" for n in range(30)]
        assert len(server.peers) == client.transport.http2_connections == 1


async def test_more_streams_than_the_server_wants(serving: Serving) -> None:
    async with serving(quiet, max_streams=4) as (server, client), contextlib.AsyncExitStack() as stack:
        feeds = [await stack.enter_async_context(aclosing(feed(client, f"n{n}"))) for n in range(10)]
        await asyncio.gather(*(anext(f) for f in feeds))
        assert len(server.peers) == 3


async def test_a_server_that_wants_no_streams_gets_http1(serving: Serving) -> None:
    async with serving(quiet, max_streams=0) as (_, client):
        with contextlib.suppress(ClusterError):
            await read_all(client)
        assert client.transport.http2_connections is None


def replying(*bodies: bytes, **headers: str) -> Any:
    """Answers the n-th request with the n-th body; the last one answers all that follow."""
    left = list(bodies)

    async def answer(peer: Peer, number: int, _: Any) -> None:
        peer.head(number, **headers)
        await peer.send(number, left.pop(0) if len(left) > 1 else left[0])
        peer.end(number)

    return answer


def page(*names: str, token: str = "") -> bytes:
    items = [{"metadata": {"name": name}} for name in names]
    return json.dumps({"metadata": {"resourceVersion": "7", "continue": token}, "items": items}).encode()


async def test_lists_go_over_the_same_connection(serving: Serving) -> None:
    async with serving(replying(page("a", token="t"), page("b"), line("c"))) as (server, client):
        listed = await list_typed(client, GATEWAYS, Thing)
        assert [item.metadata.name for item in listed.items] == ["a", "b"]
        assert await read_all(client) == ["c"]
        assert len(server.peers) == 1


async def test_lists_that_are_compressed(serving: Serving) -> None:
    async with serving(replying(gzip.compress(page("a")), content_encoding="gzip")) as (_, client):
        assert [item.metadata.name for item in (await list_typed(client, GATEWAYS, Thing)).items] == ["a"]
    async with serving(replying(page("a"), content_encoding="gzip")) as (_, client):
        with pytest.raises(errors.NotKubernetesError):
            await list_typed(client, GATEWAYS, Thing)
    bomb = gzip.compress(b" " * (1 << 24))
    async with serving(replying(bomb, content_encoding="gzip"), max_body=1 << 20) as (_, client):
        with pytest.raises(errors.TooLargeError):
            await list_typed(client, GATEWAYS, Thing)


async def test_faults_of_lists(serving: Serving) -> None:
    async with serving(replying(b" " * (1 << 21)), max_body=1 << 20) as (_, client):
        with pytest.raises(errors.TooLargeError):
            await list_typed(client, GATEWAYS, Thing)

    async def stuck(peer: Peer, number: int, _: Any) -> None:
        peer.head(number)
        await peer.send(number, b"{")

    async with serving(stuck, read_timeout=0.2) as (server, client):
        with pytest.raises(errors.TimedOutError):
            await list_typed(client, GATEWAYS, Thing)
        assert len(server.seen) == 1, "time that is used up is not used again"

    async def drip(peer: Peer, number: int, _: Any) -> None:
        peer.head(number)
        while number not in peer.left:
            await peer.send(number, b" ")
            await asyncio.sleep(0.02)

    async with serving(drip, deadline=0.4) as (_, client):
        with pytest.raises(errors.TimedOutError):
            await list_typed(client, GATEWAYS, Thing)


async def test_a_list_whose_stream_is_reset_is_asked_again(serving: Serving) -> None:
    asked = 0

    async def answer(peer: Peer, number: int, headers: Any) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            return peer.reset(number)
        if asked == 2:
            return peer.drop()
        return await replying(page("a"))(peer, number, headers)

    async with serving(answer) as (server, client):
        assert len((await list_typed(client, GATEWAYS, Thing)).items) == 1
        assert len(server.peers) == 2


async def test_a_status_is_an_error(serving: Serving) -> None:
    async def gone(peer: Peer, number: int, _: Any) -> None:
        peer.head(number, 410)
        status = {"kind": "Status", "code": 410, "reason": "Expired", "message": f"too old for Bearer {TOKEN}"}
        await peer.send(number, json.dumps(status).encode())
        peer.end(number)

    async def busy(peer: Peer, number: int, _: Any) -> None:
        peer.head(number, 429, retry_after="7")
        peer.end(number)

    async with serving(gone) as (_, client):
        assert isinstance(await failure(client), errors.GoneError)
    async with serving(busy) as (_, client):
        error = await failure(client)
        assert isinstance(error, errors.TooManyRequestsError)
        assert error.retry_after == 7


async def test_a_rejected_token_file_is_read_again(
    authority: Any, context: ssl.SSLContext, faults: Any, tmp_path: Path
) -> None:
    async def strict(peer: Peer, number: int, headers: Any) -> None:
        if headers["authorization"] == "Bearer second":
            return await two_things(peer, number, headers)
        peer.head(number, 401)
        return peer.end(number)

    file = tmp_path / "token"
    file.write_text("first")
    async with http2_server(context, strict) as server:
        connection = Connection(server.url, ca_data=authority.pem, token_file=str(file))
        async with KubeClient(connection, options=faults.quick) as client:
            assert isinstance(await failure(client), errors.UnauthorizedError)
            file.write_text("second")
            assert await read_all(client) == ["a", "b"]


class Rotating:
    """An authenticator whose client certificate changes."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self.pairs = list(pairs)

    async def credential(self) -> Credential:
        return Credential("", *self.pairs[0])

    def reject(self, credential: Credential) -> bool:
        return False


async def test_another_client_certificate_needs_another_connection(serving: Serving, authority: Any) -> None:
    auth = Rotating(authority.issue("one"), authority.issue("two"))
    async with serving(quiet, auth=auth) as (server, client):
        async with aclosing(feed(client, "old")) as old:
            await anext(old)
            auth.pairs.pop(0)
            async with aclosing(feed(client, "new")) as new:
                assert (await anext(new)).name == "new"
            await server.peers[0].send(1, line("still"))
            assert (await anext(old)).name == "still"
        assert len(server.peers) == 2
        await eventually(server.peers[0].closed.is_set)
        assert not server.peers[1].closed.is_set()


@pytest.mark.parametrize("url", ["https://" + "a" * 70 + ".example", "https://.example", "https://a..example"])
async def test_a_name_that_cannot_be(url: str, faults: Any) -> None:
    async with KubeClient(Connection(url), options=faults.quick) as client:
        assert isinstance(await failure(client), errors.UnreachableError)


async def test_a_reset_stream_leaves_the_others(serving: Serving) -> None:
    async def answer(peer: Peer, number: int, headers: Any) -> None:
        await quiet(peer, number, headers)
        if "bad" in headers[":path"]:
            peer.reset(number)

    async with serving(answer) as (server, client), aclosing(feed(client, "good")) as good:
        assert (await anext(good)).name == "good"
        with pytest.raises(errors.InterruptedAnswerError) as caught:
            _ = [change async for change in feed(client, "bad")]
        assert "RST_STREAM INTERNAL_ERROR" in str(caught.value)
        await server.peers[0].send(1, line("again"))
        assert (await anext(good)).name == "again"


async def test_streams_under_way_survive_goaway_and_new_ones_go_elsewhere(serving: Serving) -> None:
    async with serving(quiet) as (server, client), aclosing(feed(client, "old")) as old:
        await anext(old)
        server.peers[0].goaway(last=1)
        await server.peers[0].send(1, line("still"))
        assert (await anext(old)).name == "still"
        async with aclosing(feed(client, "new")) as new:
            assert (await anext(new)).name == "new"
            assert len(server.peers) == 2
            server.peers[0].end(1)
            assert [change async for change in old] == []
            async with asyncio.timeout(30):
                await server.peers[0].closed.wait()
            assert not server.peers[1].closed.is_set()


async def test_a_stream_that_goaway_refuses(serving: Serving) -> None:
    async def answer(peer: Peer, number: int, headers: Any) -> None:
        peer.goaway(last=0)

    async with serving(answer) as (_, client):
        error = await failure(client)
        assert isinstance(error, errors.InterruptedAnswerError)
        assert error.retryable


async def test_a_lost_connection_ends_every_stream_and_the_next_gets_another(serving: Serving) -> None:
    async with serving(quiet) as (server, client), aclosing(feed(client)) as one, aclosing(feed(client)) as two:
        await asyncio.gather(anext(one), anext(two))
        server.peers[0].drop()
        for lost in (one, two):
            with pytest.raises(errors.InterruptedAnswerError):
                await anext(lost)
        async with aclosing(feed(client, "next")) as three:
            assert (await anext(three)).name == "next"
        assert len(server.peers) == 2


async def test_silence_without_an_answer_to_a_ping(serving: Serving) -> None:
    async with serving(quiet, ping_after=0.1, ping_timeout=0.2) as (server, client), aclosing(feed(client)) as watch:
        await anext(watch)
        server.peers[0].deaf = True
        with pytest.raises(errors.TimedOutError):
            await anext(watch)


async def test_silence_with_answers_to_pings(serving: Serving) -> None:
    async with serving(quiet, ping_after=0.05, ping_timeout=5) as (server, client), aclosing(feed(client)) as watch:
        await anext(watch)
        following = asyncio.ensure_future(anext(watch))
        await asyncio.wait({following}, timeout=0.5)
        await server.peers[0].send(1, line("later"))
        assert (await following).name == "later"


async def test_a_doubted_server_that_is_gone_fails_soon(serving: Serving) -> None:
    async with serving(quiet, ping_timeout=0.2) as (server, client), aclosing(feed(client)) as watch:
        await anext(watch)
        server.peers[0].deaf = True
        client.transport.doubt()
        client.transport.doubt()
        with pytest.raises(errors.TimedOutError):
            await anext(watch)


async def test_a_doubted_server_that_is_there_goes_on(serving: Serving) -> None:
    async with serving(quiet, ping_timeout=0.5) as (server, client), aclosing(feed(client)) as watch:
        client.transport.doubt()
        await anext(watch)
        client.transport.doubt()
        following = asyncio.ensure_future(anext(watch))
        await asyncio.wait({following}, timeout=1)
        await server.peers[0].send(1, line("later"))
        assert (await following).name == "later"


async def test_small_questions_go_over_the_connection_of_the_watches(serving: Serving) -> None:
    async def answer(peer: Peer, number: int, headers: Any) -> None:
        if "watch=true" in headers[":path"]:
            await quiet(peer, number, headers)
            return
        peer.head(number)
        await peer.send(number, json.dumps({"gitVersion": "v1.36.3", "metadata": {"name": "a"}}).encode())
        peer.end(number)

    async with serving(answer) as (server, client), aclosing(feed(client)) as watch:
        await anext(watch)
        assert await client.version(multiplexed=True) == "v1.36.3"
        assert (await client.get(GATEWAYS, "a", "b", multiplexed=True))["metadata"] == {"name": "a"}
        assert json.loads(await client.get_raw("/any", multiplexed=True))["metadata"] == {"name": "a"}
        assert len(server.peers) == 1
        assert [headers["authorization"] for headers in server.seen] == [f"Bearer {TOKEN}"] * 4


async def test_a_drip_ends_with_the_time_of_the_watch(serving: Serving) -> None:
    async def drip(peer: Peer, number: int, _: Any) -> None:
        peer.head(number)
        while number not in peer.left:
            await peer.send(number, b" ")
            await asyncio.sleep(0.02)

    async with serving(drip) as (server, client):
        with pytest.raises(errors.TimedOutError):
            _ = [c async for c in watch_typed(client, GATEWAYS, Thing, resource_version="1", seconds=-14)]
        await eventually(lambda: 1 in server.peers[0].left)


async def test_a_line_without_end(serving: Serving) -> None:
    async def endless(peer: Peer, number: int, _: Any) -> None:
        peer.head(number)
        while number not in peer.left:
            await peer.send(number, b"x" * 16384)
            await asyncio.sleep(0)

    async with serving(endless, max_event=1 << 20) as (server, client):
        assert isinstance(await failure(client), errors.TooLargeError)
        await eventually(lambda: 1 in server.peers[0].left)


async def test_a_stream_that_nobody_reads_stalls_only_itself(serving: Serving) -> None:
    sent = 0

    async def answer(peer: Peer, number: int, headers: Any) -> None:
        nonlocal sent
        await quiet(peer, number, headers)
        while "lazy" in headers[":path"]:
            await peer.send(number, b"\n" * 1024)
            sent += 1024

    async with serving(answer) as (server, client), aclosing(feed(client, "lazy")) as lazy:
        await anext(lazy)
        await eventually(lambda: sent > STREAM_WINDOW // 2)
        async with aclosing(feed(client, "busy")) as busy:
            await anext(busy)
            for round_ in range(40):
                await server.peers[0].send(3, line(f"b{round_}", fill="x" * 40_000))
                assert (await anext(busy)).name == f"b{round_}"
        assert sent <= 2 * STREAM_WINDOW
        assert len(server.peers) == 1


async def test_much_data_passes_both_windows(serving: Serving) -> None:
    async def much(peer: Peer, number: int, _: Any) -> None:
        peer.head(number)
        for n in range(90):
            await peer.send(number, line(f"n{n}", fill="x" * 200_000))
        peer.end(number)

    async with serving(much) as (_, client):
        assert len(await read_all(client)) == 90


async def test_cancelled_readers_reset_their_streams(serving: Serving) -> None:
    async with serving(quiet, idle=0.1) as (server, client):
        tasks = [asyncio.ensure_future(read_all(client)) for _ in range(3)]
        await eventually(lambda: len(server.seen) == 3)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await eventually(lambda: server.peers[0].left == {1, 3, 5} or server.peers[0].closed.is_set())
        async with asyncio.timeout(30):
            await server.peers[0].closed.wait()
        assert client.transport.http2_connections == 0
        async with aclosing(feed(client, "again")) as again:
            assert (await anext(again)).name == "again"


async def test_closing_the_client_ends_its_watches(serving: Serving) -> None:
    async with serving(quiet) as (server, client), aclosing(feed(client)) as watch:
        await anext(watch)
        await client.close()
        with pytest.raises(errors.InterruptedAnswerError):
            await anext(watch)
        async with asyncio.timeout(30):
            await server.peers[0].closed.wait()


async def test_closing_the_client_while_it_connects(serving: Serving) -> None:
    async with serving(quiet, mute=True, connect_timeout=30, deadline=60) as (server, client):
        waiting = [asyncio.ensure_future(read_all(client)) for _ in range(2)]
        await eventually(lambda: bool(server.peers))
        await client.close()
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(outcome, errors.InterruptedAnswerError)


async def test_a_server_that_says_nothing_is_tried_once_for_all(serving: Serving) -> None:
    async with serving(quiet, mute=True, connect_timeout=0.3) as (server, client):
        outcomes = await asyncio.gather(*(failure(client) for _ in range(5)))
        assert [type(error) for error in outcomes] == [errors.TimedOutError] * 5
        assert not any(error.sent for error in outcomes if isinstance(error, errors.TimedOutError))
        assert len(server.peers) == 1


@pytest.mark.parametrize(
    "junk",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20_000,
        frame(0, 0, 1, b"x" * 20_000),
        frame(1, 4, 1, b"\xff" * 50),
        frame(0, 8, 1, b"\xff"),
        frame(5, 4, 1, b"\x00\x00\x00\x02"),
        frame(8, 0, 0, b"\x7f\xff\xff\xff") * 3,
        frame(0, 0, 99, b"x"),
        b"".join(frame(1, 0, 1, b"") if n == 0 else frame(9, 0, 1, b"x" * 16000) for n in range(100)),
    ],
)
async def test_what_is_not_http2(serving: Serving, junk: bytes) -> None:
    async def garbled(peer: Peer, number: int, headers: Any) -> None:
        peer.raw(junk)

    async with serving(garbled) as (_, client):
        assert isinstance(await failure(client), errors.NotKubernetesError | errors.InterruptedAnswerError)


@pytest.mark.parametrize("tiny", [frame(0, 0, 1, b""), frame(0, 0, 1, b"\n"), frame(6, 0, 0, b"12345678")])
async def test_a_flood_of_empty_frames(serving: Serving, tiny: bytes) -> None:
    async def flood(peer: Peer, number: int, _: Any) -> None:
        peer.head(number)
        while not peer.closed.is_set():
            peer.raw(tiny * 2000)
            await asyncio.sleep(0)

    async with serving(flood) as (_, client):
        assert isinstance(await failure(client), errors.NotKubernetesError)


async def test_trust(serving: Serving, other_authority: Any, authority: Any, faults: Any) -> None:
    async with serving(quiet) as (server, _):
        for ca, name, kind in (
            (other_authority.pem, "", errors.TlsUntrustedError),
            (authority.pem, "other.example", errors.TlsHostnameError),
        ):
            connection = Connection(server.url, ca_data=ca, tls_server_name=name)
            async with KubeClient(connection, options=faults.quick) as client:
                assert type(await failure(client)) is kind
        careless = KubeClient(Connection(server.url, insecure_skip_tls_verify=True), options=faults.quick)
        async with careless, aclosing(feed(careless)) as watch:
            assert (await anext(watch)).name


async def test_no_connection(faults: Any, authority: Any, unused_port: int) -> None:
    connection = Connection(f"https://127.0.0.1:{unused_port}", ca_data=authority.pem)
    async with KubeClient(connection, options=faults.quick) as client:
        error = await failure(client)
        assert isinstance(error, errors.UnreachableError)
        assert error.report.params["reason"] == "Connection refused"
        assert error.passing
    async with KubeClient(Connection("https://no-such-host.invalid"), options=faults.quick) as client:
        assert isinstance(await failure(client), errors.UnreachableError)


async def test_a_server_that_is_gone_leaves_nothing_to_collect(faults: Any, authority: Any, unused_port: int) -> None:
    connection = Connection(f"https://127.0.0.1:{unused_port}", ca_data=authority.pem)
    async with KubeClient(connection, options=faults.quick) as client:
        await failure(client)
        gc.collect()
        gc.disable()
        try:
            for _ in range(5):
                await failure(client)
            await asyncio.sleep(0)
            kept = {type(o) for o in gc.get_objects()}
        finally:
            gc.enable()
    assert not {Http2Connection, BrokenError} & kept


async def test_a_server_without_tls(faults: Any, authority: Any) -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listener:
        url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        async with KubeClient(Connection(url, ca_data=authority.pem), options=faults.quick) as client:
            assert isinstance(await failure(client), errors.TlsFailedError)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("offers", [["http/1.1"], []])
async def test_without_http2_the_watch_goes_over_http1(
    authority: Any, faults: Any, tmp_path: Path, offers: list[str]
) -> None:
    tls = authority.server_context(tmp_path, "127.0.0.1")
    if offers:
        tls.set_alpn_protocols(offers)
    async with faults.serve(faults.answer(200, line("a") + line("b")), tls=tls) as server:
        connection = Connection(server.url, ca_data=authority.pem, token=TOKEN)
        async with KubeClient(connection, options=faults.quick) as client:
            assert await read_all(client) == ["a", "b"]
            assert await read_all(client) == ["a", "b"]
            assert client.transport.http2_connections is None
    assert len(server.seen) == 2


async def test_http2_can_be_switched_off(serving: Serving) -> None:
    async with serving(two_things, http2=False) as (server, client):
        with contextlib.suppress(ClusterError):
            await read_all(client)
        assert client.transport.http2_connections is None
        assert server.seen == []

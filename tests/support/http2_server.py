"""A small HTTP/2 server over TLS that also does what a faulty or hostile one does."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import RequestReceived, StreamReset, WindowUpdated
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings

Headers = dict[str, str]
Answer = Callable[["Peer", int, Headers], Awaitable[None]]


class Peer(asyncio.Protocol):
    """One connection. ``deaf`` makes it ignore whatever comes, pings too."""

    def __init__(self, server: Http2Server) -> None:
        self.server = server
        self.frames = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        if server.max_streams is not None:
            limit = {SettingCodes.MAX_CONCURRENT_STREAMS: server.max_streams}
            self.frames.local_settings = Settings(client=False, initial_values=limit)
        self.deaf = False
        self.left: set[int] = set()
        self.closed = asyncio.Event()
        self.roomy = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.server.peers.append(self)
        if transport.get_extra_info("ssl_object").selected_alpn_protocol() != "h2":
            self.run(self.server.plain(self))
            return
        if self.server.mute:
            return
        self.frames.initiate_connection()
        self.flush()

    def data_received(self, data: bytes) -> None:
        if self.deaf or self.server.mute:
            return
        if self.transport.get_extra_info("ssl_object").selected_alpn_protocol() != "h2":
            return
        with contextlib.suppress(H2Error):
            for event in self.frames.receive_data(data):
                if isinstance(event, RequestReceived):
                    headers = dict(event.headers)
                    self.server.seen.append(headers)
                    self.run(self.server.answer(self, event.stream_id, headers))  # type: ignore[arg-type]
                elif isinstance(event, StreamReset):
                    self.left.add(event.stream_id)
                elif isinstance(event, WindowUpdated):
                    self.roomy.set()
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()
        for task in self.tasks:
            task.cancel()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        async def until_the_client_leaves() -> None:
            with contextlib.suppress(H2Error):
                await work

        task = asyncio.ensure_future(until_the_client_leaves())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def flush(self) -> None:
        self.transport.write(self.frames.data_to_send())

    def head(self, number: int, status: int = 200, **more: str) -> None:
        named = [(name.replace("_", "-"), value) for name, value in more.items()]
        self.frames.send_headers(number, [(":status", str(status)), ("content-type", "application/json"), *named])
        self.flush()

    async def send(self, number: int, data: bytes) -> None:
        """As fast as the client lets it."""
        while data and number not in self.left:
            room = min(self.frames.local_flow_control_window(number), 16384)
            if room <= 0:
                self.roomy.clear()
                await self.roomy.wait()
                continue
            self.frames.send_data(number, data[:room])
            data = data[room:]
            self.flush()

    def end(self, number: int) -> None:
        self.frames.end_stream(number)
        self.flush()

    def reset(self, number: int) -> None:
        self.frames.reset_stream(number, ErrorCodes.INTERNAL_ERROR)
        self.flush()

    def raw(self, data: bytes) -> None:
        """Bytes that no library would send."""
        self.transport.write(data)

    def goaway(self, last: int, code: int = 0) -> None:
        """As a frame of its own, so that streams can go on (which h2 forbids its user)."""
        self.raw(frame(7, 0, 0, last.to_bytes(4, "big") + code.to_bytes(4, "big")))

    def drop(self) -> None:
        self.transport.abort()


def frame(kind: int, flags: int, number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + number.to_bytes(4, "big") + payload


async def _bad_request(peer: Peer) -> None:
    peer.raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


class Http2Server:
    """``answer`` is run for every request. ``max_streams`` per connection; ``mute`` says not even its settings."""

    def __init__(self, answer: Answer, max_streams: int | None, mute: bool) -> None:
        self.answer = answer
        self.max_streams = max_streams
        self.mute = mute
        self.plain: Callable[[Peer], Coroutine[Any, Any, None]] = _bad_request
        self.peers: list[Peer] = []
        self.seen: list[Headers] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def http2_server(
    context: ssl.SSLContext, answer: Answer, *, max_streams: int | None = None, mute: bool = False
) -> AsyncGenerator[Http2Server]:
    """Serve on a free port of 127.0.0.1. The context says by ALPN what is spoken."""
    server = Http2Server(answer, max_streams, mute)
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: Peer(server), "127.0.0.1", 0, ssl=context)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for peer in server.peers:
            peer.drop()
            for task in list(peer.tasks):
                task.cancel()
            await asyncio.gather(*peer.tasks, return_exceptions=True)
            await peer.closed.wait()

"""One HTTP/2 connection (RFC 9113) that carries many requests without bodies: the watches of one cluster.

A TLS connection costs more memory than everything else a watch needs, so all watches of a cluster share one. Frames
are read by ``h2``; this module gives each stream a bounded buffer, keeps the connection alive, and ends it when the
peer is silent, idle or hostile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, cast

import msgspec
from h2.config import H2Configuration
from h2.connection import ConnectionInputs, H2Connection, H2ConnectionStateMachine
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.settings import SettingCodes, Settings
from hpack import HeaderTuple
from hyperframe.frame import Frame

STREAM_WINDOW: Final = 1 << 18
"""Bytes that a stream may hold unread: beyond, the server waits, and the other streams go on."""
_CONNECTION_WINDOW: Final = 1 << 24
_MAX_UNSENT: Final = 1 << 20
_MAX_FRUITLESS: Final = 1 << 18
"""Bytes without an event: h2 itself waits for the end of a frame of 16 MiB before it says that it is too large."""
_SMALL_FRAME: Final = 64
_FRAMES_PER_SECOND: Final = 500
_MAX_DEBT: Final = 10_000
_PING: Final = b"gatewrgt"
Header = tuple[str, str] | HeaderTuple


class BrokenError(Exception):
    """The stream or its connection ended before the answer did. The text says how, in the protocol's words."""


class SilentError(BrokenError):
    """The peer said nothing, not even in answer to a ping, for ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"> {seconds:g} s")
        self.seconds = seconds


class GarbledError(BrokenError):
    """What the peer sent is not HTTP/2, or is a flood of frames without content."""


class NotConnectedError(BrokenError):
    """No connection in time: the request was not sent."""


class NotSpokenError(BrokenError):
    """The peer does not offer HTTP/2 (ALPN, RFC 7301)."""


class KeepAlive(msgspec.Struct, frozen=True):
    """Seconds: of silence before a ping, of waiting for anything after it, and without streams before the end."""

    ping_after: float = 30.0
    ping_timeout: float = 15.0
    idle: float = 30.0


class Http2Stream:
    """One request under way. One reader at a time; ``close`` it when done, also after its end."""

    __slots__ = ("_buffer", "_connection", "_ended", "_error", "_taken", "_waiter", "headers", "number", "status")

    def __init__(self, connection: Http2Connection, number: int) -> None:
        self.number = number
        self.status = 0
        self.headers: dict[str, str] = {}
        self._connection = connection
        self._buffer = bytearray()
        self._taken = 0
        self._ended = False
        self._error: BrokenError | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def head(self) -> None:
        """Until ``status`` and ``headers`` (names in lower case) are there. Raises ``BrokenError``."""
        while not self.status:
            self._raise_error()
            if self._ended:
                raise BrokenError("END_STREAM")
            await self._wait()

    async def read(self) -> bytes:
        """What has come since, empty at the end. Raises ``BrokenError`` once everything before it is read."""
        while not self._buffer:
            self._raise_error()
            if self._ended:
                return b""
            await self._wait()
        data = bytes(self._buffer)
        self._buffer.clear()
        self._taken += len(data)
        if not self._ended and self._taken >= STREAM_WINDOW // 2:
            self._connection.grant(self.number, self._taken)
            self._taken = 0
        return data

    def close(self) -> None:
        """Tell the server that nobody reads any more."""
        self._connection.leave(self.number)
        self._buffer.clear()
        self.fail(BrokenError("closed"))

    def answered(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """The head of the answer came. For the connection, as all that follow."""
        decoded = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        status = decoded.pop(":status", "")
        self.status = int(status) if status.isdigit() else 502
        self.headers = decoded
        self._wake()

    def received(self, data: bytes, counted: int) -> None:
        """A piece came that used up ``counted`` bytes of the window, with its padding."""
        self._buffer += data
        self._taken += counted - len(data)
        self._wake()

    def end(self) -> None:
        self._ended = True
        self._wake()

    def fail(self, error: BrokenError) -> None:
        if not self._ended and self._error is None:
            self._error = error
        self._wake()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _LastingStates(H2ConnectionStateMachine):
    """h2 ends a connection at GOAWAY; by RFC 9113 6.8 the streams that are under way go on."""

    def process_input(self, input_: ConnectionInputs) -> list[Event]:
        return [] if input_ is ConnectionInputs.RECV_GOAWAY else super().process_input(input_)


class _Frames(H2Connection):
    # h2 remembers 65,536 closed streams, which a connection that lasts for weeks would all have.
    MAX_CLOSED_STREAMS = 256

    def __init__(self) -> None:
        # Headers are ours and in lower case already; h2's own care would also send the token anew with each request.
        super().__init__(
            H2Configuration(
                client_side=True,
                header_encoding=None,
                normalize_outbound_headers=False,
                validate_outbound_headers=False,
            )
        )
        self.state_machine = _LastingStates()
        initial = {SettingCodes.ENABLE_PUSH: 0, SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW}
        self.local_settings = Settings(client=True, initial_values=initial)

    def _receive_frame(self, frame: Frame) -> list[Event]:
        # h2 words each frame, with its content, for a log that is not kept: a twentieth of all that a list costs.
        frame._body_repr = str  # type: ignore[method-assign]
        return super()._receive_frame(frame)


class Http2Connection(asyncio.Protocol):
    """The connection. ``ready`` is done when the server has said its settings, or with a ``BrokenError``; ``lost`` is
    done when the socket is closed."""

    def __init__(self, keep_alive: KeepAlive) -> None:
        self._loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self.error: BrokenError | None = None
        self._keep_alive = keep_alive
        self._frames = _Frames()
        self._streams: dict[int, Http2Stream] = {}
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._leaving = False
        self._heard = self._used = self._loop.time()
        self._pinged: float | None = None
        self._ungranted = 0
        self._debt = 0.0
        self._fruitless = 0
        self._flushing = False

    @property
    def usable(self) -> bool:
        """Whether one more stream can be opened now."""
        return not self._leaving and len(self._streams) < self._frames.remote_settings.max_concurrent_streams

    @property
    def streams(self) -> int:
        """How many are open."""
        return len(self._streams)

    def open(self, headers: Sequence[Header]) -> Http2Stream:
        """A GET on its way. Only while ``usable``. Raises ``BrokenError`` for headers that cannot be sent."""
        number = self._frames.get_next_available_stream_id()
        try:
            self._frames.send_headers(number, headers, end_stream=True)
        except Exception as error:
            raise self._fail(BrokenError(type(error).__name__)) from error
        stream = self._streams[number] = Http2Stream(self, number)
        self._flush_soon()
        return stream

    def grant(self, number: int, size: int) -> None:
        """The reader of a stream has room for ``size`` more bytes."""
        if number in self._streams:
            self._frames.increment_flow_control_window(size, number)
            self._flush_soon()

    def leave(self, number: int) -> None:
        """The reader of a stream has gone."""
        if self._streams.pop(number, None) is None:
            return
        self._frames.reset_stream(number, ErrorCodes.CANCEL)
        self._flush_soon()
        self._left()

    def doubt(self) -> None:
        """Somebody waited in vain: a peer that has been silent since is asked at once whether it is there."""
        if self.error is None and self._pinged is None and self._transport is not None:
            self._ping()
            if self._timer is not None:
                self._timer.cancel()
            self._schedule()

    def retire(self) -> None:
        """No new streams; the connection ends with its last one."""
        self._leaving = True
        self._left()

    def close(self) -> None:
        """End it now, with all its streams."""
        self._fail(BrokenError("closed"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        tls = transport.get_extra_info("ssl_object")
        if tls is None or tls.selected_alpn_protocol() != "h2":
            self._fail(NotSpokenError("ALPN"))
            return
        self._frames.initiate_connection()
        self._frames.increment_flow_control_window(_CONNECTION_WINDOW - 65_535)
        self._flush()
        self._heard = self._loop.time()
        self._schedule()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(BrokenError(type(exc).__name__ if exc else "EOF"))
        if not self.lost.done():
            self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self.error is not None:
            return
        before, self._heard, self._pinged = self._heard, self._loop.time(), None
        try:
            events = self._frames.receive_data(data)
            for event in events:
                self._handle(event)
        except Exception as error:
            # Whatever a hostile server makes the parser raise, its streams must end with an error of their own.
            self._fail(GarbledError(f"HTTP/2 {type(error).__name__}"))
            return
        self._fruitless = 0 if events else self._fruitless + len(data)
        self._debt = max(0.0, self._debt + len(events) - len(data) / _SMALL_FRAME)
        self._debt = max(0.0, self._debt - (self._heard - before) * _FRAMES_PER_SECOND)
        if self._debt > _MAX_DEBT or self._fruitless > _MAX_FRUITLESS:
            self._fail(GarbledError("HTTP/2 ENHANCE_YOUR_CALM"))
        elif self._ungranted >= _CONNECTION_WINDOW // 2:
            self._frames.increment_flow_control_window(self._ungranted)
            self._ungranted = 0
        self._flush()

    def _handle(self, event: Event) -> None:
        if isinstance(event, DataReceived):
            self._ungranted += event.flow_controlled_length
            stream = self._streams.get(event.stream_id)
            if stream is not None:
                stream.received(event.data, event.flow_controlled_length)
        elif isinstance(event, ResponseReceived):
            stream = self._streams.get(event.stream_id)
            if stream is not None:
                stream.answered(cast(Sequence[tuple[bytes, bytes]], event.headers))
        elif isinstance(event, StreamEnded):
            stream = self._streams.pop(event.stream_id, None)
            if stream is not None:
                stream.end()
                self._left()
        elif isinstance(event, StreamReset):
            self._drop(event.stream_id, f"RST_STREAM {_name(event.error_code)}")
        elif isinstance(event, ConnectionTerminated):
            self._going_away(event)
        elif isinstance(event, RemoteSettingsChanged) and not self.ready.done():
            self.ready.set_result(None)

    def _going_away(self, event: ConnectionTerminated) -> None:
        """Streams that the server has begun go on; the others it will not run."""
        last = event.last_stream_id or 0
        for number in [n for n in self._streams if n > last]:
            self._drop(number, f"GOAWAY {_name(event.error_code)}")
        if not self.ready.done():
            self._fail(BrokenError(f"GOAWAY {_name(event.error_code)}"))
        self.retire()

    def _drop(self, number: int, reason: str) -> None:
        stream = self._streams.pop(number, None)
        if stream is not None:
            stream.fail(BrokenError(reason))
            self._left()

    def _left(self) -> None:
        if self._streams:
            return
        self._used = self._loop.time()
        if self._leaving:
            self._fail(BrokenError("GOAWAY"))

    def _flush_soon(self) -> None:
        """What one turn of the loop says (twenty watches that begin) is one TLS record and one write to the socket."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._transport is None or self.error is not None:
            return
        data = self._frames.data_to_send()
        if data:
            self._transport.write(data)
            if self._transport.get_write_buffer_size() > _MAX_UNSENT:
                # It makes us answer pings and settings, and does not read the answers.
                self._fail(GarbledError("HTTP/2 ENHANCE_YOUR_CALM"))

    def _fail(self, error: BrokenError) -> BrokenError:
        """Ends the connection and everything on it, once."""
        if self.error is not None:
            return self.error
        self.error, self._leaving = error, True
        if self._timer is not None:
            self._timer.cancel()
        if not self.ready.done():
            self.ready.set_exception(error)
            self.ready.exception()
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.fail(error)
        if self._transport is not None:
            # Not close(): a peer that does not answer would keep the socket for half a minute.
            self._transport.abort()
        elif not self.lost.done():
            self.lost.set_result(None)
        return error

    def _schedule(self) -> None:
        self._timer = self._loop.call_later(max(self._due() - self._loop.time(), 0.01), self._tick)

    def _due(self) -> float:
        if self._pinged is not None:
            return self._pinged + self._keep_alive.ping_timeout
        quiet = self._heard + self._keep_alive.ping_after
        return quiet if self._streams else min(quiet, self._used + self._keep_alive.idle)

    def _tick(self) -> None:
        now = self._loop.time()
        if not self._streams and now >= self._used + self._keep_alive.idle:
            self._fail(BrokenError("idle"))
            return
        if now >= self._due():
            if self._pinged is not None:
                self._fail(SilentError(self._keep_alive.ping_after + self._keep_alive.ping_timeout))
                return
            self._ping()
        if self.error is None:
            self._schedule()

    def _ping(self) -> None:
        self._pinged = self._loop.time()
        self._frames.ping(_PING)
        self._flush()


def _name(code: ErrorCodes | int | None) -> str:
    return code.name if isinstance(code, ErrorCodes) else str(code)

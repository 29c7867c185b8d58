"""The HTTP/2 connections of one client to one API server: one, and more only while the server wants no more streams on
it or is leaving."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence

from gatewright.kube.http2 import (
    BrokenError,
    Header,
    Http2Connection,
    Http2Stream,
    KeepAlive,
    NotConnectedError,
    NotSpokenError,
)
from gatewright.model.addresses import ip

_SHUTDOWN_SECONDS = 1.0
_NEXT_ADDRESS_SECONDS = 0.25


class Http2Pool:
    """Belongs to one event loop. ``context`` must offer ``h2`` by ALPN; ``name`` is what the certificate must prove."""

    def __init__(
        self, host: str, port: int, name: str, context: ssl.SSLContext, connect_timeout: float, keep_alive: KeepAlive
    ) -> None:
        self._host, self._port, self._name, self._context = host, port, name or host, context
        self._connect_timeout = connect_timeout
        self._keep_alive = keep_alive
        self._connections: list[Http2Connection] = []
        self._connecting: asyncio.Task[Http2Connection] | None = None
        self._closed = False
        self.opened = 0
        """Connections that were made so far."""

    @property
    def idle(self) -> bool:
        """Whether nothing is open or opening."""
        return self._connecting is None and not self.connections

    @property
    def connections(self) -> int:
        """How many are open."""
        return sum(connection.error is None for connection in self._connections)

    @property
    def streams(self) -> int:
        """How many they carry."""
        return sum(connection.streams for connection in self._connections)

    async def open(self, headers: Sequence[Header]) -> Http2Stream:
        """A GET on its way, on a connection that all who wait for one share.

        Raises ``NotSpokenError`` for a server without HTTP/2, ``NotConnectedError``, ``BrokenError``, and what
        connecting raises (``OSError``, ``ssl.SSLError``).
        """
        while True:
            connection = next((c for c in self._connections if c.usable), None) or await self._shared()
            if connection.usable:
                return connection.open(headers)
            if connection.error is not None:
                raise connection.error

    def doubt(self) -> None:
        """Ask each connection's peer whether it is still there."""
        for connection in self._connections:
            connection.doubt()

    def retire(self) -> None:
        """No new streams; each connection ends with its last one."""
        self._closed = True
        for connection in self._connections:
            connection.retire()

    async def close(self) -> None:
        """End all connections and their streams."""
        self._closed = True
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait({self._connecting})
        connections, self._connections = self._connections, []
        for connection in connections:
            connection.close()
            await connection.lost

    async def _shared(self) -> Http2Connection:
        """The outcome of one attempt for everybody who waits: a dead server is not tried by twenty in turn."""
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect())
            self._connecting.add_done_callback(self._connected)
        attempt, me = self._connecting, asyncio.current_task()
        try:
            return await asyncio.shield(attempt)
        except asyncio.CancelledError:
            if attempt.cancelled() and not (me and me.cancelling()):
                raise BrokenError("closed") from None
            raise
        finally:
            # The error's traceback has this frame, and the attempt has the error: a ring that only the garbage
            # collector would take apart, with a connection in it, for each attempt at each cluster that is gone.
            del attempt, me

    def _connected(self, task: asyncio.Task[Http2Connection]) -> None:
        self._connecting = None
        if not task.cancelled() and task.exception() is None:
            self._connections = [c for c in self._connections if c.error is None] + [task.result()]

    async def _connect(self) -> Http2Connection:
        if self._closed:
            raise BrokenError("closed")
        made: Http2Connection | None = None
        try:
            async with asyncio.timeout(self._connect_timeout):
                _, made = await asyncio.get_running_loop().create_connection(
                    lambda: Http2Connection(self._keep_alive),
                    self._host,
                    self._port,
                    ssl=self._context,
                    server_hostname=self._name,
                    ssl_shutdown_timeout=_SHUTDOWN_SECONDS,
                    # An address has no second one to race with, and the race of asyncio keeps each failure in a ring.
                    happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS if ip(self._host) is None else None,
                )
                await made.ready
        except BaseException as error:
            if made is not None:
                made.close()
            if isinstance(error, TimeoutError):
                raise NotConnectedError(f"> {self._connect_timeout:g} s") from None
            raise
        if not made.usable:
            made.close()
            raise NotSpokenError("MAX_CONCURRENT_STREAMS 0")
        self.opened += 1
        return made

"""The shared connections of one client as its credential changes: a client certificate belongs to a connection."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from hpack import NeverIndexedHeaderTuple

from gatewright.kube.auth import Credential
from gatewright.kube.connection import Connection
from gatewright.kube.http2 import Http2Stream, KeepAlive
from gatewright.kube.http2_pool import Http2Pool
from gatewright.kube.tls import context_of, shrink_read_buffers


class Multiplexer:
    """GETs to one API server over HTTP/2. Belongs to one event loop."""

    def __init__(self, connection: Connection, connect_timeout: float, keep_alive: KeepAlive) -> None:
        self._connection = connection
        self._connect_timeout, self._keep_alive = connect_timeout, keep_alive
        self._pool: Http2Pool | None = None
        self._identity: tuple[str, str] | None = None
        self._retired: list[Http2Pool] = []
        self._earlier = 0

    @property
    def opened(self) -> int:
        """Connections that were made so far, with any credential."""
        return self._earlier + (self._pool.opened if self._pool else 0)

    @property
    def connections(self) -> int:
        """How many are open with the present credential."""
        return self._pool.connections if self._pool else 0

    @property
    def streams(self) -> int:
        """How many they carry."""
        return self._pool.streams if self._pool else 0

    async def get(self, target: str, headers: Mapping[str, str], credential: Credential) -> Http2Stream:
        """The answer once its head is there; the caller closes it. ``target`` is a path below the server's, with its
        query. Raises ``ClientCertificateError`` and what ``Http2Pool.open`` raises."""
        url = urlsplit(self._connection.server.rstrip("/"))
        pseudo = [(":method", "GET"), (":scheme", "https"), (":authority", url.netloc.rpartition("@")[2])]
        named = [*self._connection.impersonate, *headers.items()]
        # A path that goes into the shared table of headers (RFC 7541) only drives out those that come back.
        path = NeverIndexedHeaderTuple(":path", f"{url.path}{target}")
        fields = [*pseudo, path, *((name.lower(), value) for name, value in named)]
        stream = await self._pool_for(credential).open(fields)
        try:
            await stream.head()
        except BaseException:
            stream.close()
            raise
        return stream

    def doubt(self) -> None:
        """Ask the server whether it is still there; streams on a connection that stays silent fail soon."""
        if self._pool is not None:
            self._pool.doubt()

    async def close(self) -> None:
        """End all connections and their streams. A later request opens new ones."""
        pools = [*self._retired, *([self._pool] if self._pool else [])]
        self._earlier = self.opened
        self._pool, self._identity, self._retired = None, None, []
        for pool in pools:
            await pool.close()

    def _pool_for(self, credential: Credential) -> Http2Pool:
        identity = (credential.certificate, credential.key)
        if self._pool is not None and self._identity == identity:
            return self._pool
        shrink_read_buffers()
        context = _offering_http2(context_of(self._connection, credential))
        if self._pool is not None:
            self._earlier = self.opened
            self._pool.retire()
            self._retired = [pool for pool in (*self._retired, self._pool) if not pool.idle]
        url = urlsplit(self._connection.server)
        name = self._connection.tls_server_name
        self._identity = identity
        self._pool = Http2Pool(
            url.hostname or "", url.port or 443, name, context, self._connect_timeout, self._keep_alive
        )
        return self._pool


def _offering_http2(context: ssl.SSLContext) -> ssl.SSLContext:
    with contextlib.suppress(NotImplementedError):
        context.set_alpn_protocols(["h2", "http/1.1"])
    return context

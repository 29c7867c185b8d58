"""One address before several API servers: plain HTTP on loopback, forwarded as it streams with an administrator's
certificate, to the cluster that the switch is set to, or to none."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

import aiohttp
from aiohttp import web
from handles import ClusterHandle
from product import admin
from proxy import client_context

from gatewright.kube.connection import Connection

_KEPT = ("Content-Type", "Retry-After")


class Switch:
    """``requests`` lists the paths that were asked for since it was made."""

    def __init__(self, sessions: dict[str, tuple[str, aiohttp.ClientSession]]) -> None:
        self._sessions = sessions
        self._open: list[web.Request] = []
        self.target: str | None = next(iter(sessions))
        self.requests: list[str] = []
        self.url = ""
        self._next: tuple[str, str] | None = None

    @property
    def connection(self) -> Connection:
        return Connection(self.url)

    @property
    def under_way(self) -> int:
        """Requests that are being answered, such as watches."""
        return len(self._open)

    def to(self, cluster: ClusterHandle | None) -> None:
        """Breaks every connection; the next ones lead to this cluster, or nowhere."""
        self.target = cluster.name if cluster else None
        for request in list(self._open):
            _abort(request)

    def after(self, path: str, cluster: ClusterHandle) -> None:
        """Once this path was answered, new requests lead to this cluster, and no connection is broken."""
        self._next = path, cluster.name

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.path_qs)
        if self.target is None:
            _abort(request)
            raise ConnectionResetError
        server, session = self._sessions[self.target]
        headers = {name: request.headers[name] for name in ("Accept", "Content-Type") if name in request.headers}
        self._open.append(request)
        try:
            async with session.request(
                request.method, f"{server}{request.path_qs}", headers=headers, data=await request.read() or None
            ) as answer:
                kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
                response = web.StreamResponse(status=answer.status, headers=kept)
                await response.prepare(request)
                async for piece in answer.content.iter_any():
                    await response.write(piece)
                if self._next and self._next[0] == request.path:
                    (_, self.target), self._next = self._next, None
                return response
        finally:
            self._open.remove(request)


@contextlib.asynccontextmanager
async def switching(*clusters: ClusterHandle) -> AsyncGenerator[Switch]:
    """Until the block is left; set to the first cluster."""
    async with contextlib.AsyncExitStack() as stack:
        sessions: dict[str, tuple[str, aiohttp.ClientSession]] = {}
        for cluster in clusters:
            connection = admin(cluster)
            connector = aiohttp.TCPConnector(ssl=client_context(connection), limit=0)
            timeout = aiohttp.ClientTimeout(total=None)
            session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector, timeout=timeout))
            sessions[cluster.name] = (connection.server, session)
        switch = Switch(sessions)
        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/{path:.*}", switch.handle)
        runner = web.AppRunner(app, shutdown_timeout=1, access_log=None, handler_cancellation=True)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        switch.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield switch


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()

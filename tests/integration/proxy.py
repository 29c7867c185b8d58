"""A faulty way to a real API server: plain HTTP on loopback, forwarded with the administrator's certificate.

A rule looks at each request and may answer it itself, wait, drop the connection, or change the cluster first; what no
rule takes is forwarded. Register a cluster with ``proxy.connection`` to go through it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import aiohttp
from aiohttp import web
from handles import ClusterHandle
from product import admin

from gatewright.kube.connection import Connection

Rule = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
_HOP_BY_HOP = {"transfer-encoding", "content-length", "connection", "host", "content-encoding"}


class Proxy:
    """``rules`` are asked in order; ``writes`` lists what was forwarded that could change something."""

    def __init__(self, server: str, session: aiohttp.ClientSession) -> None:
        self._server = server
        self._session = session
        self.rules: list[Rule] = []
        self.writes: list[str] = []
        self.url = ""

    @property
    def connection(self) -> Connection:
        return Connection(self.url)

    async def forward(self, request: web.Request) -> web.Response:
        """The API server's own answer."""
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
        body = await request.read()
        async with self._session.request(
            request.method, f"{self._server}{request.path_qs}", headers=headers, data=body or None
        ) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        for rule in list(self.rules):
            taken = await rule(request)
            if taken is not None:
                return taken
        if request.method != "GET" and "selfsubjectaccessreviews" not in request.path:
            self.writes.append(f"{request.method} {request.path}")
        return await self.forward(request)


@contextlib.asynccontextmanager
async def faulty(cluster: ClusterHandle) -> AsyncGenerator[Proxy]:
    """A proxy before the cluster's API server, until the block is left."""
    connection = admin(cluster)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=client_context(connection), limit=0)
    ) as session:
        proxy = Proxy(connection.server, session)
        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/{path:.*}", proxy._handle)
        runner = web.AppRunner(app, shutdown_timeout=1, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield proxy
        finally:
            await runner.cleanup()


def client_context(connection: Connection) -> ssl.SSLContext:
    """TLS as the connection's user."""
    context = ssl.create_default_context(cadata=connection.ca_data)
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = Path(folder, "crt"), Path(folder, "key")
        certificate.write_text(connection.client_certificate_data)
        key.write_text(connection.client_key_data)
        context.load_cert_chain(certificate, key)
    return context


def status(code: int, reason: str, message: str = "", *, headers: dict[str, str] | None = None) -> web.Response:
    """An error as an API server answers it."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code}
    return web.Response(
        status=code, text=json.dumps({**body, "message": message}), content_type="application/json", headers=headers
    )


def writes_to(request: web.Request, plural: str, name: str = "") -> bool:
    return (
        request.method in ("PATCH", "DELETE", "PUT")
        and request.path.endswith(f"/{plural}/{name}" if name else "")
        and f"/{plural}/" in request.path
    )


def once(
    matches: Callable[[web.Request], bool], answer: Callable[[web.Request], Awaitable[web.StreamResponse | None]]
) -> Rule:
    """A rule for the first request that matches."""
    done = False

    async def rule(request: web.Request) -> web.StreamResponse | None:
        nonlocal done
        if done or not matches(request):
            return None
        done = True
        return await answer(request)

    return rule


class Gate:
    """A rule that holds requests that match until ``open`` is set, then drops them or lets them pass."""

    def __init__(self, matches: Callable[[web.Request], bool], *, drop: bool) -> None:
        self._matches = matches
        self._drop = drop
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self, request: web.Request) -> web.StreamResponse | None:
        if self.open.is_set() or not self._matches(request):
            return None
        self.reached.set()
        await self.open.wait()
        if self._drop:
            cut(request)
        return None


def cut(request: web.Request) -> None:
    """Breaks the client's connection without an answer."""
    assert request.transport is not None
    request.transport.abort()

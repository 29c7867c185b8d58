"""How a request reaches the API without a socket: an httpx transport that calls the application in this process.

Unlike ``httpx.ASGITransport`` it hands on the answer while it is being made, which a rollout's event stream needs, and
it gives the request the principal of the person who runs the command.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, MutableMapping
from typing import Any, TypeAlias

import httpx

from gatewright.server.principal import SCOPE_KEY, Principal

Event: TypeAlias = MutableMapping[str, Any]


class InProcessTransport(httpx.AsyncBaseTransport):
    """Calls ``app`` as ``principal``. An exception of the application before its answer began is raised here."""

    def __init__(self, app: Any, principal: Principal) -> None:
        self._app = app
        self._principal = principal

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call = _Call(await request.aread())
        call.task = asyncio.create_task(
            call.run(self._app, self._scope(request)), name=f"in-process {request.url.path}"
        )
        try:
            start = await call.events.get()
        except asyncio.CancelledError:
            await call.stop()
            raise
        if start is None:
            await call.task
            raise httpx.RemoteProtocolError("the application gave no answer")
        return httpx.Response(start["status"], headers=start.get("headers", []), stream=_Stream(call))

    def _scope(self, request: httpx.Request) -> Event:
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.url.scheme,
            "path": request.url.path,
            "raw_path": request.url.raw_path.split(b"?")[0],
            "query_string": request.url.query,
            "root_path": "",
            "headers": [(key.lower(), value) for key, value in request.headers.raw],
            "server": (request.url.host, request.url.port),
            "client": ("in-process", 0),
            SCOPE_KEY: self._principal,
        }


class _Call:
    """One request and its answer; ``events`` ends with None."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._asked = False
        self._gone = asyncio.Event()
        self.events: asyncio.Queue[Event | None] = asyncio.Queue(maxsize=64)
        self.task: asyncio.Task[None]

    async def run(self, app: Any, scope: Event) -> None:
        try:
            await app(scope, self._receive, self.events.put)
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                await self.events.put(None)

    async def _receive(self) -> Event:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._content, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def stop(self) -> None:
        """Ends the call; what the application says from now on is not heard."""
        self._gone.set()
        self.task.cancel()
        while not self.task.done():
            while not self.events.empty():
                self.events.get_nowait()
            await asyncio.wait([self.task], timeout=0.05)
        if not self.task.cancelled():
            self.task.exception()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, call: _Call) -> None:
        self._call = call

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (event := await self._call.events.get()) is not None:
            if event.get("body"):
                yield event["body"]
            if not event.get("more_body", False):
                return

    async def aclose(self) -> None:
        await self._call.stop()

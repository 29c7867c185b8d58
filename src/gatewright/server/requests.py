"""Counts the requests that this server answers, by route and status, and the time until each answer began."""

from __future__ import annotations

import time
from collections import Counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RequestCounts:
    """``numbers`` by method, route and status; ``seconds`` by method and route. A route is its template below
    ``/api/v1``, never a path that somebody made up; methods that no route has are one."""

    def __init__(self) -> None:
        self.numbers: Counter[tuple[str, str, int]] = Counter()
        self.seconds: Counter[tuple[str, str]] = Counter()

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        self.numbers[method, route, status] += 1
        # a Counter of seconds: typed for whole numbers, good for all
        self.seconds[method, route] += seconds  # type: ignore[assignment]


class CountingRequests:
    """ASGI middleware around the application."""

    def __init__(self, app: ASGIApp, counts: RequestCounts) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path_format", "-")
                method = scope["method"] if route != "-" else "-"
                self._counts.add(method, route, message["status"], time.monotonic() - began)
            await send(message)

        await self._app(scope, receive, counted)

"""Streams end when whoever reads them is no longer let in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
from fastapi import Request
from people import Browsers, signed_in

from gatewright.server.app import create_app
from gatewright.server.operations import while_known
from gatewright.server.services import Services
from gatewright.server.sessions import COOKIE


async def test_a_stream_ends_with_the_session(people: None, services: Services, browser: Browsers) -> None:
    async def chunks() -> AsyncGenerator[bytes]:
        while True:
            yield b"x"

    async with browser() as client:
        await signed_in(client, "olga")
        cookie = client.cookies[COOKIE]
        scope = {
            "type": "http",
            "method": "GET",
            "headers": [(b"cookie", f"{COOKIE}={cookie}".encode())],
            "app": create_app(services),
        }
        stream = while_known(Request(scope), chunks(), every=0)
        assert [await anext(stream) for _ in range(3)] == [b"x"] * 3
        await client.delete("/session")
        assert [chunk async for chunk in stream] == []


async def test_the_event_stream_ends_for_whoever_is_let_out_of_their_team(
    people: None, api: httpx.AsyncClient, services: Services, browser: Browsers
) -> None:
    async with browser() as client:
        await signed_in(client, "olga")
        cookie = client.cookies[COOKIE]
    app = create_app(services)
    app.state.recheck_seconds = 0.0
    began, sent = asyncio.Event(), list[bytes]()

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        began.set()
        sent.append(message.get("body", b""))

    path = "/api/v1/events/stream"
    scope: dict[str, Any] = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path}
    scope |= {"raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("192.0.2.7", 1234)}
    scope["headers"] = [(b"host", b"gw.test"), (b"cookie", f"{COOKIE}={cookie}".encode())]
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        reading = group.create_task(app(scope, receive, send))
        await began.wait()
        await api.delete("/teams/payments/members/olga")
        while not reading.done():
            await api.put("/teams/payments/stacks/edge", json={"bundle": {"version": "v1.6.1"}})
            await api.delete("/teams/payments/stacks/edge")
            await asyncio.sleep(0.05)
    assert b"stack." not in b"".join(sent)

"""Servers of every temper on the loopback address."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from probing import Handler, Serve

from gatewright.observe.probes.names import Names
from gatewright.observe.probes.probe import Contexts


@pytest.fixture(scope="session")
def contexts() -> Contexts:
    return Contexts()


@pytest.fixture
def names() -> Names:
    """DNS of the test's own; add to ``table``."""
    return Names(lambda name: {"here.example": ("127.0.0.1",), "shop.example": ("203.0.113.7",)}.get(name, ()))


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """``async with serve(handler) as port``; with ``certificate=(pem, key)`` over TLS;
    ``server_name`` is told what name was asked for."""

    @contextlib.asynccontextmanager
    async def serving(
        handler: Handler,
        certificate: tuple[bytes, bytes] | None = None,
        server_name: Callable[[str | None], object] | None = None,
    ) -> AsyncIterator[int]:
        tasks: set[asyncio.Task[object]] = set()

        async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await handler(reader, writer)
            writer.transport.abort()
            tasks.discard(task)

        context = None
        if certificate:
            file = tmp_path / "server.pem"
            file.write_bytes(b"".join(certificate))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(file)
            context.sni_callback = lambda _, name, __: server_name(name) and None if server_name else None
        server = await asyncio.start_server(handled, "127.0.0.1", 0, ssl=context)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return serving


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port that nobody listens on: bound, so that nobody else gets it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]

"""An answer that is read while it comes, the same over HTTP/1.1 and HTTP/2."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from typing import Final, Protocol

import aiohttp
from aiohttp import http_exceptions
from multidict import CIMultiDict

from gatewright.kube.http2 import BrokenError, GarbledError, Http2Stream
from gatewright.kube.translate import Request, from_exception, from_http2

_GZIP: Final = 16 + zlib.MAX_WBITS
NETWORK_ERRORS: Final = (aiohttp.ClientError, http_exceptions.HttpProcessingError, OSError)


class Body(Protocol):
    """The rest of an answer."""

    async def read(self) -> bytes:
        """The next piece, empty at the end. Raises a ``ClusterError``, ``TimedOutError`` once the time is over."""
        ...


class Answering(Body, Protocol):
    """An answer whose head has come."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    def close(self) -> None:
        """Read no more; free what it holds."""
        ...


async def read_whole(answer: Answering, limit: int, silence: float) -> bytes:
    """The body, decompressed; cut off soon after ``limit`` bytes, so that the caller sees that it was longer.

    Raises ``TimeoutError`` after ``silence`` seconds without a piece, ``GarbledError`` for broken gzip.
    """
    inflater = zlib.decompressobj(_GZIP) if answer.headers.get("Content-Encoding") == "gzip" else None
    pieces: list[bytes] = []
    size = 0
    while size <= limit:
        async with asyncio.timeout(silence):
            piece = await answer.read()
        if not piece:
            break
        if inflater is not None:
            try:
                piece = inflater.decompress(piece, limit - size + 1)
            except zlib.error as error:
                raise GarbledError("Content-Encoding: gzip") from error
        size += len(piece)
        pieces.append(piece)
    return b"".join(pieces)


class PlainAnswer:
    """Over HTTP/1.1. ``seconds`` is the time for the whole body."""

    def __init__(self, response: aiohttp.ClientResponse, request: Request, seconds: float) -> None:
        self._response, self._request, self._seconds = response, request, seconds
        self._ends = asyncio.get_running_loop().time() + seconds

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    async def read(self) -> bytes:
        try:
            async with asyncio.timeout_at(self._ends):
                return await self._response.content.readany()
        except NETWORK_ERRORS as error:
            raise from_exception(error, self._request, self._seconds) from error

    def close(self) -> None:
        connection = self._response.connection
        if connection is not None and connection.transport is not None:
            # Nobody waits for the farewell of TLS, which may take half a minute, longer than the event loop lives.
            connection.transport.abort()
        self._response.close()


class Http2Answer:
    """Over HTTP/2. ``seconds`` is the time for the whole body."""

    def __init__(self, stream: Http2Stream, request: Request, seconds: float) -> None:
        self._stream, self._request, self._seconds = stream, request, seconds
        self._ends = asyncio.get_running_loop().time() + seconds
        self.status = stream.status
        self.headers: Mapping[str, str] = CIMultiDict(stream.headers)

    async def read(self) -> bytes:
        try:
            async with asyncio.timeout_at(self._ends):
                return await self._stream.read()
        except (BrokenError, TimeoutError) as error:
            raise from_http2(error, self._request, self._seconds) from error

    def close(self) -> None:
        self._stream.close()

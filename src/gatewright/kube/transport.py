"""One HTTP session to one API server: credentials, budget, deadlines, size limits and retries.

What is retried, and why it is safe:

- A request that the server certainly did not run (connection refused or not made in time, 429) is retried,
  whatever it was.
- A request whose outcome is unknown (reset, 503, etcd between leaders) is retried only if running it twice is
  the same as once; the caller says so (``idempotent``). The answer then tells that it was ``repeated``.
- A timeout of the answer is not retried: the time is used up.
- 401 is retried once, if the authenticator has another credential.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import AsyncGenerator
from typing import Final
from urllib.parse import quote_plus

import aiohttp
import msgspec
from multidict import CIMultiDict
from yarl import URL

from gatewright.kube.auth import Authenticator, Credential, authenticator
from gatewright.kube.connection import Connection
from gatewright.kube.errors import (
    StatusError,
    TimedOutError,
    TooLargeError,
    TooManyRequestsError,
    UnauthorizedError,
    UnreachableError,
)
from gatewright.kube.http2 import BrokenError, GarbledError, KeepAlive, NotSpokenError
from gatewright.kube.multiplexer import Multiplexer
from gatewright.kube.proxies import environment_proxy, is_loopback
from gatewright.kube.streaming import NETWORK_ERRORS, Answering, Body, Http2Answer, PlainAnswer, read_whole
from gatewright.kube.tls import context_of, shrink_read_buffers
from gatewright.kube.translate import Request, from_exception, from_http2, from_response
from gatewright.model.errors import ClusterError, GatewrightError

JSON_TYPE: Final = "application/json"
_MIB: Final = 1 << 20
_MAX_ERROR_BODY: Final = 1 << 18


class ClientOptions(msgspec.Struct, frozen=True):
    """Limits of one client. Times in seconds, sizes in bytes.

    ``deadline`` bounds a call with all its retries (waiting for the budget not counted), ``connect_timeout`` one
    connection attempt with its TLS handshake, ``read_timeout`` the silence between two pieces of an answer.
    ``max_body`` bounds one answer, ``max_list`` all pages of a list, ``max_event`` one event of a watch.
    ``backoff`` is the first pause between attempts, doubled up to ``max_backoff``, with jitter.
    A ``Retry-After`` longer than ``max_retry_after`` is not waited for. ``concurrency`` is the cluster's budget.
    ``http2``: streams share a connection where the server can; it is pinged after ``ping_after`` of silence, dead
    ``ping_timeout`` later, and closed after ``idle`` without streams.
    """

    attempts: int = 4
    deadline: float = 30.0
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    backoff: float = 0.2
    max_backoff: float = 3.0
    max_retry_after: float = 10.0
    max_body: int = 64 * _MIB
    max_list: int = 512 * _MIB
    max_event: int = 16 * _MIB
    list_deadline: float = 120.0
    concurrency: int = 16
    environment_proxy: bool = True
    http2: bool = True
    ping_after: float = 30.0
    ping_timeout: float = 15.0
    idle: float = 30.0


class Call(msgspec.Struct, frozen=True):
    """One request. ``params`` are query parameters; ``subject`` names the object in messages. ``multiplexed``: a GET
    that goes over the connection of the streams, if the server speaks HTTP/2. ``once``: the caller repeats it, having
    looked first whether the same cluster still answers."""

    method: str
    path: str
    verb: str
    subject: str
    params: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    content_type: str = JSON_TYPE
    accept: str = JSON_TYPE
    idempotent: bool = True
    multiplexed: bool = False
    once: bool = False


class Answer(msgspec.Struct, frozen=True):
    """A success. ``repeated``: an earlier attempt may have taken effect unseen."""

    status: int
    body: bytes
    repeated: bool = False


class Transport:
    """The session. Use as an async context manager; it belongs to the event loop that entered it."""

    def __init__(
        self, connection: Connection, options: ClientOptions | None = None, auth: Authenticator | None = None
    ) -> None:
        self.connection = connection
        self.options = options or ClientOptions()
        self._auth = auth or authenticator(connection)
        self._budget = asyncio.Semaphore(self.options.concurrency)
        self._session: aiohttp.ClientSession | None = None
        self._identity: tuple[str, str] | None = None
        self._ssl: ssl.SSLContext | bool = True
        self._retired: list[aiohttp.ClientSession] = []
        self._base = connection.server.rstrip("/")
        environment = environment_proxy(self._base) if self.options.environment_proxy else ""
        self._proxy = connection.proxy_url or environment
        self._http2 = self.options.http2 and self._base.startswith("https:") and not self._proxy
        keep_alive = KeepAlive(self.options.ping_after, self.options.ping_timeout, self.options.idle)
        self._shared = Multiplexer(connection, self.options.connect_timeout, keep_alive)
        self._opened = 0

    def __repr__(self) -> str:
        return f"Transport({self.connection!r})"

    async def __aenter__(self) -> Transport:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections. A later call opens new ones."""
        sessions = [*self._retired, *([self._session] if self._session else [])]
        self._session, self._identity, self._retired = None, None, []
        for session in sessions:
            await session.close()
        await self._shared.close()

    @property
    def http2_connections(self) -> int | None:
        """How many connections all streams share; None if the server does not speak HTTP/2."""
        return self._shared.connections if self._http2 else None

    @property
    def http2_streams(self) -> int:
        """How many streams these connections carry now."""
        return self._shared.streams

    @property
    def opened(self) -> int:
        """Grows with each connection for streams and multiplexed calls: another cluster may answer on a new one."""
        return self._shared.opened + (0 if self._http2 else self._opened)

    def doubt(self) -> None:
        """An answer did not come: find out, within ``ping_timeout``, whether the shared connection is dead."""
        self._shared.doubt()

    async def call(self, call: Call) -> Answer:
        """The successful answer. Raises a ``ClusterError`` of ``kube.errors``."""
        request = self.request(call)
        async with self._budget:
            ends = asyncio.get_running_loop().time() + self.options.deadline
            return await self._attempts(call, request, ends)

    def request(self, call: Call) -> Request:
        """What errors about ``call`` say."""
        return Request(self._base, call.verb, call.subject, self.connection.secrets())

    async def _attempts(self, call: Call, request: Request, ends: float) -> Answer:
        attempt, renewed, repeated = 1, False, False
        while True:
            credential = await self._auth.credential()
            try:
                status, body = await self._once(call, request, credential, ends)
                return Answer(status, body, repeated)
            except UnauthorizedError:
                if renewed or not self._auth.reject(credential):
                    raise
                renewed = True
                continue
            except ClusterError as error:
                pause = None if call.once else self._pause(error, attempt, call.idempotent)
                if pause is None or asyncio.get_running_loop().time() + pause >= ends:
                    raise
                repeated = repeated or not _not_run(error)
            await asyncio.sleep(pause)
            attempt += 1

    def _pause(self, error: ClusterError, attempt: int, idempotent: bool) -> float | None:
        """Seconds to wait before the next attempt; None to give up."""
        if attempt >= self.options.attempts or not _may_repeat(error, idempotent):
            return None
        wanted = error.retry_after if isinstance(error, StatusError) else None
        if wanted is not None:
            return wanted if wanted <= self.options.max_retry_after else None
        return min(self.options.backoff * 2 ** (attempt - 1), self.options.max_backoff) * random.uniform(0.5, 1.5)

    async def _once(self, call: Call, request: Request, credential: Credential, ends: float) -> tuple[int, bytes]:
        request = _hiding(request, credential)
        if call.multiplexed and self._http2:
            try:
                return await self._once_http2(call, request, credential, ends)
            except NotSpokenError:
                self._http2 = False
        try:
            async with asyncio.timeout_at(ends), await self._send(call, credential) as response:
                body = await self._read(response, request, self.options.max_body)
        except NETWORK_ERRORS as error:
            raise from_exception(error, request, self._allowed(error)) from error
        if 200 <= response.status < 300:
            return response.status, body
        raise from_response(response.status, response.headers, body, request)

    async def _once_http2(self, call: Call, request: Request, credential: Credential, ends: float) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout_at(ends):
                answer = await self._open_http2(call, credential, request, self.options.deadline)
                with contextlib.closing(answer):
                    limit = self.options.max_body if answer.status == 200 else _MAX_ERROR_BODY
                    body = await read_whole(answer, limit, self.options.read_timeout)
        except (TimeoutError, GarbledError) as error:
            raise from_http2(error, request, self.options.deadline) from error
        if answer.status != 200:
            raise from_response(answer.status, answer.headers, body, request)
        if len(body) > limit:
            raise too_large(request, limit)
        return answer.status, body

    def _allowed(self, error: BaseException) -> float:
        """How long the failed attempt could take: silence, connecting, or the deadline."""
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return self.options.connect_timeout
        if isinstance(error, aiohttp.SocketTimeoutError):
            return self.options.read_timeout
        return self.options.deadline

    async def _send(
        self, call: Call, credential: Credential, read_timeout: float | None = None
    ) -> aiohttp.ClientResponse:
        headers: CIMultiDict[str] = CIMultiDict(self.connection.impersonate)
        headers.update(self._headers(call, credential))
        if is_loopback(self._base):
            # On one machine, gzip costs the API server more time than the bytes do.
            headers["Accept-Encoding"] = "identity"
        if call.body is not None:
            headers["Content-Type"] = call.content_type
        timeout = aiohttp.ClientTimeout(
            sock_connect=self.options.connect_timeout, sock_read=read_timeout or self.options.read_timeout
        )
        session = await self._session_for(credential)
        return await session.request(
            call.method,
            URL(f"{self._base}{call.path}{_query(call)}", encoded=True),
            data=call.body,
            headers=headers,
            timeout=timeout,
            ssl=self._ssl,
            server_hostname=self.connection.tls_server_name or None,
            proxy=self._proxy or None,
            allow_redirects=False,
        )

    def _headers(self, call: Call, credential: Credential) -> dict[str, str]:
        """Those of every request."""
        headers = {"Accept": call.accept, "User-Agent": "gatewright"}
        return {**headers, "Authorization": credential.authorization} if credential.authorization else headers

    async def _session_for(self, credential: Credential) -> aiohttp.ClientSession:
        """The session; another client certificate (from an exec plugin) needs another one."""
        identity = (credential.certificate, credential.key)
        if self._session is not None and self._identity == identity:
            return self._session
        shrink_read_buffers()
        context = context_of(self.connection, credential) if self._base.startswith("https:") else True
        connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=30)
        counting = aiohttp.TraceConfig()
        counting.on_connection_create_end.append(self._made)
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=True,
            trace_configs=[counting],
        )
        # The session before may have requests under way; by the time of the next change it has none.
        done, self._retired = self._retired, [self._session] if self._session else []
        self._session, self._identity, self._ssl = session, identity, context
        for old in done:
            await old.close()
        return session

    async def _made(self, *_: object) -> None:
        self._opened += 1

    async def _read(self, response: aiohttp.ClientResponse, request: Request, limit: int) -> bytes:
        """The body, at most ``limit`` bytes after decompression (an error's body is cut short instead)."""
        failed = response.status >= 300
        limit = _MAX_ERROR_BODY if failed else limit
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            chunks.append(chunk)
            if size > limit:
                response.close()
                if failed:
                    break
                raise too_large(request, limit)
        return b"".join(chunks)

    @contextlib.asynccontextmanager
    async def stream(self, call: Call, seconds: float) -> AsyncGenerator[Body]:
        """The body of a long GET as it comes; ``seconds`` bounds the whole of it, and so any silence within it.

        Over HTTP/2 where the server speaks it, all on one connection. The budget is held only until the answer begins.
        No retries: a watch is continued, not repeated.
        """
        credential = await self._auth.credential()
        request = _hiding(self.request(call), credential)
        try:
            async with self._budget, asyncio.timeout(self.options.deadline):
                answer = await self._open(call, credential, request, seconds)
        except NETWORK_ERRORS as error:
            raise self.failure(error, call) from error
        try:
            if answer.status != 200:
                if answer.status == 401:
                    self._auth.reject(credential)
                body = await self._error_body(answer, call)
                raise from_response(answer.status, answer.headers, body, request)
            yield answer
        finally:
            answer.close()

    async def _open(self, call: Call, credential: Credential, request: Request, seconds: float) -> Answering:
        if self._http2:
            try:
                return await self._open_http2(call, credential, request, seconds)
            except NotSpokenError:
                self._http2 = False
        return PlainAnswer(await self._send(call, credential, seconds), request, seconds)

    async def _open_http2(self, call: Call, credential: Credential, request: Request, seconds: float) -> Answering:
        # On one machine gzip costs more time than the bytes do, and the events of a watch are never compressed.
        encoding = "gzip" if call.multiplexed and not is_loopback(self._base) else "identity"
        headers = {**self._headers(call, credential), "Accept-Encoding": encoding}
        try:
            stream = await self._shared.get(f"{call.path}{_query(call)}", headers, credential)
        except NotSpokenError:
            raise
        except (BrokenError, OSError, ValueError) as error:
            raise from_http2(error, request, self.options.connect_timeout) from error
        return Http2Answer(stream, request, seconds)

    async def _error_body(self, answer: Answering, call: Call) -> bytes:
        """As much of it as an error needs."""
        try:
            async with asyncio.timeout(self.options.deadline):
                return await read_whole(answer, _MAX_ERROR_BODY, self.options.read_timeout)
        except (TimeoutError, GarbledError) as error:
            raise self.failure(error, call) from error

    def failure(self, error: BaseException, call: Call) -> GatewrightError:
        """Our error for what broke a stream."""
        return from_exception(error, self.request(call), self._allowed(error))


def _query(call: Call) -> str:
    return f"?{'&'.join([f'{key}={quote_plus(value)}' for key, value in call.params])}" if call.params else ""


def _hiding(request: Request, credential: Credential) -> Request:
    # A copy of the token for each of twenty watches of a thousand clusters would be megabytes.
    more = [secret for secret in credential.secrets() if secret not in request.secrets]
    return msgspec.structs.replace(request, secrets=(*request.secrets, *more))


def _not_run(error: ClusterError) -> bool:
    """Whether the server certainly did not act on the request."""
    if isinstance(error, TimedOutError):
        return not error.sent
    return isinstance(error, UnreachableError | TooManyRequestsError)


def _may_repeat(error: ClusterError, idempotent: bool) -> bool:
    if isinstance(error, UnreachableError):
        return error.passing
    if isinstance(error, TimedOutError):
        return not error.sent
    return error.retryable and (idempotent or _not_run(error))


def too_large(request: Request, limit: int) -> TooLargeError:
    return TooLargeError(
        server=request.where, verb=request.verb, object=request.subject, megabytes=max(1, limit // _MIB)
    )

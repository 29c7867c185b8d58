"""The API as the commands use it: typed answers, problems as errors, server-sent events as an iterator.

The same requests go to the server of ``GATEWRIGHT_SERVER`` or, with none, to the application in this process.
"""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from typing import Any, Final, TypeVar, cast
from urllib.parse import quote

import httpx
import msgspec

from gatewright.cli.errors import NotOurServerError, RemoteError, ServerUnreachableError
from gatewright.cli.transport import InProcessTransport
from gatewright.server.principal import operator
from gatewright.server.settings import Settings
from gatewright.text import Language

PREFIX: Final = "/api/v1"
SECONDS: Final = 120.0
"""Planning looks at every cluster of a team; each has its own, shorter deadline."""

T = TypeVar("T")
Query = Mapping[str, str | int | bool | list[str] | None]


class Api:
    """The routes under ``/api/v1``. Every method raises ``RemoteError`` for a problem."""

    def __init__(self, http: httpx.AsyncClient, driving: Callable[[], Awaitable[None]] | None = None) -> None:
        self._http = http
        self._driving = driving

    async def drive(self) -> None:
        """From now on rollouts are executed: by the server, or with none by this process until the command ends."""
        if self._driving is not None:
            await self._driving()
            self._driving = None

    async def get(self, path: str, type: type[T], **query: Any) -> T:
        """What is at ``path``; a list with all of its pages, unless ``limit`` asks for one."""
        answer = await self._send("GET", path, query=query)
        found = self._decode(answer, type)
        while "limit" not in query and (following := _next_page(answer)):
            answer = await self._send("GET", following)
            cast(list[Any], found).extend(cast(list[Any], self._decode(answer, type)))
        return found

    async def post(self, path: str, type: type[T], body: object = None, **query: Any) -> T:
        return self._decode(await self._send("POST", path, body, query), type)

    async def put(self, path: str, type: type[T], body: object = None) -> T:
        return self._decode(await self._send("PUT", path, body), type)

    async def do(self, method: str, path: str, body: object = None) -> None:
        """A request whose answer says nothing."""
        await self._send(method, path, body)

    async def delete(self, path: str) -> None:
        await self._send("DELETE", path)

    async def text(self, path: str, **query: Any) -> str:
        return (await self._send("GET", path, query=query)).text

    async def events(self, path: str, type: type[T], **query: Any) -> AsyncGenerator[T]:
        """The ``data`` of each server-sent event, until the server ends the stream."""
        with _reached(self._http):
            async with self._http.stream(
                "GET", PREFIX + path, params=_query(query), headers={"Accept": "text/event-stream"}, timeout=None
            ) as answer:
                if answer.status_code >= 400:
                    await answer.aread()
                    raise _problem(answer)
                async for line in answer.aiter_lines():
                    if line.startswith("data:"):
                        yield msgspec.json.decode(line[5:].strip().encode(), type=type)

    async def download(self, path: str, **query: Any) -> AsyncGenerator[bytes]:
        """The parts of a file, as they come."""
        with _reached(self._http):
            async with self._http.stream("GET", PREFIX + path, params=_query(query), timeout=None) as answer:
                if answer.status_code >= 400:
                    await answer.aread()
                    raise _problem(answer)
                async for part in answer.aiter_bytes():
                    yield part

    async def _send(self, method: str, path: str, body: object = None, query: Query | None = None) -> httpx.Response:
        content = None if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"} if content else {}
        with _reached(self._http):
            answer = await self._http.request(
                method, PREFIX + path, content=content, params=_query(query or {}) or None, headers=headers
            )
        if answer.status_code >= 400:
            raise _problem(answer)
        return answer

    def _decode(self, answer: httpx.Response, type: type[T]) -> T:
        try:
            return msgspec.json.decode(answer.content, type=type)
        except msgspec.DecodeError as error:
            raise NotOurServerError(server=_name(self._http), reason=str(error)[:200]) from error


@contextlib.asynccontextmanager
async def connect(settings: Settings, language: Language) -> AsyncGenerator[Api]:
    """The API of ``settings``: the server's, or without one that of this process."""
    headers = {"Accept-Language": language}
    if settings.server:
        if settings.token:
            headers["Authorization"] = f"Bearer {settings.token}"
        async with httpx.AsyncClient(base_url=settings.server, headers=headers, timeout=SECONDS) as http:
            yield Api(http)
        return
    from gatewright.server.app import create_app
    from gatewright.server.services import open_services

    async with contextlib.AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings))
        transport = InProcessTransport(create_app(services), operator(person()))
        client = httpx.AsyncClient(base_url="http://in-process", headers=headers, transport=transport, timeout=None)
        http = await stack.enter_async_context(client)

        async def drive() -> None:
            await stack.enter_async_context(services.rollouts.driving())

        yield Api(http, drive)


def part(name: str) -> str:
    """A name as one part of a path, whatever is in it."""
    return quote(name, safe="") or "%20"


def person() -> str:
    """The name of the person at this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"


@contextlib.contextmanager
def _reached(http: httpx.AsyncClient) -> Generator[None]:
    try:
        yield
    except httpx.TransportError as error:
        raise ServerUnreachableError(server=_name(http), reason=str(error) or type(error).__name__) from error


def _name(http: httpx.AsyncClient) -> str:
    url = http.base_url
    return f"{url.scheme}://{url.netloc.decode().rpartition('@')[2]}"


def _query(query: Query) -> dict[str, Any]:
    return {
        key: str(value).lower() if isinstance(value, bool) else value
        for key, value in query.items()
        if value is not None and value != []
    }


def _next_page(answer: httpx.Response) -> str | None:
    """The path of the next page, without the prefix. An address elsewhere is not followed: the token is not for it."""
    url = answer.links.get("next", {}).get("url", "")
    return url.removeprefix(PREFIX) if url.startswith(f"{PREFIX}/") else None


def _problem(answer: httpx.Response) -> Exception:
    with contextlib.suppress(msgspec.DecodeError):
        told = msgspec.json.decode(answer.content, type=dict[str, Any])
        if {"code", "message", "remedy"} <= told.keys():
            return RemoteError(
                code=str(told["code"]),
                message=str(told["message"]),
                remedy=str(told["remedy"]),
                exit=int(told.get("exit", 1)),
                told=told,
            )
    return NotOurServerError(
        server=str(answer.url.copy_with(path="/", query=None)), reason=f"HTTP {answer.status_code}"
    )

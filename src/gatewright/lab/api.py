"""The lab's own few words of Kubernetes: read, follow, create and patch, as a cluster's administrator."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final, cast

import aiohttp

Object = dict[str, Any]
"""A Kubernetes object, decoded."""

MERGE_PATCH: Final = "application/merge-patch+json"
_CALM = 0.5


class ApiFailure(Exception):  # noqa: N818 - a refusal, which callers expect
    """The API server answered with an error status; ``status`` is 0 if it did not answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)
        self.status = status


class Api:
    """One API server. Use as an async context manager, or ``close`` it."""

    def __init__(self, server: str, *, authority: Path, certificate: Path, key: Path) -> None:
        context = ssl.create_default_context(cafile=authority)
        context.load_cert_chain(certificate, key)
        self._server = server
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context), timeout=aiohttp.ClientTimeout(total=20)
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def request(self, method: str, path: str, body: Object | None = None, *, media: str = "") -> Object:
        """One request; the decoded answer (``{}`` if it is no JSON object). Raises ``ApiFailure``."""
        headers = {"Content-Type": media or "application/json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            async with self._session.request(method, self._server + path, data=data, headers=headers) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            raise ApiFailure(0, str(failure)) from failure
        if answer.status >= 400:
            raise ApiFailure(answer.status, text)
        return cast(Object, json.loads(text)) if text.startswith("{") else {}

    async def get(self, path: str) -> Object:
        """Raises ``ApiFailure``."""
        return await self.request("GET", path)

    async def merge(self, path: str, patch: Object) -> Object:
        """A JSON merge patch. Raises ``ApiFailure``."""
        return await self.request("PATCH", path, patch, media=MERGE_PATCH)

    async def wait_ready(self, *, seconds: float, alive: Callable[[], bool]) -> bool:
        """Whether ``/readyz`` and the namespace ``kube-system`` answered within ``seconds`` while ``alive``."""
        deadline = asyncio.get_running_loop().time() + seconds
        while alive() and asyncio.get_running_loop().time() < deadline:
            try:
                await self.get("/readyz")
                # made by the API server itself, a moment after it is ready; its UID is the cluster's identity
                await self.get("/api/v1/namespaces/kube-system")
            except ApiFailure:
                await asyncio.sleep(0.1)
            else:
                return True
        return False

    async def follow(self, path: str, changed: Callable[[tuple[str, str], Object | None], None]) -> None:
        """Call ``changed((namespace, name), object)`` for every object under ``path`` now and whenever it
        changes, and with ``None`` when it is gone; survives restarts of the API server, ends when cancelled."""
        known: set[tuple[str, str]] = set()
        while True:
            try:
                listed = await self.get(path)
                present = {_key(item): item for item in cast(list[Object], listed["items"])}
                for key in known - present.keys():
                    changed(key, None)
                known = set(present)
                for key, item in present.items():
                    changed(key, item)
                async for kind, item in self._watch(path, str(listed["metadata"]["resourceVersion"])):
                    key = _key(item)
                    gone = kind == "DELETED"
                    known = known - {key} if gone else known | {key}
                    changed(key, None if gone else item)
            except (ApiFailure, aiohttp.ClientError, TimeoutError, OSError, ValueError):
                await asyncio.sleep(_CALM)

    async def _watch(self, path: str, version: str) -> AsyncIterator[tuple[str, Object]]:
        query = {"watch": "1", "resourceVersion": version, "timeoutSeconds": "300"}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=330)
        async with self._session.get(self._server + path, params=query, timeout=timeout) as answer:
            if answer.status != 200:
                raise ApiFailure(answer.status, await answer.text())
            pending = b""
            async for chunk in answer.content.iter_any():
                *lines, pending = (pending + chunk).split(b"\n")
                for line in lines:
                    event = cast(Object, json.loads(line))
                    if event["type"] == "ERROR":
                        raise ApiFailure(int(event["object"].get("code", 0)), str(event["object"]))
                    yield str(event["type"]), cast(Object, event["object"])


def _key(item: Object) -> tuple[str, str]:
    metadata = cast(Object, item["metadata"])
    return str(metadata.get("namespace", "")), str(metadata["name"])

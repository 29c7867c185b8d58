"""People for tests: a hasher that takes no time and counts, and browsers that are signed in."""

from __future__ import annotations

import secrets
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

TOKEN = "gwo_" + "t" * 40
PASSWORD = "correct-staple-1789"
OTHER = "another-pebble-2044"


@dataclass
class PlainHasher:
    """Hashes nothing. ``checked``: every hash that a password was compared with."""

    checked: list[str] = field(default_factory=list)

    def hash(self, password: str) -> str:
        return f"plain:{password}"

    def matches(self, hash: str, password: str) -> bool:
        self.checked.append(hash)
        return hash == f"plain:{password}"

    def outdated(self, hash: str) -> bool:
        return hash.startswith("old:")

    def decoy(self) -> str:
        return f"decoy:{secrets.token_hex(8)}"


async def signed_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD) -> httpx.Response:
    """Signs ``client`` in and lets it say its CSRF token from now on."""
    answer = await client.post("/session", json={"name": name, "password": password})
    if answer.status_code == 200:
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return answer


class Browsers(Protocol):
    def __call__(
        self, address: str = "192.0.2.7", **headers: str
    ) -> AbstractAsyncContextManager[httpx.AsyncClient]: ...


async def make(api: httpx.AsyncClient, name: str, **wish: Any) -> None:
    answer = await api.put(f"/users/{name}", json={"password": PASSWORD, **wish})
    assert answer.status_code == 200, answer.text


async def state(client: httpx.AsyncClient) -> str:
    answer = await client.get("/session")
    assert answer.status_code == 200, answer.text
    return answer.json()["state"]


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def documents(*texts: str) -> dict[str, Any]:
    return {"documents": [{"file": "f", "text": text} for text in texts]}

"""Every answer says what a browser may do with it: of the API, of faults, and of what is not there."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gatewright.server.app import create_app
from gatewright.server.headers import SecurityHeaders, new_nonce, page_policy
from gatewright.server.services import Services

TOKEN = "gwo_0123456789abcdefghijklmnop"
EXPECTED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def client_of(app: Any, scheme: str = "http") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://test")


@pytest.fixture
async def browser(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(create_app(services, token=TOKEN)) as client:
        client.headers["authorization"] = f"Bearer {TOKEN}"
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/teams", 200),
        ("GET", "/api/v1/openapi.json", 200),
        ("GET", "/api/v1/metrics", 200),
        ("GET", "/api/v1/nowhere", 404),
        ("POST", "/api/v1/teams", 405),
        ("PUT", "/api/v1/teams/Wrong_Name", 422),
        ("GET", "/api/v1/audit/export", 200),
    ],
)
async def test_every_answer_of_the_api(browser: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await browser.request(method, path, json={} if method != "GET" else None)
    assert answer.status_code == status
    assert EXPECTED.items() <= dict(answer.headers).items()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "camera=()" in answer.headers["permissions-policy"]
    cache = answer.headers["cache-control"]
    assert "no-store" in cache or ("private" in cache and "etag" in answer.headers)
    assert "strict-transport-security" not in answer.headers


async def test_the_answer_to_a_stranger(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/api/v1/teams", headers={"authorization": "Bearer wrong"})
    assert answer.status_code == 401
    assert answer.headers["cache-control"] == "no-store"
    assert EXPECTED.items() <= dict(answer.headers).items()


async def test_the_answer_to_a_fault(services: Services) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    broken = dataclasses.replace(services, desired=Broken())  # type: ignore[arg-type]
    async with client_of(create_app(broken, token=TOKEN)) as client:
        answer = await client.get("/api/v1/teams", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 500
    assert answer.headers["cache-control"] == "no-store"
    assert EXPECTED.items() <= dict(answer.headers).items()


async def test_https_is_kept_where_it_was_used(services: Services) -> None:
    async with client_of(create_app(services, token=TOKEN), "https") as client:
        answer = await client.get("/api/v1/teams")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_an_answer_keeps_what_it_says_itself() -> None:
    own = page_policy("abc")

    async def page(_: Any, __: Any, send: Any) -> None:
        headers = [(b"Content-Security-Policy", own.encode()), (b"cache-control", b"public, max-age=60")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async with client_of(SecurityHeaders(page)) as client:
        answer = await client.get("/api/v1/x")
    assert answer.headers.get_list("content-security-policy") == [own]
    assert answer.headers.get_list("cache-control") == ["public, max-age=60"]


def test_a_page_runs_our_scripts_only() -> None:
    policy = dict(part.split(" ", 1) for part in page_policy("N0nce").split("; "))
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self' 'nonce-N0nce'"
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert not re.search("unsafe|\\*|https?:", page_policy("N0nce"))


def test_a_nonce_is_new_and_fits_a_policy() -> None:
    nonces = {new_nonce() for _ in range(100)}
    assert len(nonces) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", nonce) for nonce in nonces)

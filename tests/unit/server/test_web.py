"""The web application as it is served: what is kept, what is compressed, and what no address leads to."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from gatewright.server.app import create_app
from gatewright.server.services import Services
from gatewright.server.web import WebApplication

PAGE = (
    '<!doctype html><meta property="csp-nonce" nonce="__NONCE__"><script type="module" src="/assets/a-1.js"></script>'
)
SCRIPT = b"export const x = 1;\n" * 200


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    (folder / "icon.svg").write_text("<svg/>", encoding="utf-8")
    (folder / ".stamp").write_text("hidden", encoding="utf-8")
    (folder / "assets" / "a-1.js").write_bytes(SCRIPT)
    (folder / "assets" / "a-1.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "a-1.js.br").write_bytes(b"brotli")
    (folder / "assets" / "b-2.js").write_bytes(b"1")
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    return folder


def client(app: ASGIApp, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers=headers)


@pytest.fixture
async def web(static: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client(Starlette(routes=[WebApplication(static)])) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/", "/teams/payments/clusters/shanghai", "/sign-in?to=%2F", "/index.html", "/apish"])
async def test_every_other_address_is_the_page(web: httpx.AsyncClient, path: str) -> None:
    answer = await web.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert "/assets/a-1.js" in answer.text


async def test_each_page_has_a_nonce_of_its_own_which_the_policy_names(web: httpx.AsyncClient) -> None:
    nonces: set[str] = set()
    for _ in range(3):
        answer = await web.get("/")
        (nonce,) = re.findall(r'nonce="([^"]+)"', answer.text)
        policy = answer.headers["content-security-policy"]
        assert f"'nonce-{nonce}'" in policy
        assert "unsafe" not in policy
        nonces.add(nonce)
    assert len(nonces) == 3


async def test_hashed_files_are_kept_for_ever_and_others_are_not(web: httpx.AsyncClient) -> None:
    hashed = await web.get("/assets/b-2.js")
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["content-type"].startswith("text/javascript")
    icon = await web.get("/icon.svg")
    assert icon.headers["cache-control"] == "no-cache"
    assert icon.headers["content-type"] == "image/svg+xml"
    again = await web.get("/icon.svg", headers={"If-None-Match": icon.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("identity", None),
        ("", None),
        ("br;q=nonsense", None),
    ],
)
async def test_the_best_form_that_the_reader_accepts_is_sent(static: Path, accepted: str, encoding: str | None) -> None:
    async with (
        client(Starlette(routes=[WebApplication(static)])) as web,
        web.stream("GET", "/assets/a-1.js", headers={"Accept-Encoding": accepted}) as answer,
    ):
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert raw == {"br": b"brotli", "gzip": (static / "assets/a-1.js.gz").read_bytes(), None: SCRIPT}[encoding]


async def test_a_file_that_was_never_packed_is_sent_as_it_is(web: httpx.AsyncClient) -> None:
    answer = await web.get("/assets/b-2.js", headers={"Accept-Encoding": "gzip, br"})
    assert (answer.headers.get("content-encoding"), answer.content) == (None, b"1")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret",
        "/assets/%2e%2e/%2e%2e/secret",
        "/assets/..%2f..%2fsecret",
        "/../secret",
        "/..%2fsecret",
        "/.stamp",
        "/assets/a-1.js.gz",
        "/assets/a-1.js%00",
        "/assets/",
        "/assets//a-1.js",
    ],
)
async def test_no_address_leads_out_of_the_folder_or_to_what_is_not_for_readers(
    web: httpx.AsyncClient, path: str
) -> None:
    answer = await web.get(path)
    assert answer.status_code == 404 or "/assets/a-1.js" in answer.text
    assert not answer.text.startswith(("secret", "hidden"))


async def test_a_file_of_another_version_is_not_found_rather_than_a_page(web: httpx.AsyncClient) -> None:
    answer = await web.get("/assets/old-0.js")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/", "/assets/a-1.js"])
async def test_head_says_what_get_would(web: httpx.AsyncClient, path: str) -> None:
    read = await web.get(path, headers={"Accept-Encoding": "identity"})
    head = await web.head(path, headers={"Accept-Encoding": "identity"})
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(read.content))
    assert head.headers["content-type"] == read.headers["content-type"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_the_page_is_only_read(web: httpx.AsyncClient, method: str) -> None:
    answer = await web.request(method, "/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


async def test_a_missing_build_says_in_both_languages_what_to_do(tmp_path: Path) -> None:
    async with client(Starlette(routes=[WebApplication(tmp_path / "nothing")])) as web:
        answer = await web.get("/teams")
    assert answer.status_code == 503
    assert answer.text.count("make web") == 2
    assert 'lang="zh"' in answer.text


async def test_a_build_that_comes_while_the_server_runs_is_served(static: Path) -> None:
    page = static / "index.html"
    aside = page.rename(static / "aside")
    async with client(Starlette(routes=[WebApplication(static)])) as web:
        assert (await web.get("/")).status_code == 503
        aside.rename(page)
        assert (await web.get("/")).status_code == 200


async def test_the_api_keeps_its_own_addresses(services: Services) -> None:
    async with client(create_app(services)) as both:
        for path in ("/api", "/api/v1/nothing", "/api/v2"):
            answer = await both.get(path)
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"
        wrong = await both.post("/api/v1/version")
        assert wrong.status_code == 405
        assert (await both.get("/api/v1/version")).status_code == 401

"""Errors as problems: in the language asked for, with what helps, and without what must not leave."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gatewright.model.errors import GatewrightError, error_classes
from gatewright.server.services import Services
from gatewright.server.wire import MAX_BODY
from gatewright.text import templates

Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


async def test_a_problem_has_everything_that_helps(api: httpx.AsyncClient) -> None:
    answer = await api.put("/teams/UPPER", json={})
    told = answer.json()
    assert answer.status_code == told["status"] == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["code"] == "model.invalid-name"
    assert told["type"] == "urn:gatewright:error:model.invalid-name"
    assert told["exit"] == 2
    assert told["params"]["name"] == "UPPER"
    assert "UPPER" in told["message"]
    assert told["remedy"]


@pytest.mark.parametrize(("asked", "sign"), [("zh-CN,zh;q=0.9", "。"), ("en", "."), ("fr", "."), ("", ".")])
async def test_a_problem_speaks_the_language_asked_for(api: httpx.AsyncClient, asked: str, sign: str) -> None:
    answer = await api.get("/teams/nobody", headers={"Accept-Language": asked})
    assert answer.status_code == 404
    assert answer.json()["message"].endswith(sign)


BAD: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("GET", "/nowhere", {}, 404, "server.no-route"),
    ("PATCH", "/teams/x", {}, 405, "server.method"),
    ("PUT", "/teams/x", {"content": b"{"}, 422, "server.body"),
    ("PUT", "/teams/x", {"content": b"[" * 100_000}, 422, "server.body"),
    ("PUT", "/teams/x", {"content": b"\xff\xfe"}, 422, "server.body"),
    ("PUT", "/teams/x", {"json": {"defaultNamespaces": "typo"}}, 422, "server.body"),
    ("PUT", "/teams/x", {"content": b" " * (MAX_BODY + 1)}, 413, "server.body-too-large"),
    ("GET", "/resources", {}, 422, "server.parameter"),
    ("GET", "/bundles/v1.6.1", {"params": {"channel": "nightly"}}, 422, "server.parameter"),
    ("GET", "/bundles/v9.9.9", {}, 404, "bundle.unknown"),
    ("POST", "/rollouts/r/explode", {}, 422, "server.parameter"),
    ("POST", "/rollouts", {"json": {"plan": "0" * 12}}, 404, "store.unknown-plan"),
    ("POST", "/rollouts", {"json": {"plan": "0" * 64}}, 404, "store.unknown-plan"),
    ("GET", "/plans/00000000", {}, 404, "store.unknown-plan"),
    ("GET", "/rollouts/r-1/events", {}, 404, "store.unknown-rollout"),
    ("GET", "/access", {"params": {"namespace": "kube-system"}}, 422, "model.reserved-namespace"),
    ("DELETE", "/clusters/ghost", {}, 404, "store.unknown-cluster"),
    ("GET", "/teams/" + "%00", {}, 404, "store.unknown-team"),
]


@pytest.mark.parametrize(("method", "path", "sent", "status", "code"), BAD)
async def test_bad_requests(
    api: httpx.AsyncClient, method: str, path: str, sent: dict[str, Any], status: int, code: str
) -> None:
    answer = await api.request(method, path, **sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


class _Broken:
    async def teams(self, only: object) -> None:
        raise RuntimeError("password=hunter2")


async def test_a_fault_of_our_own_tells_its_kind_and_no_more(connect: Connect, services: Services) -> None:
    broken = replace(services, desired=_Broken())  # type: ignore[arg-type]
    async with connect(over=broken) as client:
        answer = await client.get("/teams")
    assert answer.status_code == 500
    assert answer.json()["code"] == "server.internal"
    assert "hunter2" not in answer.text
    assert "RuntimeError" in answer.text


def test_every_error_that_the_server_can_meet_has_its_sentences() -> None:
    for error in error_classes(GatewrightError):
        for key in (error.code, f"{error.code}.remedy"):
            assert {"en", "zh"} <= templates()[key].keys(), key

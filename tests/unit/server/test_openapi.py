"""What routes declare: nothing runs that is not declared, and the document says what runs."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from gatewright.server.app import PREFIX, api_routes, create_app
from gatewright.server.operations import answers, body_of, declared_of, reads, refusals, unsound
from gatewright.server.permissions import permission_of, require
from gatewright.server.principal import Principal
from gatewright.server.services import open_services
from gatewright.server.settings import from_environment
from gatewright.server.wire import Body

ROUTES = [route for route in api_routes() if isinstance(route, APIRoute)]


class Wish(Body, frozen=True):
    name: str


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> dict[str, Any]:
    """Made once: it takes longer than all that is asked of it."""
    home = tmp_path_factory.mktemp("document")
    shutil.copy(migrated, home / "gatewright.db")

    async def made() -> dict[str, Any]:
        async with open_services(from_environment({"GATEWRIGHT_HOME": str(home)})) as services:
            return create_app(services).openapi()

    return asyncio.run(made())


def operation(document: dict[str, Any], route: APIRoute) -> dict[str, Any]:
    (method,) = route.methods
    return document["paths"][PREFIX + route.path_format][method.lower()]


def test_every_route_declares_what_it_answers_and_reads() -> None:
    assert unsound(api_routes()) == []
    for route in ROUTES:
        assert declared_of(route) is not None, route.path
        assert (body_of(route) is not None) <= (not {"GET", "DELETE"} & route.methods), route.path


def test_routes_that_declare_nothing_or_read_too_early_are_found() -> None:
    router = APIRouter()

    @router.get("/silent")
    async def silent(_: Principal = Depends(require("team.read"))) -> None: ...

    @router.post("/early")
    @answers(str)
    async def early(asked: Wish = Depends(reads(Wish)), _: Principal = Depends(require("team.write"))) -> str:
        return asked.name

    @router.post("/sound")
    @answers(str)
    async def sound(_: Principal = Depends(require("team.write")), asked: Wish = Depends(reads(Wish))) -> str:
        return asked.name

    assert unsound(router.routes) == ["/silent", "/early"]


def test_a_body_that_is_read_as_something_else_is_found() -> None:
    with pytest.raises(TypeError):

        @answers(str)
        async def wrong(asked: Wish = Depends(reads(Body))) -> str:  # pyright: ignore
            return asked.name


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{min(r.methods)} {r.path}")
def test_the_document_says_what_the_route_declares(document: dict[str, Any], route: APIRoute) -> None:
    told, declared = operation(document, route), declared_of(route)
    assert declared is not None
    assert told["description"].strip()
    assert told["x-permission"] == permission_of(route)
    assert {int(status) for status in told["responses"]} - {304} == {declared.status} | refusals(route)
    answer = told["responses"][str(declared.status)]
    assert list(answer.get("content", {})) == (declared.media.split(", ") if declared.media else [])
    assert ("requestBody" in told) == (body_of(route) is not None)
    for status in refusals(route):
        problem = told["responses"][str(status)]["content"]["application/problem+json"]["schema"]
        assert problem == {"$ref": "#/components/schemas/Problem"}
    for parameter in told["parameters"]:
        assert {"type": "null"} not in parameter["schema"].get("anyOf", []), parameter


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    known = document["components"]["schemas"]
    text = msgspec.json.encode(document).decode()
    found = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert found - known.keys() == set()
    assert known.keys() - found == set()
    assert document["openapi"].startswith("3.1")


async def test_the_document_is_served(api: httpx.AsyncClient, document: dict[str, Any]) -> None:
    answer = await api.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == msgspec.json.decode(msgspec.json.encode(document))


async def test_unknown_query_parameters_are_refused(api: httpx.AsyncClient) -> None:
    answer = await api.get("/bindings", params={"teem": "payments"})
    assert (answer.status_code, answer.json()["code"]) == (422, "server.unknown-parameter")
    assert "continue, limit, team" in answer.json()["message"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"])
async def test_a_body_must_be_sent_as_json(api: httpx.AsyncClient, kind: str) -> None:
    answer = await api.put("/teams/payments", content=b"{}", headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "server.media-type")
    assert kind in answer.json()["message"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON"])
async def test_json_is_recognised(api: httpx.AsyncClient, kind: str) -> None:
    answer = await api.put("/teams/payments", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 200


async def test_a_method_that_a_path_does_not_understand_is_told_those_that_it_does(api: httpx.AsyncClient) -> None:
    answer = await api.request("PATCH", "/teams/payments")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, PUT")
    assert answer.json()["code"] == "server.method"


async def test_a_path_of_another_route_is_not_taken_for_a_command(api: httpx.AsyncClient) -> None:
    answer = await api.post("/rollouts/r/events")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    answer = await api.patch("/rollouts/r/pause")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_fields_inside_of_a_body_are_refused_as_well(api: httpx.AsyncClient) -> None:
    await api.put("/teams/payments", json={})
    for bundle in ({"version": "v1.6.1", "chanel": "standard"}, {"version": "v1.6.1", "channel": "nightly"}):
        answer = await api.put("/teams/payments/stacks/edge", json={"bundle": bundle})
        assert (answer.status_code, answer.json()["code"]) == (422, "server.body")
    controller = {"name": "traefik", "version": "3.7.15", "gatewayClass": "edge", "ports": [80, 443]}
    body = {"bundle": {"version": "v1.6.1"}, "controller": controller}
    assert (await api.put("/teams/payments/stacks/edge", json=body)).status_code == 200
    assert (await api.get("/teams/payments/stacks/edge")).json()["controller"] == controller


async def test_a_whole_number_is_one_however_it_is_written(api: httpx.AsyncClient) -> None:
    await api.put("/teams/shop", json={})
    controller = (
        b'{"controller": {"name": "traefik", "version": "3.7.15", "ports": [%s]}, "bundle": {"version": "v1.6.1"}}'
    )
    headers = {"Content-Type": "application/json"}
    written = await api.put("/teams/shop/stacks/edge", content=controller % b"8443.0", headers=headers)
    assert written.status_code == 200, written.text
    assert (await api.get("/teams/shop/stacks/edge")).json()["controller"]["ports"] == [8443]
    assert (
        await api.put("/teams/shop/stacks/edge", content=controller % b"8443.5", headers=headers)
    ).status_code == 422

"""The TypeScript types that the web application is written against are those of the routes as they are."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gatewright.server.app import create_app
from gatewright.server.services import Services

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_api_types", ROOT / "scripts" / "make_api_types.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_the_committed_types_are_those_of_the_routes(maker: ModuleType, services: Services) -> None:
    made = maker.typescript(create_app(services).openapi())
    committed = (ROOT / "web/src/api/schema.d.ts").read_text(encoding="utf-8")
    assert made == committed, "a route has changed: run scripts/make_api_types.py (npm run api)"


@pytest.mark.parametrize(
    ("schema", "type"),
    [
        ({"type": "integer"}, "number"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"const": "x"}, '"x"'),
        ({"enum": ["b", "a"]}, '"b" | "a"'),
        ({"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}, "A | null"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, '("a" | "b")[]'),
        ({"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]}, "[string, number]"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "Record<string, boolean>"),
        ({}, "unknown"),
    ],
)
def test_a_schema_as_a_type(maker: ModuleType, schema: dict[str, Any], type: str) -> None:
    document = {"paths": {}, "components": {"schemas": {"Thing": schema}}}
    assert f"export type Thing = {type};\n" in maker.typescript(document)


def test_what_is_not_required_may_be_absent(maker: ModuleType) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b-c": {"type": "string"}}, "required": ["a"]}
    made = maker.typescript({"paths": {}, "components": {"schemas": {"Thing": schema}}})
    assert 'export interface Thing {\n  a: string;\n  "b-c"?: string;\n}\n' in made


def test_a_route_with_everything(maker: ModuleType) -> None:
    route = {
        "x-permission": "thing.write",
        "parameters": [
            {"in": "path", "name": "name", "required": True, "schema": {"type": "string"}},
            {"in": "query", "name": "limit", "schema": {"type": "integer"}},
            {"in": "header", "name": "If-Match", "schema": {"type": "string"}},
        ],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}},
        "responses": {"422": {}, "204": {"description": "No Content"}},
    }
    made = maker.typescript({"paths": {"/api/v1/things/{name}": {"put": route}}, "components": {"schemas": {}}})
    assert (
        '  "PUT /things/{name}": { permission: "thing.write"; path: { name: string; }; query: { limit?: number; }; '
        "body?: Body; answer: undefined };\n"
    ) in made

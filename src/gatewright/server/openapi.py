"""The OpenAPI 3.1 document, from what the routes declare (``server.operations``) and from nothing else.

Paths and parameters are FastAPI's; bodies, answers and components are made here from the msgspec types that decode
and encode them, so that the document cannot say anything else than what runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final, cast

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from gatewright.server import problems
from gatewright.server.operations import Declared, body_of, declared_of, methods_of, refusals
from gatewright.server.permissions import is_public, permission_of
from gatewright.server.sessions import COOKIE
from gatewright.server.wire import JSON

_REF: Final = "#/components/schemas/{name}"
_SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"Over HTTPS its name is __Host-{COOKIE}.",
    },
}
_ABOUT: Final = (
    "Requests bear a token, the operator's or an API token, or the cookie of a session; with the cookie, those that "
    "change something also say X-CSRF-Token, which GET /session tells. Errors are application/problem+json (RFC 9457) "
    "in the language of Accept-Language (en, zh). Lists come in pages: follow the Link header. Unknown query "
    "parameters and unknown fields of bodies are refused."
)
_TAG: Final = {"schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'}, "required": True}
_HEADERS: Final[dict[str, dict[str, Any]]] = {
    "ETag": {**_TAG, "description": "The tag of this answer, for If-None-Match and If-Match."},
    "Link": {"schema": {"type": "string"}, "description": 'The next page, rel="next"; absent on the last one.'},
    "Location": {"schema": {"type": "string"}, "required": True, "description": "Where the browser goes on."},
    "Allow": {"schema": {"type": "string"}, "description": "The methods that the path understands."},
    "WWW-Authenticate": {"schema": {"const": "Bearer"}, "required": True},
}
_IF_NONE_MATCH: Final[dict[str, Any]] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "ETags of answers that the reader has: 304 without a body where one is that of this answer.",
}


def document(app: FastAPI, prefix: str, routes: Sequence[object]) -> dict[str, Any]:
    """The document of ``routes``, which ``app`` serves under ``prefix``."""
    own = {
        (prefix + route.path_format, method.lower()): route
        for route in routes
        if isinstance(route, APIRoute)
        for method in methods_of(route)
    }
    schemas = _Schemas(own.values())
    made = get_openapi(
        title=app.title, version=app.version, openapi_version="3.1.0", description=_ABOUT, routes=app.routes
    )
    for (path, method), route in own.items():
        _complete(made["paths"][path][method], route, schemas)
    made["components"] = {
        "schemas": schemas.components,
        "securitySchemes": _SCHEMES,
    }
    made["security"] = [{scheme: []} for scheme in _SCHEMES]
    return made


class _Schemas:
    """The schemas of every type that a route reads or answers with, shared under ``components``."""

    def __init__(self, routes: Iterable[APIRoute]) -> None:
        types = [problems.Problem, *(found for route in routes for found in _types(route))]
        found, self.components = msgspec.json.schema_components(types, ref_template=_REF)
        self._of = {repr(known): schema for known, schema in zip(types, found, strict=True)}

    def of(self, type: Any) -> dict[str, Any]:
        return self._of[repr(type)]


def _types(route: APIRoute) -> Iterator[Any]:
    declared = declared_of(route)
    if declared is not None and declared.type is not None:
        yield declared.type
    if (body := body_of(route)) is not None:
        yield body


def _complete(operation: dict[str, Any], route: APIRoute, schemas: _Schemas) -> None:
    declared = declared_of(route)
    assert declared is not None, route.path
    reading = "GET" in methods_of(route) and declared.shape in ("value", "page", "nothing")
    operation["description"] = " ".join(operation.get("description", "").replace("``", "`").split())
    operation["x-permission"] = permission_of(route)
    if is_public(route):
        operation["security"] = []
    operation["parameters"] = [_parameter(p) for p in operation.get("parameters", [])]
    if reading:
        operation["parameters"].append(_IF_NONE_MATCH)
    if (body := body_of(route)) is not None:
        operation["requestBody"] = _request_body(body, schemas)
    operation["responses"] = {str(declared.status): _answer(declared, reading, schemas)}
    if reading:
        operation["responses"]["304"] = {"description": "Not Modified", "headers": _headers("ETag")}
    for status in sorted(refusals(route)):
        operation["responses"][str(status)] = _refusal(status, schemas)


def _parameter(made: dict[str, Any]) -> dict[str, Any]:
    """A parameter of an address is never null: where FastAPI says so, it is only absent."""
    schema = made["schema"]
    options = cast(list[dict[str, Any]], schema.get("anyOf", []))
    if {"type": "null"} in options:
        rest = [option for option in options if option != {"type": "null"}]
        others = {key: value for key, value in schema.items() if key != "anyOf"}
        schema = {**rest[0], **others} if len(rest) == 1 else {**others, "anyOf": rest}
    return {**made, "schema": {key: value for key, value in schema.items() if key != "title"}}


def _request_body(type: Any, schemas: _Schemas) -> dict[str, Any]:
    required = any(field.required for field in msgspec.structs.fields(type))
    return {"required": required, "content": {JSON: {"schema": schemas.of(type)}}}


def _answer(declared: Declared, reading: bool, schemas: _Schemas) -> dict[str, Any]:
    told: dict[str, Any] = {"description": HTTPStatus(declared.status).phrase}
    names = ["ETag"] * reading + ["Link"] * (declared.shape == "page") + ["Location"] * (declared.shape == "redirect")
    if names:
        told["headers"] = _headers(*names)
    if declared.shape in ("nothing", "redirect"):
        return told
    if declared.shape == "download":
        return {**told, "content": {media: {"schema": {"type": "string"}} for media in declared.media.split(", ")}}
    schema = schemas.of(declared.type)
    match declared.shape:
        case "page":
            schema = {"type": "array", "items": schema}
        case "stream":
            content = {declared.media: {"itemSchema": _event(schema)}}
            return {**told, "description": "Server-sent events.", "content": content}
        case _:
            pass
    return {**told, "content": {declared.media: {"schema": schema}}}


def _event(data: dict[str, Any]) -> dict[str, Any]:
    """One event of a stream, as OpenAPI 3.2 describes it; earlier versions have nothing for it."""
    encoded = {"type": "string", "contentMediaType": JSON, "contentSchema": data}
    text = {"type": "string"}
    return {"type": "object", "properties": {"id": text, "event": text, "data": encoded}, "required": ["data"]}


def _refusal(status: int, schemas: _Schemas) -> dict[str, Any]:
    told: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {problems.MEDIA_TYPE: {"schema": schemas.of(problems.Problem)}},
    }
    if status == HTTPStatus.UNAUTHORIZED:
        told["headers"] = _headers("WWW-Authenticate")
    return told


def _headers(*names: str) -> dict[str, Any]:
    return {name: _HEADERS[name] for name in names}

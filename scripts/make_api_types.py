"""Writes web/src/api/schema.d.ts, the TypeScript types of the API, from the server's own OpenAPI document.

``--check`` writes nothing and tells (exit code 1) whether the file is out of date. Components become interfaces of
their names; ``Api`` maps each method and path to its parameters, body and answer, which ``client.ts`` reads.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from gatewright.server.app import PREFIX, create_app
from gatewright.server.services import open_services
from gatewright.server.settings import from_environment

OUT = Path(__file__).resolve().parents[1] / "web" / "src" / "api" / "schema.d.ts"
HEAD = "// Made from the server's OpenAPI document by `npm run api`. Not edited by hand.\n"
SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def document() -> dict[str, Any]:
    """The OpenAPI document of an empty server."""

    async def made() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as home:
            async with open_services(from_environment({"GATEWRIGHT_HOME": home})) as services:
                return create_app(services).openapi()

    return asyncio.run(made())


def typescript(told: dict[str, Any]) -> str:
    """The whole file."""
    schemas: dict[str, Any] = told["components"]["schemas"]
    parts = [HEAD]
    for name in sorted(schemas):
        parts.append(_declaration(_name(name), schemas[name]))
    operations = {
        f"{method.upper()} {path.removeprefix(PREFIX)}": operation
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
    }
    lines = [f"  {json.dumps(key)}: {_operation(operations[key])};\n" for key in sorted(operations)]
    parts.append("export interface Api {\n" + "".join(lines) + "}\n")
    return "\n".join(parts)


def _declaration(name: str, schema: dict[str, Any]) -> str:
    comment = _comment(schema.get("description", ""))
    if schema.get("type") == "object" and "properties" in schema:
        fields = "".join(f"  {line}\n" for line in _fields(schema))
        return f"{comment}export interface {name} {{\n{fields}}}\n"
    return f"{comment}export type {name} = {_type(schema)};\n"


def _comment(text: str) -> str:
    words = " ".join(text.replace("``", "`").replace("*/", "* /").split())
    return f"/** {words} */\n" if words else ""


def _fields(schema: dict[str, Any]) -> list[str]:
    required = set(schema.get("required", ()))
    return [
        f"{_key(name)}{'' if name in required else '?'}: {_type(field)};"
        for name, field in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _name(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _union(_type(one) for one in schema[several])
    kind = schema.get("type")
    if isinstance(kind, list):
        return _union(_type({**schema, "type": one}) for one in kind)
    match kind:
        case "array":
            return _array(schema)
        case "object":
            return _object(schema)
        case str():
            return SCALARS[kind]
        case _:
            return "unknown"


def _union(found: Any) -> str:
    return " | ".join(dict.fromkeys(found))


def _array(schema: dict[str, Any]) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(_type(item) for item in schema['prefixItems'])}]"
    item = schema.get("items")
    inner = _type(item) if isinstance(item, dict) else "unknown"
    return f"({inner})[]" if " | " in inner else f"{inner}[]"


def _object(schema: dict[str, Any]) -> str:
    if "properties" in schema:
        return "{ " + " ".join(_fields(schema)) + " }"
    values = schema.get("additionalProperties")
    return f"Record<string, {_type(values) if isinstance(values, dict) else 'unknown'}>"


def _operation(operation: dict[str, Any]) -> str:
    parts = [f"permission: {json.dumps(operation.get('x-permission'))}"]
    for where in ("path", "query"):
        found = [p for p in operation.get("parameters", ()) if p["in"] == where]
        if found:
            inner = " ".join(
                f"{_key(p['name'])}{'' if p.get('required') else '?'}: {_type(p['schema'])};" for p in found
            )
            parts.append(f"{where}: {{ {inner} }}")
    body = operation.get("requestBody")
    if body is not None:
        optional = "" if body.get("required") else "?"
        parts.append(f"body{optional}: {_type(next(iter(body['content'].values()))['schema'])}")
    parts.append(f"answer: {_answer(operation['responses'])}")
    return "{ " + "; ".join(parts) + " }"


def _answer(responses: dict[str, Any]) -> str:
    for status, told in responses.items():
        if status.startswith("2"):
            content = next(iter(told.get("content", {}).items()), None)
            if content is None:
                return "undefined"
            media, held = content
            if "itemSchema" in held:
                return _type(held["itemSchema"]["properties"]["data"]["contentSchema"])
            return _type(held.get("schema", {})) if media == "application/json" else "string"
    return "undefined"


def _name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _key(name: str) -> str:
    return name if IDENTIFIER.fullmatch(name) else json.dumps(name)


def main() -> int:
    made = typescript(document())
    if "--check" in sys.argv[1:]:
        return int(not OUT.is_file() or OUT.read_text(encoding="utf-8") != made)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

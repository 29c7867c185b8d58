"""JSON Schema (2020-12) of the manifests, for editors that complete and check while one writes.

Made from the values of ``model.desired`` as the parser reads them, with what the catalogue has as choices and the
descriptions of ``text/field.json`` in the language of the reader. What only the server can tell (does the team exist?)
is not in it: the parser and the store say that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, get_args

import msgspec

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.controllers import controller_named, minor_of
from gatewright.gatewayapi.manifests import RENDERERS
from gatewright.model import desired
from gatewright.model.desired import API_VERSION
from gatewright.model.manifest import KINDS
from gatewright.model.names import MAX_LABEL, RESERVED_NAMESPACES
from gatewright.model.specs import EVENT_PREFIX
from gatewright.server.parameters import Duration
from gatewright.text import Language, templates, text

Schema = dict[str, Any]
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_LABEL: Final[Schema] = {"pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": MAX_LABEL}
_OR_NONE: Final[Schema] = {**_LABEL, "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$"}
_NAMESPACE: Final[Schema] = {**_OR_NONE, "not": {"enum": sorted(RESERVED_NAMESPACES)}}
_PATH: Final[Schema] = {"pattern": r"^[^\n{]*$"}
_FILE: Final[Schema] = {"pattern": r"^[^\n]*$", "not": {"type": "string", "pattern": "://"}}
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def manifest_schema(kind: str, language: Language = "en") -> Schema:
    """The schema of one kind of manifest. Raises ``KeyError`` for a kind that there is not."""
    if kind not in KINDS:
        raise KeyError(kind)
    return {"$schema": DIALECT, **_manifest(kind, language)}


def manifests_schema(language: Language = "en") -> Schema:
    """The schema of any manifest: its kind decides."""
    return {
        "$schema": DIALECT,
        "title": "Gatewright",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {"apiVersion": {"const": API_VERSION}, "kind": {"enum": list(KINDS)}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{kind}"},
            }
            for kind in KINDS
        ],
        "$defs": {kind: _manifest(kind, language) for kind in KINDS},
    }


def _manifest(kind: str, language: Language) -> Schema:
    shape = getattr(desired, kind)
    spec = _object(shape, kind, "", language, leave=() if kind == "Binding" else ("name",))
    needed = ("metadata",) if kind != "Binding" else ()
    return {
        "title": kind,
        "type": "object",
        "additionalProperties": False,
        "required": ["apiVersion", "kind", *needed, *(("spec",) if spec["required"] else ())],
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": kind},
            "metadata": _metadata(kind, language),
            "spec": spec,
        },
    }


def _metadata(kind: str, language: Language) -> Schema:
    if kind == "Binding":
        label = _LABEL["pattern"].removeprefix("^").removesuffix("$")
        name: Schema = {"type": ["string", "null"], "pattern": rf"^({label}\.{label})?$"}
        return {"type": "object", "additionalProperties": False, "properties": {"name": name}}
    name = {"type": "string", **_LABEL, "description": _about(kind, "name", language)}
    return {"type": "object", "additionalProperties": False, "required": ["name"], "properties": {"name": name}}


def _object(shape: Any, kind: str, prefix: str, language: Language, leave: tuple[str, ...] = ()) -> Schema:
    properties: Schema = {}
    required: list[str] = []
    for field in msgspec.structs.fields(shape):
        if field.encode_name in leave:
            continue
        path = f"{prefix}{field.encode_name}"
        inner = next((t for t in (field.type, *get_args(field.type)) if _is_struct(t)), None)
        if inner is not None:
            made = _object(inner, kind, f"{path}.", language)
        else:
            made = {**_plain(field.type), **_constraints().get(f"{kind}.{path}", {})}
            if field.default not in (msgspec.NODEFAULT, None, "", ()):
                made["default"] = msgspec.to_builtins(field.default)
            made = made if field.required else _or_null(made)
        properties[field.encode_name] = {**made, "description": _about(kind, path, language)}
        if field.required:
            required.append(field.encode_name)
    made = {"type": "object", "additionalProperties": False, "required": required, "properties": properties}
    return {**made, **_constraints().get(f"{kind}.{prefix.removesuffix('.')}", {})} if prefix else made


def _plain(shape: Any) -> Schema:
    """The schema of a value that is not a struct; what may be None is left out in manifests."""
    found = msgspec.json.schema(shape)
    options = [option for option in found.get("anyOf", ()) if option != {"type": "null"}]
    found = options[0] if len(options) == 1 else found
    if "enum" in found:
        values = [value for value in found["enum"] if value is not None]
        return {"type": "string", "enum": values}
    return {key: value for key, value in found.items() if key not in ("default", "title")}


def _or_null(made: Schema) -> Schema:
    """The parser reads a field that has a name and no value as one that is not there."""
    found = {**made, "type": [made["type"], "null"]}
    return {**found, "enum": [*found["enum"], None]} if "enum" in found else found


def _is_struct(shape: object) -> bool:
    return isinstance(shape, type) and issubclass(shape, msgspec.Struct)


@cache
def _constraints() -> Mapping[str, Schema]:
    """What the parser and the catalogue ask of a field beyond its type, by kind and path."""
    releases = sorted({bundle.version for bundle in catalogue().bundles}, reverse=True)
    return {
        "Cluster.kubeconfig": _PATH,
        "Team.defaultNamespace": _NAMESPACE,
        "Team.versions.for": {"pattern": _duration()},
        "Stack.team": _LABEL,
        "Stack.bundle.version": {"enum": sorted(releases, key=_numbers, reverse=True)},
        "Stack.controller": {"allOf": list(_versions())},
        "Stack.controller.name": {"enum": sorted(RENDERERS)},
        "Stack.controller.namespace": _NAMESPACE,
        "Stack.controller.gatewayClass": _OR_NONE,
        "Stack.controller.ports": {
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "integer", "minimum": 1, "maximum": 65535, "not": {"enum": _reserved()}},
        },
        "Binding.team": _LABEL,
        "Binding.cluster": _LABEL,
        "Binding.namespace": _NAMESPACE,
        "Binding.stack": _OR_NONE,
        "Notification.team": _OR_NONE,
        "Notification.events": {
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "pattern": f"^{EVENT_PREFIX}$", "maxLength": MAX_LABEL},
        },
        "Notification.urlFile": _FILE,
        "Notification.secretFile": _FILE,
    }


def _versions() -> Iterator[Schema]:
    """For each controller its versions: those that were verified to choose from, and their patch releases."""
    for name in sorted(RENDERERS):
        verified = sorted(controller_named(name).verified, key=_numbers, reverse=True)
        minors = "|".join(sorted({re.escape(minor_of(version)) for version in verified}))
        choices = {"anyOf": [{"enum": verified}, {"type": "string", "pattern": rf"^v?({minors})\.[0-9]+$"}]}
        yield {
            "if": {"properties": {"name": {"const": name}}, "required": ["name"]},
            "then": {"properties": {"version": choices}},
        }


def _reserved() -> list[int]:
    return sorted({renderer.reserved for renderer in RENDERERS.values()})


def _duration() -> str:
    return str(msgspec.json.schema(Duration)["pattern"])


def _numbers(version: str) -> tuple[tuple[int, ...], str]:
    return (tuple(int(part) for part in re.findall(r"\d+", version.partition("-")[0])), version)


def _about(kind: str, path: str, language: Language) -> str:
    key = f"field.{kind}.{path}"
    return _LINK.sub(r"\1", text(key, language)) if key in templates() else ""

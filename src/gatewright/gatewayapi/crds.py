"""What a Gateway API CRD is, apart from who wrote it down: its digest, its bundle annotations, its place in a release.

A released file and the same CRD read back from an API server differ in what the server fills in or leaves out
(``k8s.io/apiextensions-apiserver`` v1 defaults and ``omitempty``). ``spec_digest`` sees through exactly that.
"""

from __future__ import annotations

import functools
from typing import Any, Final, cast

import msgspec

from gatewright.model.objects import JSON, Manifest, digest

GATEWAY_GROUP: Final = "gateway.networking.k8s.io"
EXPERIMENTAL_GROUP: Final = "gateway.networking.x-k8s.io"
GROUPS: Final = frozenset({GATEWAY_GROUP, EXPERIMENTAL_GROUP})
VERSION_ANNOTATION: Final = "gateway.networking.k8s.io/bundle-version"
CHANNEL_ANNOTATION: Final = "gateway.networking.k8s.io/channel"

_OMITTED_BOOLEANS: Final = (
    "deprecated", "nullable", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum",
    "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string",
)  # fmt: skip
_SCHEMA_MAPS: Final = ("properties", "patternProperties", "definitions")
_SCHEMA_LISTS: Final = ("allOf", "anyOf", "oneOf")
_SCHEMAS: Final = ("items", "not", "additionalProperties", "additionalItems")
_OMITTED_WHEN_EMPTY: Final = ("required", "enum", "x-kubernetes-list-map-keys", "x-kubernetes-validations")
_COLUMN_OMITTED: Final = ("priority", "format", "description")
_OMITTED_STRINGS: Final = ("description", "title", "format", "pattern", "type", "x-kubernetes-list-type")


def is_gateway_api_crd(name: str) -> bool:
    """Whether ``plural.group`` names a CRD of one of the two groups of Gateway API."""
    return group_of(name) in GROUPS


def group_of(name: str) -> str:
    """The API group in a CRD's name (``httproutes.gateway.networking.k8s.io``)."""
    return name.partition(".")[2]


def bundle_of(annotations: dict[str, str]) -> tuple[str, str]:
    """``(version, channel)`` as annotated on a CRD; an empty string where the annotation is missing."""
    return annotations.get(VERSION_ANNOTATION, ""), annotations.get(CHANNEL_ANNOTATION, "")


def applicable(document: Manifest) -> Manifest:
    """The part of a released object that is applied: without ``status`` and the null ``creationTimestamp`` that
    controller-gen used to write."""
    metadata = {k: v for k, v in cast(dict[str, Any], document["metadata"]).items() if k != "creationTimestamp"}
    return {k: metadata if k == "metadata" else v for k, v in document.items() if k != "status"}


def content_digest(document: Manifest) -> str:
    """SHA-256 (hex) of the canonical JSON of what would be applied: independent of file format, comments and order."""
    return digest(numbers(applicable(document)))


def spec_digest(spec: Manifest) -> str:
    """SHA-256 (hex) of a CRD's ``spec`` without what the API server adds or omits: equal for a file and its CRD."""
    return _digest_of(msgspec.json.encode(spec))


@functools.lru_cache(maxsize=64)
def _digest_of(spec: bytes) -> str:
    """Kept, because the clusters of a fleet have the same few specs, and to normalise one takes milliseconds."""
    return digest(normalised(msgspec.json.decode(spec)))


def normalised(spec: Manifest) -> Manifest:
    """The spec in the one form that both a file and the API server's answer reduce to."""
    spec = cast(Manifest, numbers(spec))
    result = {k: v for k, v in spec.items() if k not in ("conversion", "preserveUnknownFields", "names", "versions")}
    conversion = spec.get("conversion") or {"strategy": "None"}
    if conversion != {"strategy": "None"}:
        result["conversion"] = conversion
    if spec.get("preserveUnknownFields"):
        result["preserveUnknownFields"] = True
    result["names"] = _names(spec["names"])
    result["versions"] = [_version(v) for v in spec["versions"]]
    return result


def numbers(value: JSON) -> JSON:
    """``value`` with every integral float as an integer: Go and YAML disagree on how to write ``1.0``."""
    if isinstance(value, dict):
        return {k: numbers(v) for k, v in cast(dict[str, JSON], value).items()}
    if isinstance(value, list):
        return [numbers(v) for v in cast(list[JSON], value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _names(names: Manifest) -> Manifest:
    kind = cast(str, names["kind"])
    filled = {"singular": kind.lower(), "listKind": f"{kind}List", **{k: v for k, v in names.items() if v}}
    return {k: v for k, v in filled.items() if v != []}


def _version(version: Manifest) -> Manifest:
    result = _without_empty(version, ("deprecated",), ("additionalPrinterColumns", "selectableFields"))
    result.pop("schema", None)
    schema = cast(Manifest, version.get("schema") or {}).get("openAPIV3Schema")
    if schema is not None:
        result["schema"] = {"openAPIV3Schema": _schema(schema)}
    if "additionalPrinterColumns" in result:
        columns = cast(list[Manifest], result["additionalPrinterColumns"])
        result["additionalPrinterColumns"] = [_without_empty(c, (), _COLUMN_OMITTED) for c in columns]
    return result


def _schema(schema: JSON) -> JSON:
    if not isinstance(schema, dict):
        return schema
    node = _without_empty(cast(Manifest, schema), _OMITTED_BOOLEANS, _OMITTED_WHEN_EMPTY + _OMITTED_STRINGS)
    for key in _SCHEMA_MAPS:
        if key in node:
            node[key] = {name: _schema(child) for name, child in node[key].items()}
    for key in _SCHEMA_LISTS:
        if key in node:
            node[key] = [_schema(child) for child in node[key]]
    for key in _SCHEMAS:
        if key in node:
            node[key] = _schema(node[key])
    return node


def _without_empty(node: Manifest, booleans: tuple[str, ...], others: tuple[str, ...]) -> Manifest:
    return {
        k: v
        for k, v in node.items()
        if not (v is None or (k in booleans and v is False) or (k in others and v in ("", 0, [])))
    }


def clone(manifest: Manifest) -> Manifest:
    """A deep copy, so that nobody can change a shared manifest."""
    return msgspec.json.decode(msgspec.json.encode(manifest))

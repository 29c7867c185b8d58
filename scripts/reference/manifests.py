"""The fields of manifests, read from the values of ``model.desired`` and proved on the parser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from gatewright.model import desired
from gatewright.model.manifest import ManifestError, parse
from gatewright.text import Language, text
from reference.words import headed, word, words

_WHOLE: Final[dict[str, Any]] = json.loads((Path(__file__).parent / "whole.json").read_text(encoding="utf-8"))
"""Of each kind a manifest with every field."""


def _struct_fields(struct: type[msgspec.Struct], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(struct):
        path = f"{prefix}{field.encode_name}"
        yield path, field
        nested = [t for t in (field.type, *getattr(field.type, "__args__", ())) if _is_struct(t)]
        for inner in nested:
            yield from _struct_fields(inner, f"{path}.")


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _text(kind: str, document: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"apiVersion": desired.API_VERSION, "kind": kind, **document})


def _required(kind: str, path: list[str]) -> bool:
    """Whether the parser refuses the manifest without the field."""
    document = msgspec.json.decode(msgspec.json.encode(_WHOLE[kind]))
    at = document
    for part in path[:-1]:
        at = at[part]
    del at[path[-1]]
    try:
        parse(_text(kind, document))
    except ManifestError:
        return True
    return False


def _type_of(field: Any) -> str:
    name = str(field.type)
    if "bool" in name:
        return "type.boolean"
    if "tuple[int" in name:
        return "type.list-of-integers"
    if "tuple[str" in name:
        return "type.list-of-strings"
    if any(_is_struct(t) for t in (field.type, *getattr(field.type, "__args__", ()))):
        return "type.mapping"
    return "type.string"


def _default(default: Any) -> str:
    if default in (msgspec.NODEFAULT, None, "", False):
        return ""
    if default is True:
        return "`true`"
    return f"`{list(default) if isinstance(default, tuple) else default}`"


def manifest_fields(kind: str, language: Language) -> str:
    parse(_text(kind, _WHOLE[kind]))
    rows: list[tuple[str, ...]] = []
    for path, field in _struct_fields(getattr(desired, kind)):
        where = ["metadata", "name"] if path == "name" else ["spec", *path.split(".")]
        rows.append((
            f"`{'.'.join(where)}`",
            words("fields")[_type_of(field)][language],
            word("yes" if _required(kind, where) else "no", language),
            _default(field.default),
            text(f"field.{kind}.{path}", language),
        ))  # fmt: skip
    return headed(language, ("field", "type", "required", "default", "meaning"), rows)


def fields_of(kind: str) -> Callable[[Language], str]:
    return lambda language: manifest_fields(kind, language)

"""A Kubernetes object by name, and as content."""

from __future__ import annotations

import hashlib
from typing import Any, TypeAlias, cast

import msgspec

JSON: TypeAlias = Any
Manifest: TypeAlias = dict[str, JSON]


class ObjectRef(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """One object of one cluster. ``api_version`` is ``v1`` or ``group/version``; no namespace: cluster-scoped."""

    api_version: str
    kind: str
    name: str
    namespace: str | None = None

    @property
    def group(self) -> str:
        """The API group; the core group is the empty string."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What the object is whichever version of its API is spoken: group, kind, namespace, name."""
        return (self.group, self.kind, self.namespace or "", self.name)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def ref_of(manifest: Manifest) -> ObjectRef:
    """The reference of a manifest that has apiVersion, kind and metadata.name (``KeyError`` otherwise)."""
    metadata = manifest["metadata"]
    return ObjectRef(manifest["apiVersion"], manifest["kind"], metadata["name"], metadata.get("namespace"))


def canonical(value: JSON) -> bytes:
    """The one JSON text of a value: keys sorted, no spaces. Equal values give equal bytes."""
    return msgspec.json.encode(value, order="sorted")


def digest(value: JSON) -> str:
    """The SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def part(value: Manifest, key: str) -> dict[str, Any]:
    """A mapping inside a mapping, empty where it is absent or null."""
    return cast(dict[str, Any], value.get(key) or {})


def parts(value: Manifest, key: str) -> list[dict[str, Any]]:
    """A list of mappings inside a mapping, empty where it is absent or null."""
    return cast(list[dict[str, Any]], value.get(key) or [])

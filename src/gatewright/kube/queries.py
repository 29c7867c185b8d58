"""The requests of lists and watches, the same for plain and for typed objects."""

from __future__ import annotations

from typing import Final

from gatewright.kube.resources import Resource
from gatewright.kube.transport import JSON_TYPE, Call

METADATA_TYPE: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST_TYPE: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def list_call(
    resource: Resource,
    namespace: str | None = None,
    *,
    label_selector: str | None = None,
    field_selector: str | None = None,
    metadata_only: bool = False,
    limit: int = 500,
) -> Call:
    """A list in pages of ``limit`` objects, of one namespace or of all."""
    accept = f"{METADATA_LIST_TYPE},{JSON_TYPE}" if metadata_only else JSON_TYPE
    params = query(labelSelector=label_selector, fieldSelector=field_selector, limit=str(limit))
    return Call("GET", resource.path(namespace), "list", resource.kind, params, accept=accept)


def watch_call(
    resource: Resource,
    namespace: str | None = None,
    *,
    resource_version: str = "",
    label_selector: str | None = None,
    field_selector: str | None = None,
    metadata_only: bool = False,
    seconds: int = 300,
) -> Call:
    """A watch with bookmarks, which the server ends after ``seconds``."""
    accept = f"{METADATA_TYPE},{JSON_TYPE}" if metadata_only else JSON_TYPE
    params = query(
        labelSelector=label_selector,
        fieldSelector=field_selector,
        resourceVersion=resource_version or None,
        watch="true",
        allowWatchBookmarks="true",
        timeoutSeconds=str(seconds),
    )
    return Call("GET", resource.path(namespace), "watch", resource.kind, params, accept=accept)


def named(name: str) -> str:
    """The field selector for one object, with the escapes of ``fields.EscapeValue``: a name that other people chose
    selects nothing else."""
    for character in ("\\", ",", "="):
        name = name.replace(character, f"\\{character}")
    return f"metadata.name={name}"


def query(**params: str | None) -> tuple[tuple[str, str], ...]:
    """Query parameters without those that are None."""
    return tuple((key, value) for key, value in params.items() if value is not None)

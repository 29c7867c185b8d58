"""What an object was when a plan was made, as one short text: the same text later, the same object.

It holds what a person or a controller decides (spec, labels, annotations, who writes, being deleted) and leaves out
what moves by itself: resource versions, generations, status, the times and the status writers of managedFields.
"""

from __future__ import annotations

from typing import Final, TypeAlias, cast

from gatewright.model.objects import JSON, Manifest, digest
from gatewright.model.observation import CrdObservation, Metadata, NamespaceObservation, ObjectObservation

Seen: TypeAlias = CrdObservation | NamespaceObservation | ObjectObservation

_VOLATILE_ANNOTATIONS: Final = frozenset({"deployment.kubernetes.io/revision"})
_HOUSEKEEPING: Final = frozenset({"kube-controller-manager", "kube-apiserver"})
_SERVER_METADATA: Final = frozenset(
    {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink", "labels", "annotations"}
)


def fingerprint(seen: Seen) -> str:
    """32 hex digits. Equal for two observations of an object that nobody changed in between.

    What a namespace or a CRD contains is not part of it: emptiness is proven again by the step that deletes.
    """
    match seen:
        case CrdObservation():
            body: JSON = {"spec": seen.spec_digest}
        case NamespaceObservation():
            body = {"phase": seen.phase}
        case ObjectObservation():
            body = _content(seen.content)
    return digest({"metadata": _identity(seen.metadata), "body": body})[:32]


def _identity(metadata: Metadata) -> JSON:
    managers = {
        (m.name, m.operation, m.subresource)
        for m in metadata.managers
        if m.subresource != "status" and m.name not in _HOUSEKEEPING
    }
    return {
        "uid": metadata.uid,
        "labels": metadata.labels,
        "annotations": {k: v for k, v in metadata.annotations.items() if k not in _VOLATILE_ANNOTATIONS},
        "managers": [list(m) for m in sorted(managers)],
        "deleting": metadata.deleting,
    }


def _content(content: Manifest) -> JSON:
    metadata = cast(Manifest, content.get("metadata") or {})
    body = {k: v for k, v in content.items() if k not in ("metadata", "status")}
    return {**body, "metadata": {k: v for k, v in metadata.items() if k not in _SERVER_METADATA}}

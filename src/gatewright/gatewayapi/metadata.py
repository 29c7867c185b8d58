"""What all objects of Kubernetes have: the base of the shapes, metadata and conditions."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from gatewright.gatewayapi.kinds import Key


class Shape(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """The base of all shapes."""


class Writer(Shape, frozen=True):
    """An entry of ``metadata.managedFields``, without the fields themselves."""

    manager: str = ""
    operation: str = ""
    subresource: str = ""
    time: str | None = None


class Meta(Shape, frozen=True):
    """``metadata``. ``generation`` is 0 for kinds that have none."""

    name: str
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] | None = None

    @property
    def key(self) -> Key:
        return (self.namespace, self.name)


class WrittenMeta(Meta, frozen=True):
    """Metadata of what we may own: with annotations and writers."""

    annotations: dict[str, str] | None = None
    managed_fields: tuple[Writer, ...] | None = None


class Condition(Shape, frozen=True):
    type: str
    status: str = "Unknown"
    reason: str = ""
    message: str = ""
    observed_generation: int = 0
    last_transition_time: str | None = None


Conditions: TypeAlias = tuple[Condition, ...] | None

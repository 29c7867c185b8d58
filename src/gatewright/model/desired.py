"""What people want, as the manifests of ``gatewright.io/v1alpha1`` say it: the specs of the four kinds.

Everything a person sets is one of these; forms and commands only write them (design, section 4).
Parsing and checking a file is ``model.manifest``; these are the values it gives.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

API_VERSION: Final = "gatewright.io/v1alpha1"

Channel = Literal["standard", "experimental"]
Custody = Literal["own", "observe"]


class BundleName(msgspec.Struct, frozen=True, order=True):
    """One Gateway API release and channel, e.g. v1.6.1 standard."""

    version: str
    channel: Channel = "standard"

    def __str__(self) -> str:
        return f"{self.version} {self.channel}"


class ControllerSpec(msgspec.Struct, frozen=True, order=True, omit_defaults=True):
    """A gateway controller that a stack wants. ``name`` is the catalogue's (``traefik``)."""

    name: str
    version: str
    namespace: str = ""
    gateway_class: str = msgspec.field(default="", name="gatewayClass")
    ports: tuple[int, ...] = (8000,)


class Cluster(msgspec.Struct, frozen=True, omit_defaults=True):
    """A registered cluster. Credentials travel beside the manifest, never inside an export.

    ``custody``: ``own`` is the user's word that Gatewright shall own the CRDs and controller objects here, even
    those that others wrote (they are then adopted); ``observe``: never write CRDs; empty: own what is absent.
    """

    name: str
    custody: Custody | None = None
    kubeconfig: str | None = None
    context: str | None = None
    insecure_skip_tls_verify: bool = msgspec.field(default=False, name="insecureSkipTLSVerify")


class Team(msgspec.Struct, frozen=True, omit_defaults=True):
    """People who share clusters. ``default_namespace`` is only a default: each binding has its own."""

    name: str
    default_namespace: str = msgspec.field(default="", name="defaultNamespace")

    @property
    def namespace(self) -> str:
        """The namespace that a binding gets when it names none."""
        return self.default_namespace or self.name


class Binding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A team on a cluster; owns the team's namespace there. Its manifest name is ``TEAM.CLUSTER``."""

    team: str
    cluster: str
    namespace: str = ""
    stack: str = ""

    @property
    def name(self) -> str:
        return f"{self.team}.{self.cluster}"


class Stack(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a team wants on its clusters: a bundle and, if it wants one, a controller. Manifest name: ``TEAM.NAME``."""

    team: str
    name: str
    bundle: BundleName
    controller: ControllerSpec | None = None


class Claim(msgspec.Struct, frozen=True):
    """One team's wish for one cluster, from its stack."""

    team: str
    cluster: str
    namespace: str
    stack: str
    bundle: BundleName | None
    controller: ControllerSpec | None = None


Desired: TypeAlias = Cluster | Team | Binding | Stack
Verb: TypeAlias = Literal["create", "update", "unchanged"]


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """What applying one manifest did. ``after`` has defaults filled in (a binding's namespace)."""

    verb: Verb
    kind: str
    name: str
    after: Desired
    before: Desired | None = None


class RegisteredCluster(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cluster as registered. ``kubernetes``: the version last seen, empty before the first look."""

    uid: str
    spec: Cluster
    server: str
    kubernetes: str
    added_at: str

    @property
    def name(self) -> str:
        return self.spec.name

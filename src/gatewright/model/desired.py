"""What people want, as the manifests of ``gatewright.io/v1alpha1`` say it: the specs of the kinds.

Everything a person sets is one of these; forms and commands only write them (design, section 4).
Parsing and checking a file is ``model.manifest``; these are the values it gives.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

import msgspec

from gatewright.model.events import Severity
from gatewright.text import Language

API_VERSION: Final = "gatewright.io/v1alpha1"

Channel = Literal["standard", "experimental"]
Custody = Literal["own", "observe"]
DriftMode = Literal["report", "heal"]
SkewLevel = Literal["none", "patch", "minor", "any"]
NotificationType = Literal["webhook", "slack", "dingtalk", "feishu", "wecom"]
NOTIFICATION_TYPES: Final[tuple[NotificationType, ...]] = get_args(NotificationType)
TOLD_BY_DEFAULT: Final = ("health.", "drift.", "rollout.", "cluster.reachability", "versions.")
"""The kinds of events that a notification tells where it names none."""


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

    ``read_secrets``: the user lets us read the Secrets that listeners name, to judge certificates; the key is
    never kept. ``probes``: send requests through its Gateways. ``custody``: ``own`` is the user's word that
    Gatewright shall own the CRDs and controller objects here, even those that others wrote (they are then
    adopted); ``observe``: never write CRDs; empty: own what is absent.
    """

    name: str
    custody: Custody | None = None
    kubeconfig: str | None = None
    context: str | None = None
    insecure_skip_tls_verify: bool = msgspec.field(default=False, name="insecureSkipTLSVerify")
    read_secrets: bool = msgspec.field(default=False, name="readSecrets")
    probes: bool = True


class SkewPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far the versions of a team's clusters may differ: up to ``skew`` without limit, further than that for the
    span ``for_`` (``model.durations``), then it is an error."""

    skew: SkewLevel = "none"
    for_: str = msgspec.field(default="168h", name="for")


class Team(msgspec.Struct, frozen=True, omit_defaults=True):
    """People who share clusters. ``default_namespace`` is only a default: each binding has its own. ``versions``:
    absent means the default policy, which warns at once."""

    name: str
    default_namespace: str = msgspec.field(default="", name="defaultNamespace")
    versions: SkewPolicy | None = None

    @property
    def namespace(self) -> str:
        """The namespace that a binding gets when it names none."""
        return self.default_namespace or self.name

    @property
    def skew_policy(self) -> SkewPolicy:
        return self.versions or SkewPolicy()


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
    """What a team wants on its clusters: a bundle and, if it wants one, a controller. Manifest name: ``TEAM.NAME``.

    ``drift``: whether what others change of it is only reported, or put back.
    """

    team: str
    name: str
    bundle: BundleName
    controller: ControllerSpec | None = None
    drift: DriftMode = "report"


def qualified(team: str, name: str) -> str:
    """``TEAM.NAME``, or the bare name of what has no team: no label has a dot."""
    return f"{team}.{name}" if team else name


class Notification(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom to tell of what happens: ``events`` are beginnings of kinds of events, ``minimum`` the mildest severity that
    is told. One with a ``team`` is that team's and tells what concerns it; without, it is the installation's and tells
    everything. Its name is unique among those of its owner.

    The address and the signing secret are credentials and travel beside the manifest like a cluster's; ``url_file`` and
    ``secret_file`` name files of the operator's machine that hold them.
    """

    name: str
    type: NotificationType
    team: str = ""
    events: tuple[str, ...] = TOLD_BY_DEFAULT
    minimum: Severity = "info"
    language: Language = "en"
    url_file: str = msgspec.field(default="", name="urlFile")
    secret_file: str = msgspec.field(default="", name="secretFile")

    @property
    def full_name(self) -> str:
        return qualified(self.team, self.name)

    @property
    def arguments(self) -> str:
        """What follows the verb where a command names it."""
        return f"{self.name} --team {self.team}" if self.team else self.name


class Claim(msgspec.Struct, frozen=True):
    """One team's wish for one cluster, from its stack."""

    team: str
    cluster: str
    namespace: str
    stack: str
    bundle: BundleName | None
    controller: ControllerSpec | None = None
    drift: DriftMode = "report"


Desired: TypeAlias = Cluster | Team | Binding | Stack | Notification
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

"""The fleet as a matrix: one row per cluster, everything across that decides whether somebody has to look closer."""

from __future__ import annotations

import msgspec

from gatewright.model.errors import ErrorReport
from gatewright.model.health import Cause, Counts, HealthState, Severity
from gatewright.model.objects import ObjectRef
from gatewright.model.rollout import RolloutState, TargetState
from gatewright.model.status import ControllerStatus, CustodyState, Reachability
from gatewright.model.versions import BundleState
from gatewright.text import Message


class CertificateTally(msgspec.Struct, frozen=True, omit_defaults=True):
    """The certificates that listeners use and that were read. ``bad``: expired, about to expire, or not usable;
    ``soonest``: when the first of them expires (RFC 3339), ``object`` its Secret."""

    count: int = 0
    bad: int = 0
    soonest: str = ""
    object: ObjectRef | None = None


class ClusterSkew(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a cluster differs from the others of a team. ``deadline``: when that becomes an error (RFC 3339)."""

    team: str
    key: str
    severity: Severity
    message: Message
    remedy: Message
    deadline: str = ""


class ClusterRollout(msgspec.Struct, frozen=True, omit_defaults=True):
    """The rollout that is at work on a cluster, or stopped there. ``step``: the title of the step that runs or that is
    next, the ``index``-th (from 0) of ``steps``."""

    id: str
    team: str
    state: RolloutState
    target: TargetState
    step: Message | None = None
    index: int = 0
    steps: int = 0


class FleetRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One cluster, as far as the person who asks may see it.

    ``cause``: what explains most of what is wrong, of ``causes`` in all; ``error``: why it is not seen now.
    ``bundle_state``: whether its CRDs are of one release; ``bundle`` and ``channel``: what most of them claim (empty:
    nothing). ``custody`` is the fact, with the ``owners`` that are not us. ``gateways`` and ``routes`` by state.
    ``drifts``: objects that others changed and that are not put back. ``teams``: those bound to it.
    """

    cluster: str
    state: HealthState
    reachability: Reachability
    since: str
    seen_at: str = ""
    error: ErrorReport | None = None
    insecure: bool = False
    cause: Cause | None = None
    causes: int = 0
    errors: int = 0
    warnings: int = 0
    kubernetes: str = ""
    custody: CustodyState = "unknown"
    owners: tuple[str, ...] = ()
    bundle_state: BundleState = "unknown"
    bundle: str = ""
    channel: str = ""
    controllers: tuple[ControllerStatus, ...] = ()
    gateways: Counts = Counts()
    routes: Counts = Counts()
    certificates: CertificateTally = CertificateTally()
    drifts: int = 0
    skews: tuple[ClusterSkew, ...] = ()
    teams: tuple[str, ...] = ()
    rollout: ClusterRollout | None = None
    added_at: str = ""

"""One cluster's installation as people see it: what it has, what it should have, who wants it, and whose it is."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from gatewright.model.desired import BundleName, ControllerSpec, Custody, DriftMode
from gatewright.model.errors import ErrorReport
from gatewright.model.health import HealthState
from gatewright.model.objects import JSON
from gatewright.model.observation import MissingPermission
from gatewright.model.plan import ClusterPlan, Finding, Owner
from gatewright.model.status import CustodyState, Reachability
from gatewright.model.versions import BundleClaim, BundleState, ControllerVersions, CrdVersions

OwnedAs: TypeAlias = Literal["created", "adopted", "foreign"]
"""``created`` and ``adopted``: ours, as we remember it; ``foreign``: we did not write it."""

CredentialKind: TypeAlias = Literal["token", "certificate", "password", "plugin", "none"]
CredentialState: TypeAlias = Literal["valid", "expiring", "expired", "unlimited", "unknown"]
"""``expiring``: within two weeks; ``unlimited``: it says that it does not end; ``unknown``: it does not say."""


class Ownership(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose an object is. ``owner``: the writer that its labels or fields tell of; ``managers``: its field managers
    with the time of their last write, newest first; ``written_at``: when we wrote it last."""

    origin: OwnedAs
    owner: Owner | None = None
    managers: tuple[FieldManager, ...] = ()
    written_at: str = ""


class FieldManager(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry of ``managedFields``. ``operation``: ``Apply`` or ``Update``; ``at``: RFC 3339."""

    manager: str
    operation: str = ""
    at: str = ""


class InstalledCrd(msgspec.Struct, frozen=True, omit_defaults=True):
    """A CRD of the Gateway API that is there. ``objects``: how many of its kind are watched here, None where they are
    not."""

    versions: CrdVersions
    ownership: Ownership
    objects: int | None = None


class InstalledClass(msgspec.Struct, frozen=True, omit_defaults=True):
    """A GatewayClass. ``controller``: the catalogue's name of who serves it, empty for a stranger; ``gateways``: how
    many Gateways ask for it."""

    name: str
    controller_name: str
    state: HealthState
    ownership: Ownership
    controller: str = ""
    gateways: int = 0


class InstalledController(msgspec.Struct, frozen=True, omit_defaults=True):
    """A gateway controller that runs. ``classes``: the GatewayClasses that it serves."""

    versions: ControllerVersions
    ownership: Ownership
    classes: tuple[str, ...] = ()


class TeamClaim(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a team wants of the cluster; a binding without a stack claims its namespace only."""

    team: str
    namespace: str
    stack: str = ""
    bundle: BundleName | None = None
    controller: ControllerSpec | None = None
    drift: DriftMode = "report"


class WantedPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """A controller that the cluster should have, with its defaults filled in, and the teams that want it."""

    controller: ControllerSpec
    teams: tuple[str, ...] = ()


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the claims come to. ``clashes``: claims that cannot both hold, so that nothing can be installed; those that
    name other teams are told only to who may know of them (``others_clash``: there are such)."""

    bundle: BundleName | None = None
    bundle_teams: tuple[str, ...] = ()
    controllers: tuple[WantedPart, ...] = ()
    clashes: tuple[Finding, ...] = ()
    others_clash: bool = False


class CustodyWord(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose the CRDs are. ``state``: the fact, as it was seen; ``wish``: what a person said, with who said it, when,
    and what they were shown; ``owners``: the other writers."""

    state: CustodyState
    wish: Custody | None = None
    who: str = ""
    at: str = ""
    evidence: JSON = None
    owners: tuple[str, ...] = ()


class CredentialFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What may be told of a cluster's credential; never the credential.

    ``subject``: the account it is for, as it says itself (``system:serviceaccount:gatewright:gatewright``, a common
    name). ``stored_at``: when it was last replaced here; ``issued_at`` and ``expires_at``: as it says itself.
    """

    kind: CredentialKind
    state: CredentialState
    subject: str = ""
    stored_at: str = ""
    issued_at: str = ""
    expires_at: str = ""
    insecure: bool = False


class ClusterInstallation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One cluster's installation, as far as the person who asks may see it. ``credential`` and ``server`` are for those
    who may read clusters. ``missing``: rights that watching was refused; ``unread``: kinds that could not be read, with
    the code of the error. ``admission``: of the bundle's policy; ``written``: it was not seen, but we wrote it."""

    cluster: str
    state: HealthState
    reachability: Reachability
    since: str
    custody: CustodyWord
    wanted: Wanted
    checked_at: str = ""
    seen_at: str = ""
    error: ErrorReport | None = None
    uid: str = ""
    server: str = ""
    added_at: str = ""
    insecure: bool = False
    kubernetes: str = ""
    tested: Literal["tested", "untested", "below-floor", "unknown"] = "unknown"
    bundle_state: BundleState = "unknown"
    bundle: BundleName | None = None
    bundle_claims: tuple[BundleClaim, ...] = ()
    fits: tuple[BundleName, ...] = ()
    lacking: tuple[str, ...] = ()
    admission: Literal["present", "written", "absent", "unknown"] = "unknown"
    crds: tuple[InstalledCrd, ...] = ()
    controllers: tuple[InstalledController, ...] = ()
    classes: tuple[InstalledClass, ...] = ()
    claims: tuple[TeamClaim, ...] = ()
    credential: CredentialFacts | None = None
    missing: tuple[MissingPermission, ...] = ()
    unread: dict[str, str] = {}
    read_secrets: bool = False
    probes: bool = True


class LeavingTeam(msgspec.Struct, frozen=True, omit_defaults=True):
    """A team that has to leave before the cluster can be forgotten. ``written``: how many objects in its namespace we
    remember to have written for it."""

    team: str
    namespace: str
    stack: str = ""
    written: int = 0


class Removal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What removing a cluster would do, computed now and written nowhere.

    ``ready``: it could be forgotten at once; otherwise ``blocks`` say why not. ``teams``: those that have to leave
    first, each by a plan of its own (``POST /plans`` with ``leave``), in this order. ``plan``: what becomes of every
    object when all of them have left; None where the cluster cannot be read (``error``). ``removes``, ``keeps`` and
    ``stuck`` count its verdicts. ``records``: objects that we would no longer know to be ours.
    """

    cluster: str
    ready: bool
    blocks: tuple[ErrorReport, ...] = ()
    teams: tuple[LeavingTeam, ...] = ()
    plan: ClusterPlan | None = None
    removes: int = 0
    keeps: int = 0
    stuck: int = 0
    records: int = 0
    error: ErrorReport | None = None

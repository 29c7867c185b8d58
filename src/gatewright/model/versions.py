"""Which versions of Gateway API, of controllers and of Kubernetes clusters have, side by side, and how far they differ.

Computed by ``gatewayapi.consistency``; shown as a matrix, as findings and as JSON.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from gatewright.model.desired import BundleName, SkewLevel
from gatewright.model.health import HealthFinding
from gatewright.text import Message

BundleState: TypeAlias = Literal["absent", "uniform", "mixed", "unannotated", "monthly", "dev", "unknown"]
"""``uniform``: all CRDs claim one release; ``mixed``: several; ``unannotated``: none say which; ``monthly`` and
``dev``: builds that are no release; ``unknown``: the CRDs could not be read."""

SkewKind: TypeAlias = Literal["bundle", "channel", "unordered", "mixed", "absent", "controller"]


class BundleClaim(msgspec.Struct, frozen=True, order=True):
    """What annotations of CRDs say, as they say it (empty: nothing), and how many CRDs say so."""

    version: str
    channel: str
    crds: int

    def __str__(self) -> str:
        return " ".join(part for part in (self.version, self.channel) if part) or "?"


class CrdVersions(msgspec.Struct, frozen=True, omit_defaults=True):
    """One CRD. ``debt``: stored versions that are not the storage version any more: objects may still be kept as them,
    and the API server refuses every CRD that lacks one. ``blocks``: the newer releases that it therefore refuses.
    ``orphan``: the cluster's own bundle does not have it, so that nothing updates it."""

    name: str
    version: str
    channel: str
    served: tuple[str, ...]
    storage: str
    stored: tuple[str, ...]
    debt: tuple[str, ...] = ()
    blocks: tuple[BundleName, ...] = ()
    orphan: bool = False


class ControllerVersions(msgspec.Struct, frozen=True, omit_defaults=True):
    """A controller that runs. ``needs``: whether the CRDs serve what it reads; ``lacking``: what they do not
    (``tlsroutes.gateway.networking.k8s.io v1``), which stops all its routing."""

    controller: str
    version: str
    namespace: str
    deployment: str
    available: bool
    needs: Literal["served", "unserved", "unknown"]
    lacking: tuple[str, ...] = ()


class ClusterVersions(msgspec.Struct, frozen=True, omit_defaults=True):
    """The versions of one cluster.

    ``claims``: what its CRDs say, most CRDs first; ``bundle``: what most say, where that is a version and a channel;
    ``fits``: the releases whose CRDs have exactly these versions served and stored (patch releases are often equal);
    ``untrue``: the catalogue has ``bundle`` and it is not among ``fits``. ``lacking``: CRDs of the bundle that are not
    there. ``tested``: whether upstream ran the bundle on this Kubernetes. ``admission``: the bundle's admission policy.
    """

    cluster: str
    kubernetes: str
    state: BundleState
    bundle: BundleName | None = None
    claims: tuple[BundleClaim, ...] = ()
    fits: tuple[BundleName, ...] = ()
    untrue: bool = False
    crds: tuple[CrdVersions, ...] = ()
    lacking: tuple[str, ...] = ()
    controllers: tuple[ControllerVersions, ...] = ()
    tested: Literal["tested", "untested", "below-floor", "unknown"] = "unknown"
    admission: Literal["present", "absent", "unknown"] = "unknown"

    @property
    def orphans(self) -> tuple[str, ...]:
        return tuple(crd.name for crd in self.crds if crd.orphan)

    @property
    def in_debt(self) -> tuple[CrdVersions, ...]:
        return tuple(crd for crd in self.crds if crd.debt)


ColumnKind: TypeAlias = Literal["kubernetes", "state", "bundle", "channel", "controller", "debt", "orphans", "crd"]
CellState: TypeAlias = Literal["common", "differs", "attention", "none", "unknown"]


class MatrixColumn(msgspec.Struct, frozen=True):
    """``key`` names it (``crd:httproutes.gateway.networking.k8s.io``), ``title`` is the short name (``httproutes``);
    ``common`` is the value of most clusters, and ``agreed`` whether it is that of all that have one."""

    key: str
    kind: ColumnKind
    title: str
    common: str
    agreed: bool


class MatrixCell(msgspec.Struct, frozen=True, omit_defaults=True):
    """``value`` is empty where there is nothing (``none``) or nothing was seen (``unknown``). ``differs``: not what
    most have; ``attention``: wrong whatever the others have; ``details`` says what, as names and versions."""

    value: str
    state: CellState
    details: tuple[str, ...] = ()


class MatrixRow(msgspec.Struct, frozen=True):
    """The cells are in the order of the matrix's columns."""

    cluster: str
    cells: tuple[MatrixCell, ...]


class VersionMatrix(msgspec.Struct, frozen=True):
    """Clusters down, in the order of their names; versions across."""

    columns: tuple[MatrixColumn, ...]
    rows: tuple[MatrixRow, ...]


class Skew(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way in which a team's clusters differ.

    ``key`` is the same for as long as it lasts (``bundle``, ``mixed:shanghai``, ``controller:traefik``). ``versions``:
    each cluster's; ``ahead``: those with the newest; ``behind``: the others. ``target``: what would level them.
    """

    key: str
    kind: SkewKind
    level: SkewLevel
    versions: dict[str, str]
    ahead: tuple[str, ...]
    behind: tuple[str, ...]
    target: str
    subject: str = ""


class SkewFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A skew that the team's policy does not allow for ever. ``deadline``: when it becomes an error (RFC 3339, UTC);
    ``levelling``: what would level the clusters, and why that."""

    skew: Skew
    finding: HealthFinding
    deadline: str
    levelling: Message


class Versions(msgspec.Struct, frozen=True):
    """The versions of the fleet or of a team: the matrix, the clusters in full, and the skew of each team in it."""

    matrix: VersionMatrix
    clusters: tuple[ClusterVersions, ...]
    skews: tuple[SkewFinding, ...]

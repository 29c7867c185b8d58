"""The versions of one cluster, from what is watched there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from gatewright.gatewayapi.catalogue import BundleFacts, CrdFacts, catalogue
from gatewright.gatewayapi.controllers import requirements, unserved
from gatewright.gatewayapi.crds import GROUPS, bundle_of
from gatewright.gatewayapi.kinds import CRD, GroupKind
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.surroundings import Crd
from gatewright.gatewayapi.versions import VersionKey, older, version_key
from gatewright.model.desired import BundleName
from gatewright.model.observation import ControllerObservation
from gatewright.model.versions import BundleClaim, BundleState, ClusterVersions, ControllerVersions, CrdVersions

POLICY: Final[GroupKind] = ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy")

_SAFE_UPGRADES: Final = "safe-upgrades.gateway.networking.k8s.io"
_MONTHLY: Final = re.compile(r"(?:v?monthly[-.])?\d{4}\.\d{2}.*|v?monthly.*")
_LOWEST: Final[VersionKey] = (-1, 0, 0, 0, "")


def versions_of(snapshot: Snapshot) -> ClusterVersions:
    """What the cluster has. CRDs that could not be read give the state ``unknown``, not ``absent``."""
    crds = sorted(_gateway_crds(snapshot), key=lambda crd: crd.metadata.name)
    claims = claims_of(crds)
    bundle = bundle_claimed(claims)
    facts = None if bundle is None else catalogue().by_name.get(bundle)
    known = tuple(_crd(crd, bundle, facts) for crd in crds)
    fits = _fits(crds, frozenset(crd.name for crd in known if crd.orphan))
    served = frozenset((crd.name, version) for crd in known for version in crd.served)
    return ClusterVersions(
        cluster=snapshot.cluster,
        kubernetes=snapshot.kubernetes,
        state="unknown" if CRD in snapshot.unread else _state(known),
        bundle=bundle,
        claims=claims,
        fits=fits,
        untrue=facts is not None and bundle not in fits and not _same_annotation(facts, fits),
        crds=known,
        lacking=() if facts is None else tuple(sorted(set(facts.by_name) - {crd.name for crd in known})),
        controllers=tuple(_controller(c, served) for c in sorted(snapshot.controllers, key=_controller_key)),
        tested=_tested(snapshot.kubernetes, facts),
        admission=_admission(snapshot),
    )


def claims_of(crds: Iterable[Crd]) -> tuple[BundleClaim, ...]:
    """What the CRDs claim to be of: most CRDs first, then the newest version."""
    return count_claims(bundle_of(crd.metadata.annotations or {}) for crd in crds)


def count_claims(annotated: Iterable[tuple[str, str]]) -> tuple[BundleClaim, ...]:
    """The same from what ``crds.bundle_of`` gives for each."""
    counts = Counter(annotated)
    claims = [BundleClaim(version, channel, count) for (version, channel), count in counts.items()]
    newest_first = sorted(claims, key=lambda c: (version_key(c.version) or _LOWEST, c.version, c.channel), reverse=True)
    return tuple(sorted(newest_first, key=lambda c: -c.crds))


def bundle_claimed(claims: Sequence[BundleClaim]) -> BundleName | None:
    """The bundle that most CRDs claim; None where they do not say a version and a channel that exists."""
    for claim in claims[:1]:
        if claim.version and claim.channel == "standard":
            return BundleName(claim.version, "standard")
        if claim.version and claim.channel == "experimental":
            return BundleName(claim.version, "experimental")
    return None


def is_monthly(version: str) -> bool:
    """Whether it is upstream's build of a month (``monthly-2026.06``), which is no release."""
    return _MONTHLY.fullmatch(version) is not None


def is_dev(version: str) -> bool:
    """Whether it is a build of somebody's work tree (``v0.0.0-dev``, ``v1.5.0-dev``)."""
    return version == "dev" or version.endswith("-dev")


def _gateway_crds(snapshot: Snapshot) -> Iterable[Crd]:
    return (crd for crd in snapshot.of(CRD).values() if crd.spec.group in GROUPS)


def _crd(crd: Crd, bundle: BundleName | None, facts: BundleFacts | None) -> CrdVersions:
    name = crd.metadata.name
    version, channel = bundle_of(crd.metadata.annotations or {})
    storage = next((v.name for v in crd.spec.versions if v.storage), "")
    stored = (crd.status.stored_versions or ()) if crd.status is not None else ()
    debt = tuple(v for v in stored if v != storage)
    return CrdVersions(
        name=name,
        version=version,
        channel=channel,
        served=tuple(v.name for v in crd.spec.versions if v.served),
        storage=storage,
        stored=stored,
        debt=debt,
        blocks=_blocked(name, stored, bundle, version) if debt else (),
        orphan=facts is not None and name not in facts.by_name and not older(facts.version, version),
    )


def _blocked(crd: str, stored: Sequence[str], bundle: BundleName | None, claimed: str) -> tuple[BundleName, ...]:
    """The newer releases (of the cluster's channel, if it is known) whose CRD lacks a version that is stored."""
    now = bundle.version if bundle is not None else claimed
    return tuple(
        release.name
        for release in catalogue().bundles
        if (bundle is None or release.channel == bundle.channel)
        and (not version_key(now) or older(now, release.version))
        and (found := release.crd(crd)) is not None
        and not set(stored) <= {v.name for v in found.versions}
    )


def _fits(crds: Sequence[Crd], orphans: frozenset[str]) -> tuple[BundleName, ...]:
    present = {crd.metadata.name: _shape(crd) for crd in crds if crd.metadata.name not in orphans}
    if not present:
        return ()
    return tuple(
        release.name
        for release in catalogue().bundles
        if {facts.name: _released_shape(facts) for facts in release.crds} == present
    )


def _shape(crd: Crd) -> frozenset[tuple[str, bool, bool]]:
    return frozenset((v.name, v.served, v.storage) for v in crd.spec.versions)


def _released_shape(facts: CrdFacts) -> frozenset[tuple[str, bool, bool]]:
    return frozenset((v.name, v.served, v.storage) for v in facts.versions)


def _same_annotation(facts: BundleFacts, fits: Sequence[BundleName]) -> bool:
    """A release may annotate its CRDs with another's version: v0.8.1 says v0.8.0."""
    return any(
        crd.annotated == facts.version and name.channel == facts.channel
        for name in fits
        for crd in catalogue().bundle(name).crds[:1]
    )


def _state(crds: Sequence[CrdVersions]) -> BundleState:
    if not crds:
        return "absent"
    members = [crd for crd in crds if not crd.orphan] or crds
    claims = {(crd.version, crd.channel) for crd in members}
    if not any(version for version, _ in claims):
        return "unannotated"
    if len(claims) > 1:
        return "mixed"
    version, channel = next(iter(claims))
    if is_monthly(version):
        return "monthly"
    if is_dev(version):
        return "dev"
    return "uniform" if channel else "unannotated"


def _controller(seen: ControllerObservation, served: frozenset[tuple[str, str]]) -> ControllerVersions:
    needed = requirements(seen.controller, seen.version, seen.args)
    lacking = unserved(needed, served) if needed is not None else ()
    return ControllerVersions(
        controller=seen.controller,
        version=seen.version,
        namespace=seen.namespace,
        deployment=seen.deployment,
        available=seen.available,
        needs="unknown" if needed is None else "unserved" if lacking else "served",
        lacking=tuple(f"{crd} {version}" for crd, version in lacking),
    )


def _controller_key(seen: ControllerObservation) -> tuple[str, str, str]:
    return (seen.controller, seen.namespace, seen.deployment)


def _tested(kubernetes: str, facts: BundleFacts | None) -> Literal["tested", "untested", "below-floor", "unknown"]:
    if facts is None or not kubernetes:
        return "unknown"
    try:
        if not facts.kubernetes.allows(kubernetes):
            return "below-floor"
        tested = facts.kubernetes.tests(kubernetes)
    except ValueError:
        return "unknown"
    return "unknown" if tested is None else "tested" if tested else "untested"


def _admission(snapshot: Snapshot) -> Literal["present", "absent", "unknown"]:
    if POLICY not in snapshot.objects or POLICY in snapshot.unread:
        return "unknown"
    return "present" if any(name == _SAFE_UPGRADES for _, name in snapshot.of(POLICY)) else "absent"

"""The verdict on each CRD of the target bundle, and the facts about a live CRD that the preflight rules share.

CRDs are told apart by the digest of their spec, as the catalogue records it per release; annotations only say what
somebody claimed. Without the user's word (custody ``own``) a CRD that another wrote is used or refused, never written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from gatewright.gatewayapi.catalogue import BundleFacts, CrdFacts, catalogue
from gatewright.gatewayapi.crds import bundle_of, normalised
from gatewright.model.desired import BundleName
from gatewright.model.observation import CrdObservation
from gatewright.model.plan import FieldDifference, ObjectVerdict, Verdict
from gatewright.planning.differences import between, shown
from gatewright.planning.fingerprints import fingerprint
from gatewright.planning.ownership import Holding, holding_of, origin_after, other_managers
from gatewright.planning.request import BundleContent, ClusterRequest, claimed_release
from gatewright.text import Message, Param

_STOPS: Final = frozenset({"wait", "conflict", "blocked"})


class LiveCrd(msgspec.Struct, frozen=True):
    """A CRD in the cluster, classified. ``releases``: the bundles that contain exactly this spec (several: a CRD does
    not change in every release); ``claimed``: what its annotations say; ``target``: its facts in the target bundle."""

    seen: CrdObservation
    holding: Holding
    releases: tuple[BundleName, ...]
    claimed: BundleName | None
    target: CrdFacts | None

    @property
    def name(self) -> str:
        return self.seen.name

    @property
    def equal(self) -> bool:
        """Whether its spec is the target's."""
        return self.target is not None and self.seen.spec_digest == self.target.spec

    @property
    def ours(self) -> bool:
        return self.holding.holder == "ours"

    @property
    def pristine(self) -> bool:
        """Whether its spec is that of the release that its annotations claim. (v0.8.1 is annotated v0.8.0.)"""
        if self.claimed is None:
            return False
        facts = [catalogue().bundle(name) for name in self.releases]
        return any(
            found.annotated == self.claimed.version and bundle.channel == self.claimed.channel
            for bundle in facts
            if (found := bundle.crd(self.name)) is not None
        )

    @property
    def release(self) -> BundleName | None:
        """The one release to name it by: what it claims if that is true, else the newest that has its spec."""
        if self.pristine and self.claimed in self.releases:
            return self.claimed
        return self.releases[-1] if self.releases else None

    @property
    def label(self) -> str:
        """The release, or the claim that is not true, as text."""
        return str(self.release or self.claimed or "-")


def classify(request: ClusterRequest, target: BundleFacts | None) -> Mapping[str, LiveCrd]:
    """Every observed CRD by name, in the order of the observation's names."""
    return {
        seen.name: LiveCrd(
            seen,
            holding_of(seen.metadata, request.known),
            catalogue().recognise(seen.name, seen.spec_digest),
            claimed_release(seen.metadata.annotations),
            None if target is None else target.crd(seen.name),
        )
        for seen in sorted(request.observation.crds, key=lambda c: c.name)
    }


def stamped(live: LiveCrd, target: BundleFacts, facts: CrdFacts) -> bool:
    """Whether its bundle annotations are the target's (equal specs of two releases differ only there)."""
    return bundle_of(live.seen.metadata.annotations) == (facts.annotated, target.channel)


def crd_verdict(request: ClusterRequest, target: BundleFacts, facts: CrdFacts, live: LiveCrd | None) -> ObjectVerdict:
    """The verdict on one CRD of the target bundle."""
    if live is None:
        watching = request.known.custody == "observe"
        key = "planning.crd-absent-observe" if watching else "planning.crd-absent"
        return _verdict(request, target, facts, None, "conflict" if watching else "create", key)
    if live.seen.metadata.deleting:
        return _verdict(request, target, facts, live, "wait", "planning.crd-deleting")
    verdict, key = _ours(target, facts, live) if live.ours else _foreign(request, live)
    if verdict == "share" and not live.seen.established:
        verdict, key = "wait", "planning.crd-not-established"
    return _verdict(request, target, facts, live, verdict, key)


def _ours(target: BundleFacts, facts: CrdFacts, live: LiveCrd) -> tuple[Verdict, str]:
    if live.equal and stamped(live, target, facts):
        return "unchanged", "planning.crd-unchanged"
    if not live.releases:
        return "update", "planning.crd-drift"
    return "update", "planning.crd-update"


def _foreign(request: ClusterRequest, live: LiveCrd) -> tuple[Verdict, str]:
    custody = request.known.custody
    another = live.holding.holder == "gatewright"
    if custody == "own":
        if live.equal:
            return "adopt", "planning.crd-adopt-equal"
        if live.releases:
            return "adopt", "planning.crd-adopt"
        return "blocked", "planning.crd-modified"
    if live.equal:
        return "share", "planning.crd-share"
    if custody == "observe":
        return "conflict", "planning.crd-differs-observe"
    if not live.releases:
        return "blocked", "planning.crd-modified"
    return "conflict", "planning.crd-gatewright" if another else "planning.crd-foreign"


def _verdict(
    request: ClusterRequest,
    target: BundleFacts,
    facts: CrdFacts,
    live: LiveCrd | None,
    verdict: Verdict,
    key: str,
) -> ObjectVerdict:
    differences = () if live is None or live.equal else _differences(request, target, live)
    params: dict[str, Param] = {
        "cluster": request.cluster,
        "crd": facts.name,
        "bundle": str(target.name),
        "release": live.label if live else "-",
        "owner": live.holding.name if live else "-",
        "evidence": live.holding.owner.evidence if live and live.holding.owner else "-",
        "managers": other_managers(live.seen.metadata) if live else "-",
        "differences": len(differences),
    }
    return ObjectVerdict(
        facts.ref,
        verdict,
        Message(key, params),
        Message(f"{key}.remedy", params) if verdict in _STOPS else None,
        live.holding.owner if live else None,
        shown(differences),
        "" if live is None else fingerprint(live.seen),
        facts.spec if verdict in ("create", "update", "adopt", "unchanged") else "",
        origin_after(verdict, live.holding if live else None, request.known.record_of(facts.ref)),
    )


def _differences(request: ClusterRequest, target: BundleFacts, live: LiveCrd) -> tuple[FieldDifference, ...]:
    """Against the target; a CRD that is in no release, against the release that it claims (what was modified?)."""
    claimed = live.claimed if not live.releases and live.claimed in request.bundles else None
    content: BundleContent | None = request.bundles.get(claimed or target.name)
    released = None if content is None else content.crds.get(live.name)
    if released is None or live.seen.spec is None:
        return ()
    return between({"spec": normalised(released["spec"])}, {"spec": normalised(live.seen.spec)})

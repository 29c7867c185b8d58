"""What planning is asked: everything that one cluster's plan depends on, and what the shell must fetch to ask it.

The shell's part, in order::

    asked = interests_of(known, team, action)                 # what to observe (planning.interests)
    observation = <observe exactly that>
    names = needed_bundles(observation, known)                # which bundle contents to fetch
    request = ClusterRequest(observation, known, team, action, {name: <fetched> for name in names}, bindings)
    plan_cluster(request)                                     # planning.plans
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from gatewright.gatewayapi.crds import bundle_of
from gatewright.model.desired import BundleName, Claim, Custody, SkewLevel
from gatewright.model.objects import Manifest, ObjectRef
from gatewright.model.observation import Observation
from gatewright.model.plan import Action, Origin

CRD_API: Final = "apiextensions.k8s.io/v1"
CRD_KIND: Final = "CustomResourceDefinition"


def crd_ref(name: str) -> ObjectRef:
    """The reference of a CRD by its name, ``plural.group``."""
    return ObjectRef(CRD_API, CRD_KIND, name)


def namespace_ref(name: str) -> ObjectRef:
    return ObjectRef("v1", "Namespace", name)


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """What we remember of one object that we created or adopted, written after our own write succeeded.

    ``wanted`` is ``ObjectVerdict.wanted`` of that write (for a CRD: its spec digest). ``uid`` and ``generation`` are
    those that the write returned: while a CRD's metadata still shows both, its spec is what we wrote, so the shell may
    fill ``CrdObservation.spec_digest`` with ``wanted`` and the versions from the catalogue without reading the schema.
    ``team``: whose namespace it is; empty for what belongs to the cluster.
    """

    ref: ObjectRef
    origin: Origin
    uid: str
    generation: int
    wanted: str
    team: str = ""


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """What we know of a cluster without looking at it.

    ``claims``: every team's for this cluster, as they will be after the change; ``leaving``: the claim that the
    team gives up (action ``leave`` only, and then not among ``claims``). ``installation``: this Gatewright's UID.
    """

    installation: str
    custody: Custody | None = None
    claims: tuple[Claim, ...] = ()
    leaving: Claim | None = None
    records: tuple[Record, ...] = ()

    def record_of(self, ref: ObjectRef) -> Record | None:
        return next((r for r in self.records if r.ref.identity == ref.identity), None)

    def claim_of(self, team: str) -> Claim | None:
        """The team's claim: the one it holds or the one it gives up."""
        if self.leaving is not None and self.leaving.team == team:
            return self.leaving
        return next((c for c in self.claims if c.team == team), None)


class BundleContent(msgspec.Struct, frozen=True):
    """The objects of one bundle: CRDs by name, and the admission policy's objects in the order to apply them."""

    name: BundleName
    crds: Mapping[str, Manifest]
    policy: tuple[Manifest, ...] = ()


class ClusterRequest(msgspec.Struct, frozen=True):
    """One cluster's question. ``bindings``: the namespaces of the *other* teams on this cluster, each with its team.
    ``keep_crds`` (leave only): leave the CRDs and the policy in the cluster instead of removing what we created.

    ``peers``: the bundle of each other cluster of the team, as it will be after the whole plan where it is part of it,
    as last seen where it is not (absent: not known); ``skew``: how far the team lets its clusters differ without limit.
    Both are only compared with, never planned for."""

    observation: Observation
    known: Known
    team: str
    action: Action
    bundles: Mapping[BundleName, BundleContent] = {}
    bindings: Mapping[str, str] = {}
    keep_crds: bool = False
    peers: Mapping[str, BundleName] = {}
    skew: SkewLevel = "none"

    @property
    def cluster(self) -> str:
        return self.observation.cluster


class Interests(msgspec.Struct, frozen=True):
    """What must be observed, and nothing else: ``Observation.namespaces`` and ``objects`` for these names (absent ones
    are left out of the observation), every CRD of the Gateway API groups, every known controller, every GatewayClass,
    every admission policy that matches CRDs.

    ``count_objects``: fill ``CrdObservation.objects``. ``count_contents``: namespaces to fill ``contents`` of.
    """

    namespaces: tuple[str, ...] = ()
    objects: tuple[ObjectRef, ...] = ()
    count_objects: bool = False
    count_contents: tuple[str, ...] = ()


def claimed_release(annotations: dict[str, str]) -> BundleName | None:
    """The release that a CRD's annotations claim; None without them or with a channel that does not exist."""
    version, channel = bundle_of(annotations)
    if not version or channel not in ("standard", "experimental"):
        return None
    return BundleName(version, channel)

"""Every Gateway API release that Gatewright knows, in both channels, as data.

``data/catalogue.json`` is written by ``scripts/make_catalogue.py`` from the released files; nothing of the files
themselves is in it, only names, versions and digests. Its values are immutable and read once.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache, cached_property
from importlib import resources
from typing import ClassVar, Final, Literal

import msgspec

from gatewright.gatewayapi.versions import kubernetes_minor, version_key
from gatewright.model.desired import BundleName, Channel
from gatewright.model.errors import NotFoundError
from gatewright.model.objects import ObjectRef

CRD_API: Final = "apiextensions.k8s.io/v1"
POLICY_API: Final = "admissionregistration.k8s.io/v1"


class UnknownBundleError(NotFoundError):
    """No release of that version and channel is in the catalogue; the message lists the nearest ones."""

    code: ClassVar[str] = "bundle.unknown"


class VersionFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One version of a CRD as released."""

    name: str
    served: bool
    storage: bool
    deprecated: bool = False


class CrdFacts(msgspec.Struct, frozen=True):
    """A CRD of a release. ``annotated``: the bundle version written in the file (v0.8.1 says v0.8.0); ``sha256`` of the
    released file; ``content``: ``crds.content_digest`` of the object; ``spec``: ``crds.spec_digest`` of its spec."""

    name: str
    kind: str
    scope: Literal["Namespaced", "Cluster"]
    annotated: str
    versions: tuple[VersionFacts, ...]
    file: str
    sha256: str
    content: str
    spec: str

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(CRD_API, "CustomResourceDefinition", self.name)

    @property
    def plural(self) -> str:
        return self.name.partition(".")[0]

    @property
    def group(self) -> str:
        return self.name.partition(".")[2]

    @property
    def storage(self) -> str:
        """The version that objects are stored as."""
        return next(v.name for v in self.versions if v.storage)

    def served(self) -> frozenset[str]:
        return frozenset(v.name for v in self.versions if v.served)


class PolicyFacts(msgspec.Struct, frozen=True):
    """An object of a release's admission policy. ``expressions``: ``policies.expression_digest`` of each."""

    kind: Literal["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]
    name: str
    file: str
    content: str
    expressions: tuple[str, ...]

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(POLICY_API, self.kind, self.name)


class KubernetesRange(msgspec.Struct, frozen=True):
    """``floor``: the oldest minor on which the release works; ``tested``: oldest and newest of upstream's own runs,
    empty strings where it published none. All as ``1.31``."""

    floor: str
    tested: tuple[str, str]

    def allows(self, kubernetes: str) -> bool:
        """Whether a cluster's version (``v1.30.4+k3s1``) is not below the floor."""
        return kubernetes_minor(kubernetes) >= kubernetes_minor(self.floor)

    def tests(self, kubernetes: str) -> bool | None:
        """Whether upstream tested with this minor; None where it published no range."""
        low, high = self.tested
        if not low:
            return None
        return kubernetes_minor(low) <= kubernetes_minor(kubernetes) <= kubernetes_minor(high)


class BundleFacts(msgspec.Struct, frozen=True, dict=True):
    """One release and channel. ``released``: date of the tag (ISO 8601); ``digest``: SHA-256 over the sorted
    ``content`` digests of everything in it."""

    version: str
    channel: Channel
    released: str
    kubernetes: KubernetesRange
    digest: str
    crds: tuple[CrdFacts, ...]
    policy: tuple[PolicyFacts, ...]

    @property
    def name(self) -> BundleName:
        return BundleName(self.version, self.channel)

    @cached_property
    def by_name(self) -> Mapping[str, CrdFacts]:
        return {c.name: c for c in self.crds}

    def crd(self, name: str) -> CrdFacts | None:
        return self.by_name.get(name)

    @cached_property
    def served(self) -> frozenset[tuple[str, str]]:
        """Every ``(CRD name, version)`` that a cluster with exactly this bundle serves."""
        return frozenset((c.name, version) for c in self.crds for version in c.served())

    @property
    def policy_expressions(self) -> tuple[str, ...]:
        """The digests of its policy's expressions, for ``policies.policy_answer``; empty where it has no policy."""
        return tuple(e for p in self.policy for e in p.expressions)


class Catalogue(msgspec.Struct, frozen=True, dict=True):
    """All releases, oldest first, standard before experimental."""

    bundles: tuple[BundleFacts, ...]

    @cached_property
    def by_name(self) -> Mapping[BundleName, BundleFacts]:
        return {b.name: b for b in self.bundles}

    @cached_property
    def _by_spec(self) -> Mapping[tuple[str, str], tuple[BundleName, ...]]:
        found: dict[tuple[str, str], tuple[BundleName, ...]] = {}
        for bundle in self.bundles:
            for crd in bundle.crds:
                key = (crd.name, crd.spec)
                found[key] = (*found.get(key, ()), bundle.name)
        return found

    @property
    def versions(self) -> tuple[str, ...]:
        """Every version once, oldest first."""
        return tuple(dict.fromkeys(b.version for b in self.bundles))

    def bundle(self, name: BundleName) -> BundleFacts:
        """The facts of a bundle. Raises ``UnknownBundleError`` naming the nearest versions."""
        found = self.by_name.get(name)
        if found is None:
            raise UnknownBundleError(bundle=str(name), near=", ".join(self._near(name.version)))
        return found

    def recognise(self, crd: str, spec_digest: str) -> tuple[BundleName, ...]:
        """The bundles, oldest first, that contain exactly this CRD; none: it is foreign, modified or unreleased."""
        return self._by_spec.get((crd, spec_digest), ())

    def crd_names(self) -> frozenset[str]:
        """Every CRD that any release had."""
        return frozenset(c.name for b in self.bundles for c in b.crds)

    def _near(self, version: str) -> tuple[str, ...]:
        wanted = version_key(version)
        same_minor = [v for v in self.versions if wanted and (version_key(v) or ())[:2] == wanted[:2]]
        return tuple(same_minor or difflib.get_close_matches(version, self.versions, 3, 0.5) or self.versions[-3:])


@cache
def catalogue() -> Catalogue:
    """The catalogue that ships with this version of Gatewright."""
    file = resources.files(__package__ or "") / "data" / "catalogue.json"
    return msgspec.json.decode(file.read_bytes(), type=Catalogue)

"""What must be true before the first write. One function per rule; ``RULES`` is the list, and the place to add more.

A rule gets a ``Context`` and yields findings. Its code is ``preflight.<rule>``, the key of its sentence (the evidence)
and, with ``.remedy`` appended, of what to do. ``block`` stops the cluster's plan, ``warn`` is only shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from gatewright.gatewayapi.catalogue import BundleFacts, CrdFacts, catalogue
from gatewright.gatewayapi.consistency.skew import RANK, bundle_level
from gatewright.gatewayapi.consistency.versions import bundle_claimed, count_claims
from gatewright.gatewayapi.controllers import requirements, unserved
from gatewright.gatewayapi.crds import bundle_of
from gatewright.gatewayapi.policies import CrdChange, policy_answer
from gatewright.gatewayapi.versions import older
from gatewright.model.desired import BundleName
from gatewright.model.objects import ObjectRef
from gatewright.model.observation import ControllerObservation
from gatewright.model.plan import WRITES, Finding, ObjectVerdict, Severity
from gatewright.planning.crds import LiveCrd
from gatewright.planning.request import CRD_KIND, ClusterRequest
from gatewright.planning.wanted import Wanted
from gatewright.text import Message, Param


class Context(msgspec.Struct, frozen=True):
    """What the rules see: the question, what is wanted, every live CRD, and the verdicts made so far."""

    request: ClusterRequest
    wanted: Wanted
    live: Mapping[str, LiveCrd]
    verdicts: tuple[ObjectVerdict, ...]

    @property
    def target(self) -> BundleFacts | None:
        return self.wanted.bundle

    @property
    def writes(self) -> bool:
        """Whether the plan would write anything."""
        return any(v.verdict in WRITES for v in self.verdicts)

    @property
    def crds_written(self) -> frozenset[str]:
        return frozenset(v.ref.name for v in self.verdicts if v.verdict in WRITES and v.ref.kind == CRD_KIND)

    def members(self) -> Iterator[tuple[CrdFacts, LiveCrd]]:
        """The CRDs of the target that exist in the cluster, each with its facts."""
        for facts in () if self.target is None else self.target.crds:
            if facts.name in self.live:
                yield facts, self.live[facts.name]

    def finding(self, rule: str, severity: Severity, *, object: ObjectRef | None = None, **params: Param) -> Finding:
        code = f"preflight.{rule}"
        bundle = "-" if self.target is None else str(self.target.name)
        everything: dict[str, Param] = {"cluster": self.request.cluster, "bundle": bundle, **params}
        return Finding(code, severity, Message(code, everything), Message(f"{code}.remedy", everything), object)


Rule = Callable[[Context], Iterable[Finding]]


def kubernetes_floor(ctx: Context) -> Iterator[Finding]:
    """The target's CRDs use validation that an older API server refuses."""
    if (
        ctx.target is not None
        and ctx.crds_written
        and not ctx.target.kubernetes.allows(ctx.request.observation.kubernetes)
    ):
        yield ctx.finding(
            "kubernetes-floor",
            "block",
            kubernetes=ctx.request.observation.kubernetes,
            floor=ctx.target.kubernetes.floor,
        )


def kubernetes_untested(ctx: Context) -> Iterator[Finding]:
    """Above the floor, but upstream never ran its tests on it."""
    if ctx.target is None or not ctx.crds_written:
        return
    kubernetes, range_ = ctx.request.observation.kubernetes, ctx.target.kubernetes
    if range_.allows(kubernetes) and range_.tests(kubernetes) is False:
        oldest, newest = range_.tested
        yield ctx.finding("kubernetes-untested", "warn", kubernetes=kubernetes, oldest=oldest, newest=newest)


def stored_versions(ctx: Context) -> Iterator[Finding]:
    """The API server refuses a CRD that lacks a version which ``status.storedVersions`` names."""
    for facts, live in ctx.members():
        lacking = [v for v in live.seen.stored_versions if v not in {known.name for known in facts.versions}]
        if lacking:
            yield ctx.finding(
                "stored-versions", "block", object=facts.ref,
                crd=facts.name, lacking=", ".join(lacking), storage=facts.storage, plural=facts.name,
                kept=", ".join(v for v in live.seen.stored_versions if v not in lacking) or facts.storage,
            )  # fmt: skip


def controller_requirements(ctx: Context) -> Iterator[Finding]:
    """A controller that waits for a version which nobody serves stops *all* its routing (Traefik 3.7 on v1.4)."""
    if ctx.target is None or not ctx.writes:
        return
    after = set(ctx.target.served)
    after |= {(name, v) for name, live in ctx.live.items() if live.target is None for v in live.seen.served()}
    for controller in ctx.request.observation.controllers:
        needed = requirements(controller.controller, controller.version, controller.args)
        lacking = unserved(needed, frozenset(after)) if needed else ()
        if lacking:
            yield ctx.finding(
                "controller-requirements", "block", object=_deployment(controller),
                controller=f"{controller.controller} {controller.version}",
                deployment=f"{controller.namespace}/{controller.deployment}",
                lacking=", ".join(f"{crd} {version}" for crd, version in lacking),
                suits=_suiting(frozenset(needed or ())),
            )  # fmt: skip


def controller_twice(ctx: Context) -> Iterator[Finding]:
    """Two deployments of one controller answer for the same controllerName and fight over every GatewayClass."""
    for wanted in ctx.wanted.controllers:
        ours = wanted.deployment
        for seen in ctx.request.observation.controllers:
            if seen.controller == wanted.controller.spec.name and ours is not None and _deployment(seen) != ours:
                yield ctx.finding(
                    "controller-twice", "block", object=_deployment(seen),
                    controller=seen.controller, version=seen.version or "-",
                    deployment=f"{seen.namespace}/{seen.deployment}", namespace=seen.namespace,
                )  # fmt: skip


def channel_move(ctx: Context) -> Iterator[Finding]:
    """Between channels fields appear and vanish: from experimental to standard, one write loses them for good."""
    moved: defaultdict[str, list[str]] = defaultdict(list)
    for facts, live in ctx.members():
        _, channel = bundle_of(live.seen.metadata.annotations)
        if ctx.target is not None and channel and channel != ctx.target.channel and not _shared(ctx, facts.name):
            moved[channel].append(facts.name)
    for channel, names in sorted(moved.items()):
        target = "-" if ctx.target is None else ctx.target.channel
        rule = "channel-move" if channel == "experimental" else "channel-move-up"
        yield ctx.finding(rule, "block", crds=", ".join(names), channel=channel, target=target)


def downgrade(ctx: Context) -> Iterator[Finding]:
    """Going back drops fields and versions that objects may use already."""
    newer: defaultdict[str, list[str]] = defaultdict(list)
    for facts, live in ctx.members():
        version = _version_of(live)
        if ctx.target is not None and not _shared(ctx, facts.name) and older(ctx.target.version, version):
            newer[version].append(facts.name)
    for version, names in sorted(newer.items()):
        yield ctx.finding("downgrade", "block", crds=", ".join(names), version=version)


def mixed_bundle(ctx: Context) -> Iterator[Finding]:
    """CRDs of several releases were never tested together. What an interrupted change of ours left is no mix: CRDs of
    ours that are at the target already do not count."""
    rest = [live for _, live in ctx.members() if not (live.ours and live.equal)]
    known = [live for live in rest if live.releases]
    if len(known) < 2 or _common(known):
        return
    by_release: defaultdict[str, list[str]] = defaultdict(list)
    for live in known:
        by_release[live.label].append(live.name.partition(".")[0])
    parts = "; ".join(f"{release}: {', '.join(names)}" for release, names in sorted(by_release.items()))
    yield ctx.finding("mixed-bundle", "block", parts=parts)


def unannotated(ctx: Context) -> Iterator[Finding]:
    """Without the bundle annotations nobody, the admission policy included, can tell what a CRD is."""
    names = [
        f.name for f, live in ctx.members() if not all(bundle_of(live.seen.metadata.annotations)) and not live.ours
    ]
    if names:
        yield ctx.finding("unannotated", "block", crds=", ".join(names))


def modified(ctx: Context) -> Iterator[Finding]:
    """The content is not what the annotations claim. (What others changed on a CRD of ours is drift, and put back.)"""
    for facts, live in ctx.members():
        if live.ours or live.pristine or not all(bundle_of(live.seen.metadata.annotations)):
            continue
        claims = " ".join(bundle_of(live.seen.metadata.annotations))
        if live.claimed is None or not _is_known_version(live.claimed):
            yield ctx.finding("unknown-release", "block", object=facts.ref, crd=facts.name, claims=claims)
        elif not (live.equal and _shared(ctx, facts.name)):
            actual = str(live.releases[-1]) if live.releases else "-"
            yield ctx.finding("modified", "block", object=facts.ref, crd=facts.name, claims=claims, actual=actual)


def safe_upgrades(ctx: Context) -> Iterator[Finding]:
    """An admission policy would refuse a write: asked of each CRD before the first one, because a refusal in the
    middle leaves a mixed cluster."""
    target = ctx.target
    if target is None:
        return
    for policy in sorted(ctx.request.observation.policies, key=lambda p: p.name):
        if not policy.bound:
            continue
        changes = [_change(ctx, target, facts) for facts in target.crds if facts.name in ctx.crds_written]
        answers = [(change, policy_answer(policy.expressions, change)) for change in changes]
        ref = ObjectRef("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", policy.name)
        denied = [change.crd for change, answer in answers if answer.answer == "denies"]
        unknown = [change.crd for change, answer in answers if answer.answer == "unknown"]
        if denied:
            yield ctx.finding("safe-upgrades", "block", object=ref, policy=policy.name, crds=", ".join(denied))
        if unknown:
            yield ctx.finding("policy-unknown", "warn", object=ref, policy=policy.name, crds=", ".join(unknown))


def permissions(ctx: Context) -> Iterator[Finding]:
    """Every verb that the plan needs and the account lacks, one finding each."""
    if ctx.writes:
        for missing in sorted(ctx.request.observation.missing_permissions):
            yield ctx.finding("permissions", "block", permission=str(missing))


def orphan_crds(ctx: Context) -> Iterator[Finding]:
    """CRDs of Gateway API that the target does not have: nothing updates them, and controllers may still read them."""
    names = [name for name, live in ctx.live.items() if ctx.target is not None and live.target is None]
    if names:
        yield ctx.finding("orphan-crds", "warn", crds=", ".join(names))


def skew(ctx: Context) -> Iterator[Finding]:
    """The team's clusters would differ more than they do now, and more than the team allows without limit."""
    target, peers = ctx.target, ctx.request.peers
    if target is None or not ctx.crds_written:
        return
    claimed = bundle_claimed(count_claims(bundle_of(live.seen.metadata.annotations) for live in ctx.live.values()))
    now = {} if claimed is None else {name: bundle_level(claimed, peer) for name, peer in peers.items()}
    after = {name: bundle_level(target.name, peer) for name, peer in peers.items()}
    allowed = max(RANK[ctx.request.skew], *(RANK[level] for level in now.values()), 0)
    further = sorted(name for name, level in after.items() if RANK[level] > allowed)
    if further:
        yield ctx.finding(
            "skew", "warn",
            team=ctx.request.team, level=max((after[name] for name in further), key=lambda level: RANK[level]),
            peers=", ".join(f"{name} {peers[name]}" for name in further[:5]), count=len(further),
        )  # fmt: skip


RULES: Final[tuple[Rule, ...]] = (
    kubernetes_floor,
    kubernetes_untested,
    stored_versions,
    controller_requirements,
    controller_twice,
    channel_move,
    downgrade,
    mixed_bundle,
    unannotated,
    modified,
    safe_upgrades,
    permissions,
    orphan_crds,
    skew,
)


def preflight(ctx: Context) -> tuple[Finding, ...]:
    """Every finding of every rule, in the order of the rules."""
    return tuple(finding for rule in RULES for finding in rule(ctx))


def _shared(ctx: Context, crd: str) -> bool:
    """Whether the plan only uses the CRD: nothing is written, so nothing moves."""
    return any(v.verdict == "share" and v.ref.name == crd and v.ref.kind == CRD_KIND for v in ctx.verdicts)


def _common(crds: Sequence[LiveCrd]) -> frozenset[BundleName]:
    """The bundles that all of them can be of."""
    first, *others = (frozenset(live.releases) for live in crds)
    return first.intersection(*others)


def _version_of(live: LiveCrd) -> str:
    """The version to compare by: what the annotation says if that is true or all there is, else that of the oldest
    release that has this very spec."""
    claimed = bundle_of(live.seen.metadata.annotations)[0]
    return claimed if live.pristine or not live.releases else live.releases[0].version


def _is_known_version(name: BundleName) -> bool:
    return name in catalogue().by_name


def _change(ctx: Context, target: BundleFacts, facts: CrdFacts) -> CrdChange:
    live = ctx.live.get(facts.name)
    channel = None if live is None else bundle_of(live.seen.metadata.annotations)[1]
    return CrdChange(facts.name, channel, facts.annotated, target.channel)


def _deployment(controller: ControllerObservation) -> ObjectRef:
    return ObjectRef("apps/v1", "Deployment", controller.deployment, controller.namespace)


def _suiting(needed: frozenset[tuple[str, str]]) -> str:
    """The oldest standard bundle that serves everything needed, as advice; ``-`` if none does."""
    suiting = (b.version for b in catalogue().bundles if b.channel == "standard" and needed <= b.served)
    return next(suiting, "-")

"""The verdict on every other object: a controller's objects, and the admission policy of the bundle.

Equality is judged on the fields that we set, as the API server sees them. An equal object of another writer can be
adopted on the user's word; a different one is a conflict that shows each field.
"""

from __future__ import annotations

from typing import Final, cast

import msgspec

from gatewright.gatewayapi.catalogue import PolicyFacts, catalogue
from gatewright.gatewayapi.marks import mark
from gatewright.gatewayapi.policies import expression_digest
from gatewright.model.objects import Manifest, ObjectRef, digest, ref_of
from gatewright.model.observation import ObjectObservation
from gatewright.model.plan import FieldDifference, ObjectVerdict, Origin, Verdict
from gatewright.planning.differences import missing, shown
from gatewright.planning.fingerprints import fingerprint
from gatewright.planning.ownership import Holding, holding_of, origin_after, other_managers
from gatewright.planning.request import ClusterRequest, Known
from gatewright.text import Message, Param

SHAREABLE: Final = frozenset({"GatewayClass"})
"""Kinds that carry no more than a name for something: two installations that agree on them lose nothing by sharing."""

_STOPS: Final = frozenset({"wait", "conflict", "blocked"})


class Judged(msgspec.Struct, frozen=True):
    """A verdict, and the marked manifest that its write would apply (None where nothing is written)."""

    verdict: ObjectVerdict
    manifest: Manifest | None = None


def live_object(request: ClusterRequest, ref: ObjectRef) -> ObjectObservation | None:
    return next((o for o in request.observation.objects if o.ref.identity == ref.identity), None)


def object_verdict(request: ClusterRequest, wanted: Manifest) -> Judged:
    """The verdict on one of a controller's objects. ``wanted`` without marks."""
    ref = ref_of(wanted)
    live = live_object(request, ref)
    if live is None:
        return _judge(request, wanted, None, "create", "planning.object-absent")
    if live.metadata.deleting:
        return _judge(request, wanted, live, "wait", "planning.object-deleting")
    holding = holding_of(live.metadata, request.known)
    if holding.holder == "ours":
        return _judge(request, wanted, live, *_ours(request.known, wanted, live, holding))
    different = missing(wanted, live.content)
    if different:
        key = "planning.class-foreign" if ref.kind == "GatewayClass" else "planning.object-foreign"
        return _judge(request, wanted, live, "conflict", key, different)
    if request.known.custody == "own":
        return _judge(request, wanted, live, "adopt", "planning.object-adopt")
    if ref.kind in SHAREABLE:
        return _judge(request, wanted, live, "share", "planning.object-share")
    return _judge(request, wanted, live, "conflict", "planning.object-foreign-equal")


def policy_verdict(
    request: ClusterRequest, facts: PolicyFacts, wanted: Manifest | None, *, shared: bool
) -> Judged | None:
    """The verdict on one object of the admission policy; None where none is due: the policy guards the CRDs of whoever
    owns them, so where CRDs are shared (``shared``) we add none of ours.

    ``wanted`` may be None (content not fetched) only where ``policy_settled``. Raises ``ValueError`` otherwise.
    """
    live = live_object(request, facts.ref)
    if shared:
        return None if live is None else _judge_policy(request, facts, None, live, "share", "planning.policy-share")
    if policy_settled(request.known, facts, live):
        return _judge_policy(request, facts, None, live, "unchanged", "planning.object-unchanged")
    if wanted is None:
        raise ValueError(f"the content of {facts.name} is needed: ask interests.needed_bundles")
    if live is None:
        return _judge_policy(request, facts, wanted, None, "create", "planning.object-absent")
    if live.metadata.deleting:
        return _judge_policy(request, facts, wanted, live, "wait", "planning.object-deleting")
    holding = holding_of(live.metadata, request.known)
    different = missing(wanted, live.content)
    if holding.holder == "ours":
        verdict: Verdict = "update" if different else "unchanged"
        return _judge_policy(request, facts, wanted, live, verdict, f"planning.policy-{verdict}", different)
    if request.known.custody == "own" and (not different or _released(facts, live)):
        return _judge_policy(request, facts, wanted, live, "adopt", "planning.object-adopt", different)
    if not different:
        return _judge_policy(request, facts, wanted, live, "share", "planning.policy-share")
    return _judge_policy(request, facts, wanted, live, "conflict", "planning.policy-foreign", different)


def policy_settled(known: Known, facts: PolicyFacts, live: ObjectObservation | None) -> bool:
    """Whether the live policy object is known to be the bundle's without comparing: we wrote it, and its generation
    has not moved since."""
    record = known.record_of(facts.ref)
    if live is None or record is None or live.metadata.deleting or live.metadata.generation == 0:
        return False
    same = (record.uid, record.generation, record.wanted) == (
        live.metadata.uid,
        live.metadata.generation,
        facts.content,
    )
    return same and holding_of(live.metadata, known).holder == "ours"


def _ours(
    known: Known, wanted: Manifest, live: ObjectObservation, holding: Holding
) -> tuple[Verdict, str, tuple[FieldDifference, ...]]:
    marked = mark(wanted, known.installation, holding.origin or "created")
    different = missing(marked, live.content)
    record = known.record_of(live.ref)
    rewritten = record is not None and record.wanted != digest(marked)
    if different:
        return "update", "planning.object-update" if rewritten else "planning.object-drift", different
    if rewritten:
        return "update", "planning.object-update", ()
    return "unchanged", "planning.object-unchanged", ()


def _released(facts: PolicyFacts, live: ObjectObservation) -> bool:
    """Whether a policy object that another wrote is one that some release contains, as far as it decides anything."""
    spec = cast(Manifest, live.content.get("spec") or {})
    if facts.kind == "ValidatingAdmissionPolicyBinding":
        return spec.get("policyName") == facts.name
    validations = cast(list[Manifest], spec.get("validations") or [])
    expressions = tuple(expression_digest(v.get("expression", "")) for v in validations)
    released = (p.expressions for b in catalogue().bundles for p in b.policy if p.ref.identity == facts.ref.identity)
    return expressions in set(released)


def _judge_policy(
    request: ClusterRequest,
    facts: PolicyFacts,
    wanted: Manifest | None,
    live: ObjectObservation | None,
    verdict: Verdict,
    key: str,
    different: tuple[FieldDifference, ...] = (),
) -> Judged:
    stub: Manifest = {"apiVersion": facts.ref.api_version, "kind": facts.kind, "metadata": {"name": facts.name}}
    judged = _judge(request, wanted or stub, live, verdict, key, different)
    wanted_digest = facts.content if verdict in ("create", "update", "adopt", "unchanged") else ""
    # The manifest comes from the bundle, by its digest, as the CRDs do.
    return Judged(msgspec.structs.replace(judged.verdict, wanted=wanted_digest))


def _judge(
    request: ClusterRequest,
    wanted: Manifest,
    live: ObjectObservation | None,
    verdict: Verdict,
    key: str,
    different: tuple[FieldDifference, ...] = (),
) -> Judged:
    ref = ref_of(wanted)
    holding = None if live is None else holding_of(live.metadata, request.known)
    after = origin_after(verdict, holding, request.known.record_of(ref))
    origin: Origin = after or (holding.origin if holding else None) or "created"
    marked = mark(wanted, request.known.installation, origin) if verdict in ("create", "update", "adopt") else None
    known_digest = digest(mark(wanted, request.known.installation, origin)) if verdict == "unchanged" else ""
    params: dict[str, Param] = {
        "cluster": request.cluster,
        "object": str(ref),
        "kind": ref.kind,
        "name": ref.name,
        "owner": holding.name if holding else "-",
        "evidence": holding.owner.evidence if holding and holding.owner else "-",
        "managers": other_managers(live.metadata) if live else "-",
        "differences": len(different),
    }
    return Judged(
        ObjectVerdict(
            ref,
            verdict,
            Message(key, params),
            Message(f"{key}.remedy", params) if verdict in _STOPS else None,
            holding.owner if holding else None,
            shown(different),
            "" if live is None else fingerprint(live),
            digest(marked) if marked is not None else known_digest,
            after,
        ),
        marked,
    )

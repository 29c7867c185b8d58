"""What the shell must observe and fetch before it asks for a plan: exactly what the plan will look at."""

from __future__ import annotations

from gatewright.gatewayapi.catalogue import BundleFacts, catalogue
from gatewright.gatewayapi.marks import is_ours
from gatewright.model.desired import BundleName
from gatewright.model.objects import ObjectRef, ref_of
from gatewright.model.observation import Observation
from gatewright.model.plan import Action
from gatewright.planning.objects import policy_settled
from gatewright.planning.request import CRD_KIND, Interests, Known, claimed_release
from gatewright.planning.solver import solve
from gatewright.planning.wanted import wanted_for


def interests_of(known: Known, team: str, action: Action) -> Interests:
    """What to observe for ``team``'s plan. Raises as ``wanted.wanted_for`` does."""
    wanted = wanted_for(known, team)
    objects = {ref.identity: ref for ref in _recorded(known)}
    namespaces = [n.name for n in wanted.namespaces]
    leaving = action == "leave"
    if leaving:
        namespaces += [r.ref.name for r in known.records if r.ref.kind == "Namespace"]
        namespaces += [r.ref.namespace for r in known.records if r.ref.namespace is not None]
        namespaces += [known.leaving.namespace] if known.leaving is not None else []
    refs = [ref_of(m) for c in wanted.controllers for m in c.all]
    refs += [] if wanted.bundle is None else [p.ref for p in wanted.bundle.policy]
    objects.update({ref.identity: ref for ref in refs})
    names = tuple(dict.fromkeys(namespaces))
    return Interests(names, tuple(sorted(objects.values())), leaving, names if leaving else ())


def needed_bundles(observation: Observation, known: Known) -> frozenset[BundleName]:
    """The bundles whose content the plan needs: the target unless all of it is ours and settled, and the
    release that each unrecognised CRD claims to be, if its spec was read (for the difference, field by field)."""
    solution = solve(known.claims)
    if solution.installation is None or solution.installation.bundle is None:
        return frozenset()
    target = catalogue().bundle(solution.installation.bundle)
    needed: set[BundleName] = set() if _settled(observation, known, target) else {target.name}
    for crd in observation.crds:
        claimed = claimed_release(crd.metadata.annotations)
        unknown = not catalogue().recognise(crd.name, crd.spec_digest)
        if unknown and crd.spec is not None and claimed is not None and claimed in catalogue().by_name:
            needed.add(claimed)
    return frozenset(needed)


def _settled(observation: Observation, known: Known, target: BundleFacts) -> bool:
    """Whether nothing of the bundle would be written, told without its content: the second time and ever after."""
    live = {c.name: c for c in observation.crds}
    seen = [live.get(facts.name) for facts in target.crds]
    if any(c is None or c.spec_digest != f.spec for c, f in zip(seen, target.crds, strict=True)):
        return False
    objects = {o.ref.identity: o for o in observation.objects}
    policy = all(policy_settled(known, p, objects.get(p.ref.identity)) for p in target.policy)
    return policy and all(c is not None and is_ours(c.metadata, known.installation) for c in seen)


def _recorded(known: Known) -> list[ObjectRef]:
    return [r.ref for r in known.records if r.ref.kind not in (CRD_KIND, "Namespace")]

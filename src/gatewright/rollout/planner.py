"""Makes plans: observes what a plan depends on, asks the pure core, and keeps the answer.

The same path serves the plan that a person reads and the check before the first write to a cluster, so the two cannot
disagree about anything but what has changed in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from gatewright.gatewayapi.access import permissions_to_write
from gatewright.kube.client import KubeClient, Permission
from gatewright.model.desired import BundleName, SkewLevel
from gatewright.model.objects import Manifest, ObjectRef, parts, ref_of
from gatewright.model.observation import MissingPermission
from gatewright.model.plan import Action, ClusterPlan, Plan
from gatewright.observe.clusters import Clusters
from gatewright.observe.survey import survey
from gatewright.planning.interests import interests_of, needed_bundles
from gatewright.planning.plans import plan, plan_cluster
from gatewright.planning.request import BundleContent, ClusterRequest
from gatewright.rollout.errors import NothingBoundError
from gatewright.store.bundles import BundleStore

SeenBundle: TypeAlias = Callable[[str], BundleName | None]

AT_ONCE: Final = 8
"""Clusters that are looked at side by side for one plan: each takes a megabyte of schemas, a dozen connections and the
database, and whoever looks at pages meanwhile must not wait."""


class Peers(msgspec.Struct, frozen=True):
    """What a cluster of a team is compared with: ``ClusterRequest.peers`` and ``skew``."""

    bundles: Mapping[str, BundleName] = {}
    allowed: SkewLevel = "none"


class Question(msgspec.Struct, frozen=True):
    """What is to be planned for one cluster."""

    team: str
    cluster: str
    uid: str
    action: Action = "install"
    keep_crds: bool = False
    peers: Peers = Peers()


class Planner:
    """Plans for teams, over the registered clusters and the bundles. ``seen``: the bundle that is known to be on a
    cluster, by its UID."""

    def __init__(self, clusters: Clusters, bundles: BundleStore, seen: SeenBundle | None = None) -> None:
        self._clusters = clusters
        self._bundles = bundles
        self._seen = seen or _nothing_seen

    async def plan(
        self, team: str, *, names: Sequence[str] = (), action: Action = "install", keep_crds: bool = False
    ) -> Plan:
        """The plan of a team for its clusters (``names``: only these, in this order). Nothing is written anywhere.

        Raises ``UnknownTeamError``, ``UnknownBindingError``, ``NothingBoundError``, and ``ClusterError`` of a cluster
        that could not be read: half a plan would not be what runs.
        """
        targets = await self._targets(team, names, action)
        peers = await self._peers(team, frozenset(name for name, _ in targets)) if action == "install" else Peers()
        questions = [Question(team, name, uid, action, keep_crds, _others(peers, name)) for name, uid in targets]
        return plan(team, action, await side_by_side(questions, self.cluster_plan), keep_crds=keep_crds)

    async def _targets(self, team: str, names: Sequence[str], action: Action) -> list[tuple[str, str]]:
        async with self._clusters.database.reading() as unit:
            for name in names:
                await unit.fleet.binding(team, name)
        rows = {row.name: row for row in await self._clusters.registered(team)}
        wanted = [rows[name] for name in dict.fromkeys(names)] or list(rows.values())
        found = [(row.name, row.uid) for row in wanted if row.stack or action == "leave" or names]
        if not found:
            raise NothingBoundError(team=team)
        return found

    async def _peers(self, team: str, targets: frozenset[str]) -> Peers:
        """The bundles of the team's clusters after the plan: what is wanted on those of the plan, what was seen on the
        others."""
        async with self._clusters.database.reading() as unit:
            allowed = (await unit.fleet.team(team)).skew_policy.skew
            stacks = {stack.name: stack.bundle for stack in await unit.fleet.stacks(team=team)}
        rows = await self._clusters.registered(team)
        after = {row.name: stacks.get(row.stack) if row.name in targets else self._seen(row.uid) for row in rows}
        return Peers({name: bundle for name, bundle in after.items() if bundle is not None}, allowed)

    async def cluster_plan(self, question: Question, *, permissions: bool = True) -> ClusterPlan:
        """One cluster's part, from what the cluster is now. ``permissions``: also ask whether we may do all of it.
        Raises ``ClusterError``."""
        async with self._clusters.client(question.cluster) as kube:
            request = await self._request(kube, question)
            made = plan_cluster(request)
            if not permissions or made.outcome != "change":
                return made
            missing = await kube.can(_permissions(made))
            if missing:
                observation = msgspec.structs.replace(request.observation, missing_permissions=tuple(missing))
                made = plan_cluster(msgspec.structs.replace(request, observation=observation))
            return made

    async def parting(self, cluster: str, uid: str) -> ClusterPlan:
        """What becomes of every object of a cluster once all of its teams have left. Raises ``ClusterError``."""
        known = await self._clusters.known(uid)
        last = known.claims[-1] if known.claims else None
        known = msgspec.structs.replace(known, claims=(), leaving=last)
        team = last.team if last is not None else ""
        async with self._clusters.client(cluster) as kube:
            observation = await survey(kube, cluster, interests_of(known, team, "leave"), known)
            return plan_cluster(ClusterRequest(observation, known, team, "leave"))

    async def _request(self, kube: KubeClient, question: Question) -> ClusterRequest:
        leaving = question.team if question.action == "leave" else None
        known = await self._clusters.known(question.uid, leaving=leaving)
        observation = await survey(kube, question.cluster, interests_of(known, question.team, question.action), known)
        names = needed_bundles(observation, known)
        contents = await asyncio.gather(*(self.content(name) for name in names))
        async with self._clusters.database.reading() as unit:
            bindings = await unit.fleet.bindings(cluster=question.cluster)
        return ClusterRequest(
            observation=observation,
            known=known,
            team=question.team,
            action=question.action,
            bundles={content.name: content for content in contents},
            bindings={b.namespace: b.team for b in bindings if b.team != question.team},
            keep_crds=question.keep_crds,
            peers=question.peers.bundles,
            skew=question.peers.allowed,
        )

    async def content(self, name: BundleName) -> BundleContent:
        """The objects of a bundle, checked against the catalogue. Raises the ``bundle.*`` errors."""
        return (await self._bundles.load(name)).content


async def side_by_side(
    questions: Sequence[Question], ask: Callable[[Question], Awaitable[ClusterPlan]]
) -> list[ClusterPlan]:
    """The answers in the order of the questions, ``AT_ONCE`` of them being asked at a time. The first failure ends it:
    where one cluster cannot be read, nobody needs the others any more."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(question: Question) -> ClusterPlan:
        async with gate:
            return await ask(question)

    tasks = [asyncio.create_task(one(question)) for question in questions]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _nothing_seen(uid: str) -> None:
    """Where nothing is observed, nothing is compared."""


def _others(peers: Peers, cluster: str) -> Peers:
    return Peers({name: bundle for name, bundle in peers.bundles.items() if name != cluster}, peers.allowed)


def _permissions(made: ClusterPlan) -> list[Permission]:
    """Every right that carrying out the plan takes: to write, to remove, and to grant what its ClusterRoles grant
    (Kubernetes lets nobody grant what they do not hold)."""
    written = [v.ref for v in made.verdicts if v.verdict in ("create", "update", "adopt")]
    deleted = [v.ref for v in made.verdicts if v.verdict == "delete"]
    needed = [*permissions_to_write(written, deleted), *_granted(made.manifests, written)]
    return [Permission(p.verb, p.group, p.resource, p.namespace, p.name) for p in needed]


def _granted(manifests: Sequence[Manifest], written: Sequence[ObjectRef]) -> list[MissingPermission]:
    identities = {ref.identity for ref in written}
    roles = [m for m in manifests if m["kind"] == "ClusterRole" and ref_of(m).identity in identities]
    return [
        MissingPermission(verb, group, resource)
        for role in roles
        for rule in parts(role, "rules")
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]

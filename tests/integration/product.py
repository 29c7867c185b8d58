"""Gatewright itself on lab clusters: the parts that the composition root builds, in a folder of the test's own.

``open_product(home)`` gives a ``Product`` whose process drives rollouts (``driving=False``: only plans and wishes).
``clean(cluster)`` removes from a cluster what tests of ours write, so that tests can share clusters.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handles import ClusterHandle
from platformdirs import user_cache_path

from gatewright.gatewayapi.crds import is_gateway_api_crd
from gatewright.kube import kubeconfig
from gatewright.kube.client import KubeClient
from gatewright.kube.connection import Connection
from gatewright.kube.resources import (
    CRDS,
    DEPLOYMENTS,
    LEASES,
    NAMESPACES,
    VALIDATING_ADMISSION_POLICIES,
    VALIDATING_ADMISSION_POLICY_BINDINGS,
    Resource,
)
from gatewright.kube.transport import ClientOptions
from gatewright.model.desired import Binding, BundleName, Channel, ControllerSpec, Custody, Stack, Team
from gatewright.model.objects import Manifest, digest
from gatewright.model.plan import Action, ClusterPlan, Plan
from gatewright.model.rollout import RolloutStatus, TargetStatus
from gatewright.observe.clusters import Clusters
from gatewright.planning.request import Record
from gatewright.rollout.service import Rollouts
from gatewright.rollout.waits import Deadlines
from gatewright.store.bundles import BundleStore
from gatewright.store.database import Database
from gatewright.store.rollouts import DRIVEN, ClusterLock
from gatewright.store.secrets import KeyRing

ME = "tester"
SMALL = "v1.0.0"
"""A release of four CRDs and no policy: quick to install and to remove, where the release does not matter."""
_KEPT = ("default", "kube-system", "kube-public", "kube-node-lease")


def bundles() -> BundleStore:
    return BundleStore(user_cache_path("gatewright") / "bundles", "go")


def admin(cluster: ClusterHandle) -> Connection:
    return kubeconfig.load(cluster.kubeconfig, trust="operator")


def unique(word: str = "t") -> str:
    return f"{word}-{secrets.token_hex(3)}"


@dataclass(frozen=True)
class Product:
    """One installation of Gatewright."""

    home: Path
    database: Database
    clusters: Clusters
    rollouts: Rollouts

    async def register(
        self, cluster: ClusterHandle, *, custody: Custody | None = None, connection: Connection | None = None
    ) -> str:
        """Under the name that the lab gave it."""
        registered = await self.clusters.register(cluster.name, connection or admin(cluster), custody=custody, who=ME)
        return registered.uid

    async def bind(
        self,
        team: str,
        clusters: Sequence[ClusterHandle],
        *,
        bundle: str = SMALL,
        channel: Channel = "standard",
        controller: ControllerSpec | None = None,
        namespace: str = "",
    ) -> None:
        """The team, its stack ``edge`` and its bindings, as ``gatewright apply`` would store them."""
        stack = Stack(team, "edge", BundleName(bundle, channel), controller)
        bindings = [Binding(team, cluster.name, namespace, "edge") for cluster in clusters]
        async with self.database.transaction() as unit:
            await unit.fleet.apply_desired([Team(team), stack, *bindings], ME)

    async def want(self, team: str, bundle: str, controller: ControllerSpec | None = None) -> None:
        """Another version for the team's stack."""
        async with self.database.transaction() as unit:
            await unit.fleet.apply_desired([Stack(team, "edge", BundleName(bundle), controller)], ME)

    async def plan(
        self, team: str, *clusters: ClusterHandle, action: Action = "install", keep_crds: bool = False
    ) -> Plan:
        names = [cluster.name for cluster in clusters]
        return await self.rollouts.plan(team, clusters=names, action=action, keep_crds=keep_crds, who=ME)

    async def start(self, plan: Plan) -> RolloutStatus:
        return await self.rollouts.start(plan.hash, who=ME)

    async def run(
        self, team: str, *clusters: ClusterHandle, action: Action = "install", keep_crds: bool = False
    ) -> RolloutStatus:
        """Plans, starts, and waits until it stands still."""
        plan = await self.plan(team, *clusters, action=action, keep_crds=keep_crds)
        assert plan.outcome == "change", explain(plan)
        return await self.standing((await self.start(plan)).id)

    async def standing(self, rollout: str, seconds: float = 90) -> RolloutStatus:
        """The rollout once nobody drives it any more."""
        async with asyncio.timeout(seconds):
            while True:
                status = await self.rollouts.show(rollout)
                if status.state not in DRIVEN:
                    return status
                await asyncio.sleep(0.05)

    async def reached(self, rollout: str, kind: str, cluster: ClusterHandle | None = None, seconds: float = 60) -> None:
        """Once the log has a line of this kind (about this cluster)."""
        async with asyncio.timeout(seconds):
            while True:
                async with self.database.reading() as unit:
                    lines = await unit.rollouts.events(rollout)
                if any(line.kind == kind and (cluster is None or line.cluster == cluster.name) for line in lines):
                    return
                await asyncio.sleep(0.01)

    async def records(self, uid: str) -> tuple[Record, ...]:
        async with self.database.reading() as unit:
            return await unit.records.of_cluster(uid)

    async def lock(self, uid: str) -> ClusterLock | None:
        async with self.database.reading() as unit:
            return await unit.rollouts.lock_of(uid)


@contextlib.asynccontextmanager
async def open_product(
    home: Path,
    *,
    driving: bool = True,
    deadlines: Deadlines | None = None,
    options: ClientOptions | None = None,
) -> AsyncGenerator[Product]:
    """An installation with its data in ``home``; opening it again continues with what is there."""
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.open(f"sqlite:///{home / 'gatewright.db'}"))
        await database.migrate()
        clusters = Clusters(database, KeyRing.load(home, create=True), options=options)
        stack.push_async_callback(clusters.close)
        rollouts = Rollouts(clusters, bundles(), f"sqlite:///{home / 'engine.db'}", deadlines=deadlines)
        if driving:
            await stack.enter_async_context(rollouts.driving())
        yield Product(home, database, clusters, rollouts)


def part_of(plan: Plan, cluster: ClusterHandle) -> ClusterPlan:
    return next(part for part in plan.clusters if part.cluster == cluster.name)


def target_of(status: RolloutStatus, cluster: ClusterHandle) -> TargetStatus:
    return next(target for target in status.targets if target.cluster == cluster.name)


def findings(plan: Plan) -> list[str]:
    """The codes of what blocks."""
    return [f.code for part in plan.clusters for f in part.findings if f.severity == "block"]


def verdicts(part: ClusterPlan) -> dict[str, str]:
    """Verdicts by object."""
    return {str(v.ref): v.verdict for v in part.verdicts}


def explain(plan: Plan) -> str:
    """Why a plan is what it is, for failing tests."""
    lines: list[str] = []
    for part in plan.clusters:
        lines += [f"{part.cluster}: {part.outcome}"]
        lines += [f"  {f.severity} {f.message.render('en')}" for f in part.findings]
        lines += [f"  {v.verdict} {v.reason.render('en')}" for v in part.verdicts if v.verdict != "unchanged"]
    return "\n".join(lines)


async def lease_holder(cluster: ClusterHandle) -> str:
    async with KubeClient(admin(cluster)) as kube:
        live = await kube.find(LEASES, "gatewright", "kube-system")
    return "" if live is None else str(live["spec"].get("holderIdentity") or "")


async def snapshot(cluster: ClusterHandle) -> dict[str, str]:
    """A digest of the metadata of everything that a plan could write: equal snapshots, nothing written. A change of
    content shows in the generation and in the times of managedFields; the status that the API server's own controllers
    write a moment later (a CRD's) does not count. Without what is in namespaces on their way out: an earlier test's."""
    async with KubeClient(admin(cluster)) as kube:
        spaces = await kube.list(NAMESPACES, metadata_only=True)
        going = {n["metadata"]["name"] for n in spaces if "deletionTimestamp" in n["metadata"]}
        found = [item for group in await asyncio.gather(*(_list(kube, r) for r in _written())) for item in group]
    return {
        f"{item['kind']} {meta.get('namespace', '')}/{meta['name']}": _written_by_others_than_the_server(meta)
        for item in found
        for meta in (item["metadata"],)
        if meta.get("namespace") not in going and not (item["kind"] == "Namespace" and meta["name"] in going)
    }


def _written_by_others_than_the_server(meta: dict[str, Any]) -> str:
    fields = [entry for entry in meta.get("managedFields", ()) if entry.get("subresource") != "status"]
    return digest({**meta, "managedFields": fields, "resourceVersion": ""})


async def clean(cluster: ClusterHandle) -> None:
    """Removes every Gateway API CRD, policy, controller object, the Lease and every namespace that is not the
    cluster's own (which then terminates by itself). Objects that block one another go first."""
    async with KubeClient(admin(cluster)) as kube:
        for resource in (VALIDATING_ADMISSION_POLICY_BINDINGS, VALIDATING_ADMISSION_POLICIES):
            await _delete(kube, resource, await kube.list(resource, metadata_only=True))
        deployed = await kube.list(DEPLOYMENTS, metadata_only=True)
        await _delete(kube, DEPLOYMENTS, deployed)
        crds = [c for c in await kube.list(CRDS, metadata_only=True) if is_gateway_api_crd(c["metadata"]["name"])]
        await _delete(kube, CRDS, crds)
        for plural, kind in (("clusterrolebindings", "ClusterRoleBinding"), ("clusterroles", "ClusterRole")):
            resource = Resource("rbac.authorization.k8s.io", "v1", plural, kind, False)
            ours = [o for o in await kube.list(resource, metadata_only=True) if _is_ours(o["metadata"]["name"])]
            await _delete(kube, resource, ours)
        await kube.delete(LEASES, "gatewright", "kube-system")
        spaces = [n for n in await kube.list(NAMESPACES, metadata_only=True) if n["metadata"]["name"] not in _KEPT]
        await _delete(kube, NAMESPACES, spaces)
        await asyncio.gather(*(crd_gone(kube, crd["metadata"]["name"]) for crd in crds))


def _is_ours(name: str) -> bool:
    return "traefik" in name or "gatewright" in name


def _written() -> list[Resource]:
    rbac = "rbac.authorization.k8s.io"
    return [
        CRDS,
        NAMESPACES,
        VALIDATING_ADMISSION_POLICIES,
        VALIDATING_ADMISSION_POLICY_BINDINGS,
        LEASES,
        Resource("", "v1", "serviceaccounts", "ServiceAccount", True),
        Resource("", "v1", "services", "Service", True),
        DEPLOYMENTS,
        Resource(rbac, "v1", "clusterroles", "ClusterRole", False),
        Resource(rbac, "v1", "clusterrolebindings", "ClusterRoleBinding", False),
    ]


async def _list(kube: KubeClient, resource: Resource) -> list[Manifest]:
    """Without what Kubernetes itself still sets up in a young cluster."""
    listed = await kube.list(resource, metadata_only=True)
    return [item for item in listed if not _of_kubernetes(resource, item["metadata"])]


def _of_kubernetes(resource: Resource, meta: Manifest) -> bool:
    if resource.plural in ("clusterroles", "clusterrolebindings", "leases"):
        return not _is_ours(meta["name"])
    return resource.plural == "serviceaccounts" and (meta["name"] == "default" or meta["namespace"] in _KEPT)


async def _delete(kube: KubeClient, resource: Resource, found: Sequence[Manifest]) -> None:
    places = [(o["metadata"]["name"], o["metadata"].get("namespace")) for o in found]
    await asyncio.gather(*(kube.delete(resource, name, namespace) for name, namespace in places))


async def crd_gone(kube: KubeClient, name: str) -> None:
    """An API server under load may forget a CRD that was deleted soon after it was made; its finalizer is then ours."""
    for attempt in range(1200):
        live = await kube.find(CRDS, name)
        if live is None:
            return
        if attempt == 60:
            await kube.patch(CRDS, name, {"metadata": {"finalizers": None}})
        await asyncio.sleep(0.05)
    raise TimeoutError(name)

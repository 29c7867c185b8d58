"""The printed RBAC on a real API server: enough for everything that Gatewright does, and for nothing else."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from handles import ClusterFactory, ClusterHandle

from gatewright.gatewayapi.access import access_manifests, access_rules, permissions_to_write
from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.controllers import controllers
from gatewright.gatewayapi.kinds import CRD, GroupKind, Key
from gatewright.gatewayapi.live import Snapshot, Touched
from gatewright.gatewayapi.manifests import controller_refs, defaults, deployment_ref, gateway_class_ref, render
from gatewright.gatewayapi.marks import mark
from gatewright.gatewayapi.writers import owner_of
from gatewright.kube import kubeconfig
from gatewright.kube.client import KubeClient, Permission
from gatewright.kube.errors import ForbiddenError
from gatewright.kube.resources import CRDS, DEPLOYMENTS, GATEWAY_CLASSES, NAMESPACES, SECRETS, resource_of
from gatewright.lab import places
from gatewright.model.desired import BundleName, ControllerSpec
from gatewright.model.objects import Manifest, ref_of
from gatewright.model.observation import MissingPermission
from gatewright.observe.decode import metadata_of
from gatewright.observe.survey import identity
from gatewright.observe.watcher import ClusterWatcher
from gatewright.store.bundles import BundleStore

pytestmark = pytest.mark.integration


@pytest.fixture
async def admin(cluster: ClusterHandle) -> AsyncIterator[KubeClient]:
    async with KubeClient(kubeconfig.load(cluster.kubeconfig, trust="operator")) as client:
        yield client


@pytest.fixture
async def least(admin: KubeClient) -> AsyncIterator[KubeClient]:
    """A client with nothing but what ``access_manifests`` grants."""
    for manifest in access_manifests(allow_namespace_removal=False):
        await admin.apply(manifest, manager="admin")
    connection = msgspec.structs.replace(
        admin.connection, client_certificate_data="", client_key_data="", token=await token(admin)
    )
    async with KubeClient(connection) as client:
        yield client


async def token(admin: KubeClient) -> str:
    async with asyncio.timeout(30):
        while True:
            secret = await admin.get(SECRETS, "gatewright-token", "gatewright")
            if "token" in secret.get("data", {}):
                return base64.b64decode(secret["data"]["token"]).decode()
            await asyncio.sleep(0.1)


def asked(permissions: tuple[MissingPermission, ...]) -> list[Permission]:
    return [Permission(p.verb, p.group, p.resource, p.namespace, p.name) for p in permissions]


async def test_everything_that_is_printed_is_granted(least: KubeClient) -> None:
    assert await least.can(p for rule in access_rules() for p in asked(rule.permissions())) == []


async def test_a_plan_may_write_all_it_wants(least: KubeClient) -> None:
    bundle = catalogue().bundle(BundleName("v1.6.1", "experimental"))
    refs = [f.ref for f in (*bundle.crds, *bundle.policy)] + list(
        controller_refs(ControllerSpec("traefik", "3.7.15", "edge"))
    )
    assert await least.can(asked(permissions_to_write(refs, refs))) == []


async def test_what_is_not_granted_is_missing_verb_by_verb(least: KubeClient) -> None:
    wishes = [
        Permission("patch", "apiextensions.k8s.io", "customresourcedefinitions", "", "certificates.cert-manager.io"),
        Permission("delete", "", "namespaces", "", "pay"),
        Permission("delete", "apps", "deployments", "pay", "api"),
        Permission("list", "", "pods"),
        Permission("escalate", "rbac.authorization.k8s.io", "clusterroles"),
    ]
    assert len(await least.can(wishes)) == len(wishes)


async def test_other_crds_cannot_be_created(least: KubeClient) -> None:
    foreign: Manifest = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "apples.example.test"},
        "spec": {
            "group": "example.test",
            "names": {"kind": "Apple", "plural": "apples"},
            "scope": "Namespaced",
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
            ],
        },
    }
    with pytest.raises(ForbiddenError):
        await least.apply(foreign)


@pytest.mark.parametrize("version", controllers()["traefik"].verified)
async def test_install_a_controller_that_works_and_remove_it_again(
    least: KubeClient, admin: KubeClient, version: str
) -> None:
    """A real Traefik with the rights that its own ClusterRole gives it, installed with ours."""
    spec = defaults(ControllerSpec("traefik", version, f"edge-{version.replace('.', '-')}"))
    bundle = await BundleStore(places.cache() / "bundles").load(BundleName("v1.6.1"))
    await asyncio.gather(*(least.apply(mark(crd, "uid", "created")) for crd in bundle.crds))
    for crd in bundle.crds:
        await until_condition(least, crd, "Established")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": spec.namespace}}
    for manifest in (namespace, *render(spec)):
        applied = await least.apply(mark(manifest, "uid", "created"))
        assert str(owner_of(metadata_of(applied.object), "uid")) == "gatewright"
    await until_condition(least, render_of(spec, "Deployment"), "Available")
    await until_condition(least, render_of(spec, "GatewayClass"), "Accepted")
    for ref in reversed(controller_refs(spec)):
        await least.delete(resource_of(ref.api_version, ref.kind), ref.name, ref.namespace)
    for ref in (deployment_ref(spec), gateway_class_ref(spec)):
        resource = GATEWAY_CLASSES if ref.kind == "GatewayClass" else DEPLOYMENTS
        assert await least.find(resource, ref.name, ref.namespace) is None
    await admin.delete(NAMESPACES, spec.namespace)


class Hears:
    """A ``watcher.Listener`` that only listens."""

    def changed(self, uid: str, kind: GroupKind, key: Key, before: Any, after: Any) -> None: ...

    def replaced(self, uid: str) -> None: ...

    def pulsed(self, uid: str) -> None: ...

    def touched(self, event: Touched) -> None: ...


async def test_an_account_that_only_watches_sees_everything(cluster_factory: ClusterFactory, gateway_api: Path) -> None:
    """All feeds are listed with the read-only account, CRDs that come later are watched too, and it can write
    nothing."""
    fresh = cluster_factory()
    async with KubeClient(kubeconfig.load(fresh.kubeconfig, trust="operator")) as admin:
        for manifest in access_manifests(observe_only=True):
            await admin.apply(manifest, manager="admin")
        connection = msgspec.structs.replace(
            admin.connection, client_certificate_data="", client_key_data="", token=await token(admin)
        )
        uid = await identity(admin)
    async with KubeClient(connection) as watching:
        assert await watching.can(p for r in access_rules(observe_only=True) for p in asked(r.permissions())) == []
        with pytest.raises(ForbiddenError):
            await watching.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mine"}})
        watcher = ClusterWatcher(uid, Snapshot(fresh.name), watching, Hears())
        running = asyncio.create_task(watcher.run())
        try:
            async with asyncio.timeout(60):
                await watcher.synced.wait()
                await asyncio.to_thread(fresh.kubectl, "apply", "--server-side", "-f", str(gateway_api))
            await until(lambda: len(watcher.snapshot.of(CRD)) >= 6 and watcher.streams >= 9)
            await until(lambda: not watcher.snapshot.pending)
            assert watcher.snapshot.unread == {}
            assert watcher.pulse.state == "reachable"
        finally:
            running.cancel()
            await asyncio.wait([running])


def render_of(spec: ControllerSpec, kind: str) -> Manifest:
    return next(m for m in render(spec) if m["kind"] == kind)


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        await asyncio.sleep(0.1)
    pytest.fail("it never came")


async def until_condition(kube: KubeClient, manifest: Manifest, condition: str) -> None:
    ref = ref_of(manifest)
    resource = CRDS if ref.kind == "CustomResourceDefinition" else resource_of(ref.api_version, ref.kind)
    found: list[Manifest] = []
    for _ in range(600):
        live = await kube.get(resource, ref.name, ref.namespace)
        found = (live.get("status") or {}).get("conditions") or []  # null just after creation
        if any(c["type"] == condition and c["status"] == "True" for c in found):
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"{ref} is not {condition}: {found}")

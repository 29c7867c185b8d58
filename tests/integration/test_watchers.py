"""What the watchers see of real clusters: kinds that come and go, what may be read, and clusters that are away."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import manifests
import msgspec
import pytest
from handles import ClusterFactory, ClusterHandle
from observing import Seen, observing, until
from probing import made
from product import Product, admin, clean, open_product, unique
from proxy import Gate, faulty, status
from switch import switching

from gatewright.gatewayapi.kinds import CRD, ENDPOINT_SLICE, GATEWAY, NAMESPACE, SECRET, SERVICE
from gatewright.kube.client import KubeClient
from gatewright.kube.connection import Connection
from gatewright.kube.resources import CLUSTER_ROLE_BINDINGS, SERVICE_ACCOUNTS, Resource
from gatewright.observe import memory
from gatewright.observe.board import SETTLE, Transition
from gatewright.observe.observatory import memory_of
from gatewright.observe.views import Views

pytestmark = pytest.mark.integration

Object = dict[str, Any]
HTTP_ROUTE = ("gateway.networking.k8s.io", "HTTPRoute")
GROUP = "gateway.networking.k8s.io"
CLUSTER_ROLES = Resource("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", False)
READ = ["get", "list", "watch"]
READER = [
    {"apiGroups": [""], "resources": ["namespaces", "services"], "verbs": READ},
    {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": READ},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": READ},
    {"apiGroups": ["apiextensions.k8s.io"], "resources": ["customresourcedefinitions"], "verbs": READ},
    {"apiGroups": [GROUP], "resources": ["*"], "verbs": READ},
]
"""Everything that is watched, without Secrets."""


@pytest.fixture(scope="module")
def shared(cluster_factory: ClusterFactory) -> ClusterHandle:
    return cluster_factory()


@pytest.fixture
async def empty(shared: ClusterHandle) -> AsyncIterator[ClusterHandle]:
    yield shared
    await clean(shared)


@pytest.fixture(scope="module")
def installed(cluster: ClusterHandle, gateway_api: Path) -> ClusterHandle:
    cluster.install_gateway_api(gateway_api)
    return cluster


@pytest.fixture
def served(installed: ClusterHandle, gateway_api: Path) -> Iterator[ClusterHandle]:
    """With the Gateway API, and without Gateways and routes."""
    yield installed
    installed.start_apiserver()
    installed.install_gateway_api(gateway_api)
    installed.kubectl("delete", "gateways,httproutes", "--all", "--all-namespaces")


@pytest.fixture
def space() -> str:
    """The namespace of the test: one that was deleted takes seconds to be gone."""
    return unique("shop")


@pytest.fixture
async def gatewright(tmp_path: Path) -> AsyncIterator[Product]:
    async with open_product(tmp_path / "home", driving=False) as product:
        yield product


def namespace(name: str, **labels: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def service(name: str, space: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": space},
        "spec": {"ports": [{"port": 80}]},
    }


def gateway(space: str, *listeners: Object, version: str = "v1") -> Object:
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "Gateway",
        "metadata": {"name": "web", "namespace": space},
        "spec": {"gatewayClassName": "none", "listeners": list(listeners) or [listener()]},
    }


def listener(**more: Any) -> Object:
    return {"name": "web", "port": 80, "protocol": "HTTP", **more}


def route(space: str, backend: str = "", name: str = "shop", parent: str = "") -> Object:
    backends = [{"name": backend, "port": 80}] if backend else []
    reference = {"name": "web", "namespace": parent or space}
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": space},
        "spec": {"parentRefs": [reference], "rules": [{"backendRefs": backends}]},
    }


async def apply(cluster: ClusterHandle, *objects: Object) -> None:
    await asyncio.to_thread(cluster.apply, list(objects))


async def kubectl(cluster: ClusterHandle, *arguments: str, stdin: str | None = None) -> str:
    return await asyncio.to_thread(cluster.kubectl, *arguments, stdin=stdin)


async def account(cluster: ClusterHandle, rules: Sequence[Object], seconds: int = 3600) -> tuple[str, Connection]:
    """A ServiceAccount in ``default`` that may do this, and how to connect as it."""
    name = unique("reader")
    async with KubeClient(admin(cluster)) as kube:
        await kube.create(SERVICE_ACCOUNTS, {"metadata": {"name": name}}, "default")
        await kube.create(CLUSTER_ROLES, {"metadata": {"name": f"gatewright-{name}"}, "rules": list(rules)})
        subject = {"kind": "ServiceAccount", "name": name, "namespace": "default"}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"gatewright-{name}"}
        binding = {"metadata": {"name": f"gatewright-{name}"}, "roleRef": role, "subjects": [subject]}
        await kube.create(CLUSTER_ROLE_BINDINGS, binding)
        request = {"spec": {"expirationSeconds": seconds}}
        answer = await kube.create(SERVICE_ACCOUNTS, request, "default", subresource_of=(name, "token"))
        connection = kube.connection
    return name, Connection(connection.server, ca_data=connection.ca_data, token=answer["status"]["token"])


# Kinds


async def test_kinds_come_and_go_with_their_crds(
    gatewright: Product, empty: ClusterHandle, space: str, gateway_api: Path
) -> None:
    uid = await gatewright.register(empty)
    base = {"customresourcedefinitions.v1", "namespaces.v1", "deployments.v1"}
    async with observing(gatewright.clusters) as observatory:
        seen = Seen(observatory, uid)
        await seen.synced()
        assert seen.feeds() == base

        await asyncio.to_thread(empty.install_gateway_api, gateway_api)
        await seen.until(lambda: {"gateways.v1", "httproutes.v1", "referencegrants.v1"} <= seen.feeds())
        await apply(empty, namespace(space), gateway(space), route(space))
        await seen.until(
            lambda: seen.names(HTTP_ROUTE) == {f"{space}/shop"} and seen.names(GATEWAY) == {f"{space}/web"}
        )

        await kubectl(empty, "delete", "crd", f"httproutes.{GROUP}")
        await seen.until(lambda: "httproutes.v1" not in seen.feeds())
        assert seen.names(HTTP_ROUTE) == set()
        assert seen.names(GATEWAY) == {f"{space}/web"}
        assert not [h for h in seen.state.objects.values() if h.ref.kind == "HTTPRoute"]

        await asyncio.to_thread(empty.install_gateway_api, gateway_api)
        await seen.until(lambda: "httproutes.v1" in seen.feeds())
        await apply(empty, route(space, name="again"))
        await seen.until(lambda: seen.names(HTTP_ROUTE) == {f"{space}/again"})

        await clean(empty)
        await seen.until(lambda: seen.feeds() == base and not seen.names(CRD) and not seen.names(GATEWAY))


def versioned(*served: str) -> Object:
    """A CRD of Gateways with these versions, the last of them stored."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"gateways.{GROUP}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
        },
        "spec": {
            "group": GROUP,
            "names": {"kind": "Gateway", "plural": "gateways", "singular": "gateway", "listKind": "GatewayList"},
            "scope": "Namespaced",
            "versions": [
                {"name": name, "served": True, "storage": name == served[-1], "schema": schema} for name in served
            ],
        },
    }


async def test_a_crd_that_serves_another_version(gatewright: Product, empty: ClusterHandle, space: str) -> None:
    """The objects are the same ones: nobody is told that they went."""
    await apply(empty, versioned("v1beta1"))
    await kubectl(empty, "wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
    await apply(empty, namespace(space), gateway(space, version="v1beta1"))
    uid = await gatewright.register(empty)
    moved: list[Transition] = []
    async with observing(gatewright.clusters) as observatory:
        seen = Seen(observatory, uid)
        await seen.synced()
        assert "gateways.v1beta1" in seen.feeds()
        assert seen.names(GATEWAY) == {f"{space}/web"}
        await seen.until(lambda: any(h.ref.kind == "Gateway" for h in seen.state.objects.values()))

        observatory.on_transition(moved.append)
        await apply(empty, versioned("v1beta1", "v1"))
        await seen.until(lambda: "gateways.v1" in seen.feeds())
        assert "gateways.v1beta1" not in seen.feeds()
        await kubectl(empty, "-n", space, "label", "gateways.v1." + GROUP, "web", "new=yes")
        await seen.until(lambda: (seen.state.snapshot.gateways()[space, "web"].metadata.labels or {}).get("new"))
    assert not [t for t in moved if t.object is not None]


async def test_backends_are_watched_only_where_routes_lead(
    gatewright: Product, served: ClusterHandle, space: str
) -> None:
    other = unique("other")
    await apply(served, namespace(space), namespace(other), service("api", space), service("api", other))
    await apply(served, gateway(space), route(space, "api"))
    uid = await gatewright.register(served)
    async with observing(gatewright.clusters) as observatory:
        seen = Seen(observatory, uid)
        await seen.synced()
        assert seen.names(SERVICE) == {f"{space}/api"}
        assert {f for f in seen.feeds() if f.startswith(("services", "endpointslices"))} == {
            f"services.v1@{space}",
            f"endpointslices.v1@{space}",
        }
        assert not [f for f in seen.feeds() if f.startswith("secrets")]

        await apply(served, route(other, "api", "second"))
        await seen.until(lambda: seen.names(SERVICE) == {f"{space}/api", f"{other}/api"})
        await kubectl(served, "-n", space, "delete", "httproute", "shop")
        await seen.until(lambda: f"services.v1@{space}" not in seen.feeds())
        assert seen.names(SERVICE) == {f"{other}/api"}
        assert all(name.startswith(f"{other}/") for name in seen.names(ENDPOINT_SLICE))


async def test_a_label_of_a_namespace_decides_who_may_attach(
    gatewright: Product, served: ClusterHandle, space: str
) -> None:
    tenant = unique("tenant")
    selected = {"from": "Selector", "selector": {"matchLabels": {"edge": "yes"}}}
    web = gateway(space, listener(allowedRoutes={"namespaces": selected}))
    await apply(served, namespace(space), namespace(tenant), web, route(tenant, parent=space))
    uid = await gatewright.register(served)
    async with observing(gatewright.clusters) as observatory:
        seen = Seen(observatory, uid)
        await seen.synced()
        await seen.until(lambda: "namespace-not-allowed" in seen.codes())
        await kubectl(served, "label", "namespace", tenant, "edge=yes")
        await seen.until(lambda: "namespace-not-allowed" not in seen.codes())
        assert (seen.state.snapshot.of(NAMESPACE)["", tenant].metadata.labels or {})["edge"] == "yes"
        await kubectl(served, "label", "namespace", tenant, "edge-")
        await seen.until(lambda: "namespace-not-allowed" in seen.codes())


# Secrets


TLS = listener(
    name="secure",
    port=443,
    protocol="HTTPS",
    hostname="shop.test",
    tls={"mode": "Terminate", "certificateRefs": [{"name": "shop-tls"}]},
)


def secret(space: str, certificate: tuple[bytes, bytes], name: str = "shop-tls") -> Object:
    chain, key = (base64.b64encode(part).decode() for part in certificate)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": manifests.meta(name, space),
        "data": {"tls.crt": chain, "tls.key": key},
    }


async def apply_as_people_do(cluster: ClusterHandle, *objects: Object) -> None:
    """``kubectl apply`` as it comes: it keeps a copy of the whole object, the key too, in an annotation."""
    content = msgspec.json.encode({"apiVersion": "v1", "kind": "List", "items": objects}).decode()
    await kubectl(cluster, "apply", "-f", "-", stdin=content)


async def grant(product: Product, cluster: ClusterHandle, read_secrets: bool) -> None:
    async with product.database.transaction() as unit:
        present = await unit.fleet.cluster(cluster.name)
        wanted = msgspec.structs.replace(present.spec, read_secrets=read_secrets)
        await unit.fleet.apply_desired([wanted], "tester")


def pieces(key: bytes) -> set[bytes]:
    """What would give the key away: lines of it, as it is and as Kubernetes writes it, and parts of the key itself."""
    lines = [line for line in key.splitlines() if line and b"-----" not in line]
    raw = base64.b64decode(b"".join(lines))
    written = base64.b64encode(key)
    windows = {written[start : start + 24] for start in range(40, len(written) - 24, 24)}
    return {line[:24] for line in lines} | windows | {raw[start : start + 12] for start in range(36, len(raw) - 12, 12)}


async def stored(product: Product) -> bytes:
    """All that is on disk, with the states as they are before compression."""
    async with product.database.reading() as unit:
        states = [state.body for state in await unit.states.since()]
    assert states
    files = [path for path in product.home.rglob("*") if path.is_file()]
    return b"\n".join([*states, *(await asyncio.to_thread(lambda: [path.read_bytes() for path in files]))])


def digest_of(seen: Seen) -> str:
    found = [found for (_, name), found in seen.state.snapshot.of(SECRET).items() if name == "shop-tls"]
    return found[0].certificate.digest if found and found[0].certificate else ""


async def test_secrets_are_read_where_that_was_granted_and_keys_never_kept(
    gatewright: Product, served: ClusterHandle, space: str
) -> None:
    first, second = made("shop.test"), made("shop.test", days=(-1, 9))
    await apply(served, namespace(space), gateway(space, TLS))
    await apply_as_people_do(served, secret(space, first), secret(space, made("private.test"), "private"))
    uid = await gatewright.register(served)
    async with observing(gatewright.clusters) as observatory:
        seen = Seen(observatory, uid)
        await seen.synced()
        assert seen.names(SECRET) == set()
        assert not [code for code in seen.codes() if code.startswith("certificate")]

        await grant(gatewright, served, True)
        await seen.until(lambda: seen.names(SECRET) == {f"{space}/shop-tls"})
        assert [f for f in seen.feeds() if f.startswith("secrets")] == [f"secrets.v1@{space}/shop-tls"]
        found = seen.state.snapshot.of(SECRET)[space, "shop-tls"]
        assert (found.certificate.names, found.problem) == (("shop.test",), "")
        before = digest_of(seen)
        assert before

        await apply_as_people_do(served, secret(space, second))
        await seen.until(lambda: digest_of(seen) not in ("", before))
        await seen.until(lambda: "certificate-expires" in seen.codes())
        encoded, after = memory.encode(memory_of(seen.state)), digest_of(seen)
        assert after.encode() in encoded
    kept = encoded + await stored(gatewright)
    assert b"shop-tls" in kept
    for _, key in (first, second):
        assert [piece for piece in pieces(key) if piece in kept] == []

    # What was granted is taken back: what was read is not shown any more.
    await grant(gatewright, served, False)
    async with observing(gatewright.clusters) as observatory:
        seen = Seen(observatory, uid)
        await seen.synced()
        assert seen.names(SECRET) == set()
        # What is seen is judged a moment after it.
        await seen.until(lambda: "certificate-expires" not in seen.codes())
    async with gatewright.database.reading() as unit:
        (state,) = await unit.states.since()
    assert after.encode() not in state.body


async def test_secrets_that_rbac_forbids_are_unread_and_nothing_is_claimed(
    gatewright: Product, served: ClusterHandle, space: str
) -> None:
    await apply(served, namespace(space), gateway(space, TLS))
    _, limited = await account(served, READER)
    uid = await gatewright.register(served, connection=limited)
    await grant(gatewright, served, True)
    async with observing(gatewright.clusters) as observatory:
        seen = Seen(observatory, uid)
        await seen.synced()
        await seen.until(lambda: seen.state.snapshot.unread.get(SECRET) == "kube.forbidden")
        assert not [code for code in seen.codes() if code.startswith("certificate")]
        assert seen.state.reachability == "reachable"

        # It is allowed: the Secret that is not there is missing, and the one that comes is read.
        patch = {"rules": [*READER, {"apiGroups": [""], "resources": ["secrets"], "verbs": READ}]}
        name = next(iter(limited_role(await kubectl(served, "get", "clusterroles", "-o", "name"))))
        await kubectl(served, "patch", name, "--type=merge", "-p", msgspec.json.encode(patch).decode())
        await seen.until(lambda: "certificate-missing" in seen.codes())
        assert SECRET not in seen.state.snapshot.unread
        await apply(served, secret(space, made("shop.test")))
        await seen.until(lambda: digest_of(seen) and "certificate-missing" not in seen.codes())


def limited_role(names: str) -> list[str]:
    return [name for name in names.split() if "gatewright-reader" in name]


# Clusters that are away


async def test_an_api_server_that_dies_and_comes_back(gatewright: Product, served: ClusterHandle, space: str) -> None:
    """Its watch cache begins anew, so what is continued is too old (410) and is listed again."""
    await apply(served, namespace(space), gateway(space), route(space))
    uid = await gatewright.register(served)
    async with observing(gatewright.clusters) as observatory:
        seen, views = Seen(observatory, uid), Views(observatory)
        await seen.synced()
        await seen.reaches("reachable")
        since = seen.state.since
        await asyncio.to_thread(served.kill_apiserver)
        try:
            await seen.reaches("unreachable")
            assert seen.state.error is not None
            assert seen.state.since >= since
            assert seen.state.seen_at
            assert seen.names(HTTP_ROUTE) == {f"{space}/shop"}
            (row,) = await views.status()
            assert (row.reachability, row.since, row.seen_at) == (
                "unreachable",
                seen.state.since,
                seen.state.seen_at,
            )
            assert row.bundles == ("v1.6.1 standard",)
            await seen.until(lambda: seen.state.health and seen.state.health.reachability == "unreachable")
            assert (await views.cluster(served.name)).state == "unknown"
            assert await views.objects(served.name)
        finally:
            await asyncio.to_thread(served.start_apiserver)
        await seen.reaches("reachable")
        await apply(served, route(space, name="later"))
        await kubectl(served, "-n", space, "delete", "httproute", "shop")
        await seen.until(lambda: seen.names(HTTP_ROUTE) == {f"{space}/later"})
        assert seen.state.error is None


async def test_what_changed_while_nobody_could_see_is_seen_afterwards(
    gatewright: Product, served: ClusterHandle, space: str
) -> None:
    await apply(served, namespace(space), gateway(space), *(route(space, name=f"r{n}") for n in range(4)))
    async with switching(served) as switch:
        uid = await gatewright.register(served, connection=switch.connection)
        async with observing(gatewright.clusters) as observatory:
            seen = Seen(observatory, uid)
            await seen.synced()
            switch.to(None)
            await seen.reaches("unreachable")
            await kubectl(served, "-n", space, "delete", "httproute", "r0", "r1")
            await apply(served, route(space, name="new"), route(space, "api", name="r2"))
            assert seen.names(HTTP_ROUTE) == {f"{space}/r{n}" for n in range(4)}
            switch.to(served)
            await seen.until(lambda: seen.names(HTTP_ROUTE) == {f"{space}/new", f"{space}/r2", f"{space}/r3"})
            await seen.until(lambda: f"services.v1@{space}" in seen.feeds())
            live = served.json("-n", space, "httproutes")["items"]
            held = seen.state.snapshot.of(HTTP_ROUTE)
            assert {m["metadata"]["resourceVersion"] for m in live} == {
                held[key].metadata.resource_version for key in held
            }
            await seen.reaches("reachable")


async def test_a_credential_that_expires_is_rotated_while_it_runs(
    gatewright: Product, served: ClusterHandle, space: str
) -> None:
    await apply(served, namespace(space), gateway(space))
    name, first = await account(served, READER)
    _, second = await account(served, READER)
    uid = await gatewright.register(served, connection=first)
    async with observing(gatewright.clusters) as observatory:
        seen = Seen(observatory, uid)
        await seen.synced()
        await kubectl(served, "-n", "default", "delete", "serviceaccount", name)
        await seen.reaches("forbidden")
        assert seen.state.error is not None
        assert seen.state.error.code == "kube.unauthorized"
        assert seen.state.error.cluster == served.name
        assert seen.names(GATEWAY) == {f"{space}/web"}
        await gatewright.clusters.rotate(served.name, second, who="tester")
        await seen.reaches("reachable")
        await apply(served, route(space))
        await seen.until(lambda: seen.names(HTTP_ROUTE) == {f"{space}/shop"})


async def test_a_cluster_that_is_removed_is_watched_no_more(
    gatewright: Product, served: ClusterHandle, space: str
) -> None:
    async with switching(served) as switch:
        uid = await gatewright.register(served, connection=switch.connection)
        async with observing(gatewright.clusters) as observatory:
            seen = Seen(observatory, uid)
            await seen.synced()
            await gatewright.clusters.remove(served.name, who="tester")
            await seen.until(lambda: seen.watcher is None and observatory.board.state(uid) is None)
            await until(lambda: switch.under_way == 0)
            asked = len(switch.requests)
            # Two looks at what is registered later, still nobody has asked.
            await asyncio.sleep(2.5)
            assert len(switch.requests) == asked


@pytest.fixture
async def other(served: ClusterHandle, space: str, cluster_factory: ClusterFactory, gateway_api: Path) -> ClusterHandle:
    """Another cluster. Both have a Gateway and a route, ``ours`` and ``theirs``."""
    other = cluster_factory()
    await asyncio.to_thread(other.install_gateway_api, gateway_api)
    await apply(served, namespace(space), gateway(space), route(space, name="ours"))
    await apply(other, namespace(space), gateway(space), route(space, name="theirs"))
    return other


async def test_another_cluster_behind_the_address(
    gatewright: Product, served: ClusterHandle, space: str, other: ClusterHandle
) -> None:
    mixed: list[str] = []
    async with switching(served, other) as switch:
        uid = await gatewright.register(served, connection=switch.connection)
        async with observing(gatewright.clusters) as observatory:
            seen = Seen(observatory, uid)
            await seen.synced()
            following = asyncio.create_task(_notice(observatory.board.changes.follow(), mixed))
            for turn in range(3):
                switch.to(other)
                await seen.until(lambda: seen.state.error is not None and seen.state.error.code == "observe.replaced")
                assert seen.state.reachability == "unreachable"
                assert seen.names(HTTP_ROUTE) == {f"{space}/ours"}
                await apply(other, route(space, name=f"theirs-{turn}"))
                assert seen.names(HTTP_ROUTE) == {f"{space}/ours"}
                switch.to(served)
                await seen.reaches("reachable")
            await apply(served, route(space, name="later"))
            await seen.until(lambda: seen.names(HTTP_ROUTE) == {f"{space}/ours", f"{space}/later"})
            following.cancel()
    assert [name for name in mixed if "theirs" in name] == []


async def test_another_cluster_that_takes_over_between_two_questions(
    gatewright: Product, served: ClusterHandle, space: str, other: ClusterHandle
) -> None:
    """It is asked who it is, and what it has a moment later: the answer may come from another one by then."""
    mixed: list[str] = []
    async with switching(served, other) as switch:
        uid = await gatewright.register(served, connection=switch.connection)
        switch.after("/api/v1/namespaces/kube-system", other)
        async with observing(gatewright.clusters) as observatory:
            following = asyncio.create_task(_notice(observatory.board.changes.follow(), mixed))
            seen = Seen(observatory, uid)
            await seen.until(lambda: observatory.board.state(uid) and seen.state.error)
            assert seen.state.error is not None
            assert seen.state.error.code == "observe.replaced"
            switch.to(served)
            await seen.synced()
            assert seen.names(HTTP_ROUTE) == {f"{space}/ours"}
            following.cancel()
    assert [name for name in mixed if "theirs" in name] == []


async def _notice(changes: Any, names: list[str]) -> None:
    async for change in changes:
        names.append(change.ref.name if change.ref else "")


async def test_observations_survive_a_restart(gatewright: Product, served: ClusterHandle, space: str) -> None:
    await apply(served, namespace(space), gateway(space), route(space, "missing"))
    uid = await gatewright.register(served)
    async with observing(gatewright.clusters) as observatory:
        seen = Seen(observatory, uid)
        await seen.synced()
        await seen.until(lambda: "backend-missing" in seen.codes())
        before = await Views(observatory).findings()
        objects = await Views(observatory).objects(served.name)
    await asyncio.to_thread(served.kill_apiserver)
    try:
        async with open_product(gatewright.home, driving=False) as again, observing(again.clusters) as observatory:
            seen, views = Seen(observatory, uid), Views(observatory)
            await seen.until(lambda: observatory.board.state(uid) is not None)
            assert seen.names(HTTP_ROUTE) == {f"{space}/shop"}
            await seen.reaches("unreachable")
            assert seen.state.since
            assert seen.state.error is not None
            assert seen.state.seen_at >= max(f.finding.since for f in before)
            # After the first look, which failed, what was last seen is judged and shown.
            await seen.until(lambda: seen.state.judged)
            after = await views.findings()
            assert {(f.finding.identity, f.finding.since) for f in after} == {
                (f.finding.identity, f.finding.since) for f in before
            }
            assert {o.ref for o in await views.objects(served.name)} == {o.ref for o in objects}
            await asyncio.to_thread(served.start_apiserver)
            await seen.reaches("reachable")
            await seen.synced()
            assert {(f.finding.identity, f.finding.since) for f in await views.findings()} == {
                (f.finding.identity, f.finding.since) for f in before
            }
    finally:
        await asyncio.to_thread(served.start_apiserver)


async def test_what_is_not_listed_yet_is_as_it_was_last_seen(
    gatewright: Product, served: ClusterHandle, space: str
) -> None:
    """A cluster that was away when its watcher began, and whose lists come one after another, has no new findings."""
    await apply(served, namespace(space), gateway(space), route(space, "missing"))
    async with faulty(served) as proxy:
        uid = await gatewright.register(served, connection=proxy.connection)
        async with observing(gatewright.clusters) as observatory:
            seen = Seen(observatory, uid)
            await seen.synced()
            await seen.until(lambda: {"backend-missing", "class-missing"} <= seen.codes())
            before = {(f.finding.identity, f.finding.since) for f in await Views(observatory).findings()}
        away, late = asyncio.Event(), Gate(lambda request: "gatewayclasses" in request.path, drop=False)

        async def nobody(_: Any) -> Any:
            return None if away.is_set() else status(503, "ServiceUnavailable")

        proxy.rules += [nobody, late]
        async with observing(gatewright.clusters) as observatory:
            seen = Seen(observatory, uid)
            await seen.until(lambda: observatory.board.state(uid) is not None)
            await seen.until(lambda: seen.state.error is not None and seen.state.judged)
            away.set()
            await seen.reaches("reachable")
            await late.reached.wait()
            # Everything else is listed, and judged a moment later.
            await seen.until(lambda: seen.watcher and seen.watcher.relists >= len(seen.feeds()) - 1)
            await asyncio.sleep(10 * SETTLE)
            assert {(f.finding.identity, f.finding.since) for f in await Views(observatory).findings()} == before
            late.open.set()
            await seen.synced()
            assert {(f.finding.identity, f.finding.since) for f in await Views(observatory).findings()} == before


async def test_what_vanished_during_a_pause_is_not_remembered_for_ever(
    gatewright: Product, served: ClusterHandle, space: str
) -> None:
    await apply(served, namespace(space), gateway(space), service("api", space), route(space, "api"))
    uid = await gatewright.register(served)
    async with observing(gatewright.clusters) as observatory:
        seen = Seen(observatory, uid)
        await seen.synced()
        await seen.until(lambda: seen.names(SERVICE) == {f"{space}/api"})
    await kubectl(served, "delete", "crd", f"httproutes.{GROUP}")
    async with observing(gatewright.clusters) as observatory:
        seen = Seen(observatory, uid)
        await seen.until(lambda: not seen.names(HTTP_ROUTE) and not seen.names(SERVICE))
        assert seen.names(GATEWAY) == {f"{space}/web"}
        await seen.until(lambda: not [h for h in seen.state.objects.values() if h.ref.kind == "HTTPRoute"])

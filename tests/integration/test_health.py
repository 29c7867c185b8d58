"""Health of a real Traefik: whatever can be broken is broken, the finding appears, and goes with the repair."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import copy
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import manifests
import pytest
from handles import ClusterHandle, eventually
from probing import made
from product import admin

from gatewright.gatewayapi.health import ObjectKey, affected, assess, elapsed, explain, summarise
from gatewright.gatewayapi.kinds import GATEWAY, GATEWAY_CLASS, GATEWAY_GROUP, REFERENCE_GRANT, GroupKind, Key
from gatewright.gatewayapi.live import Snapshot, Touched
from gatewright.kube.client import KubeClient
from gatewright.lab.backend import backend_objects
from gatewright.model.health import Node, ObjectHealth
from gatewright.observe.pulse import utc_now
from gatewright.observe.survey import identity
from gatewright.observe.watcher import ClusterWatcher

pytestmark = pytest.mark.integration
Object = dict[str, Any]
TLS: Object = {"mode": "Terminate", "certificateRefs": [{"name": "shop-tls"}]}
NAMESPACE, HTTPS = "gateway-system", 8443
API = f"{GATEWAY_GROUP}/v1"
HTTP_ROUTE: GroupKind = (GATEWAY_GROUP, "HTTPRoute")
BACKEND_TLS: GroupKind = (GATEWAY_GROUP, "BackendTLSPolicy")
CLASS, WEB, SHOP = (GATEWAY_CLASS, ("", "traefik")), (GATEWAY, ("shop", "web")), (HTTP_ROUTE, ("shop", "shop"))
AFTER_GRACE = timedelta(seconds=90)
"""Objects are judged as they will be when their grace is over: no test waits a minute for that."""


class Board:
    """Judges what a watcher says is affected, as the product does, and knows what judging everything would give."""

    def __init__(self) -> None:
        self.objects: dict[ObjectKey, ObjectHealth] = {}
        self._only: set[ObjectKey] | None = None
        self._at = self._now()
        self.snapshot = Snapshot("-")

    def changed(self, uid: str, kind: GroupKind, key: Key, before: Any, after: Any) -> None:
        found = affected(self.snapshot, kind, key, before, after)
        self._only = None if found is None or self._only is None else self._only | found

    def replaced(self, uid: str) -> None:
        self._only = None

    def pulsed(self, uid: str) -> None: ...

    def touched(self, event: Touched) -> None: ...

    def judge(self) -> dict[ObjectKey, ObjectHealth]:
        now = self._now()
        only, self._only = self._only, set()
        if only is not None:
            only |= elapsed(self.snapshot, self._at, now)
            kept = {key: found for key, found in self.objects.items() if key not in only}
            self.objects = {**kept, **assess(self.snapshot, now, only)}
        else:
            self.objects = assess(self.snapshot, now)
        self._at = now
        assert self.objects == assess(self.snapshot, now)
        return self.objects

    @staticmethod
    def _now() -> datetime:
        return utc_now() + AFTER_GRACE


class Watched:
    """A cluster that is watched, and what is found wrong in it."""

    def __init__(self, cluster: ClusterHandle, board: Board) -> None:
        self.cluster, self.board = cluster, board

    async def until(self, holds: Callable[[dict[ObjectKey, ObjectHealth]], object], what: str) -> None:
        deadline = asyncio.get_running_loop().time() + 60
        while not holds(objects := self.board.judge()):
            if asyncio.get_running_loop().time() > deadline:
                lines = [f"{f.severity} {f.message.render()}" for o in objects.values() for f in o.findings]
                pytest.fail(f"not within 60 s: {what}\n" + "\n".join(lines))
            await asyncio.sleep(0.05)

    async def has(self, key: ObjectKey, code: str, *, where: str = "") -> None:
        await self.until(lambda o: code in codes(o, key, where), f"{code} at {key}")

    async def is_well(self) -> None:
        """Nothing is wrong: no finding but such as are only worth knowing."""
        await self.until(
            lambda o: o and WEB in o and not [f for h in o.values() for f in h.findings if f.severity != "info"],
            "all is well",
        )
        await self.until(lambda o: all(h.state == "healthy" for h in o.values()), "all is healthy")

    async def apply(self, *objects: Object) -> None:
        await asyncio.to_thread(self.cluster.apply, list(objects))

    async def delete(self, *arguments: str) -> None:
        await asyncio.to_thread(self.cluster.kubectl, "delete", *arguments, "--wait=true")


def codes(objects: dict[ObjectKey, ObjectHealth], key: ObjectKey, where: str = "") -> set[str]:
    found = objects[key].findings if key in objects else ()
    return {f.code.removeprefix("health.") for f in found if where in f.where}


# What is well


def deployment() -> Object:
    live = manifests.deployment(NAMESPACE, "3.7.15")
    container = live["spec"]["template"]["spec"]["containers"][0]
    container["args"].append(f"--entrypoints.websecure.address=:{HTTPS}")
    return live


def secret(*names: str, days: tuple[int, int] = (-1, 90)) -> Object:
    chain, key = (base64.b64encode(part).decode() for part in made(*names, days=days))
    metadata = manifests.meta("shop-tls", "shop")
    data = {"tls.crt": chain, "tls.key": key}
    return {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata, "data": data}


def gateway(*more: Object, name: str = "web", **spec: Any) -> Object:
    own = {"namespaces": {"from": "Same"}}
    listeners = [
        {"name": "web", "protocol": "HTTP", "port": manifests.PORT, "hostname": "*.test", "allowedRoutes": own},
        {
            "name": "secure",
            "protocol": "HTTPS",
            "port": HTTPS,
            "hostname": "shop.test",
            "tls": TLS,
            "allowedRoutes": own,
        },
    ]
    given = {"gatewayClassName": "traefik", "listeners": [*listeners, *more], **spec}
    return {"apiVersion": API, "kind": "Gateway", "metadata": manifests.meta(name, "shop"), "spec": given}


def route(
    port: int, *, name: str = "shop", namespace: str = "shop", backend: Object | None = None, **spec: Any
) -> Object:
    rules = [{"backendRefs": [{"name": "echo", "port": port, **(backend or {})}]}]
    parents = [{"name": "web", "namespace": "shop"}]
    given = {"parentRefs": parents, "hostnames": ["shop.test"], "rules": rules, **spec}
    return {"apiVersion": API, "kind": "HTTPRoute", "metadata": manifests.meta(name, namespace), "spec": given}


def grant() -> Object:
    spec = {
        "from": [{"group": GATEWAY_GROUP, "kind": "HTTPRoute", "namespace": "shop"}],
        "to": [{"group": "", "kind": "Service"}],
    }
    metadata = manifests.meta("let", "other")
    return {"apiVersion": f"{GATEWAY_GROUP}/v1beta1", "kind": "ReferenceGrant", "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module")
def serving(cluster: ClusterHandle, gateway_api: Any) -> ClusterHandle:
    cluster.install_gateway_api(gateway_api)
    cluster.apply([*manifests.controller(NAMESPACE), deployment()])
    cluster.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/traefik", "--timeout=120s")
    cluster.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": manifests.meta(n)} for n in ("shop", "other")])
    address, port = cluster.backend
    cluster.apply([*backend_objects("shop", "echo", address, port), secret("shop.test"), gateway(), route(port)])
    eventually(lambda: cluster.get()[0] == 200, what="the route serves")
    return cluster


@pytest.fixture
async def watched(serving: ClusterHandle) -> AsyncIterator[Watched]:
    """The cluster, watched, with all well in it: what an earlier test broke was repaired."""
    board = Board()
    async with KubeClient(admin(serving)) as kube:
        snapshot = board.snapshot = Snapshot(serving.name, secrets_granted=True)
        watcher = ClusterWatcher(await identity(kube), snapshot, kube, board)
        task = asyncio.create_task(watcher.run())
        try:
            await asyncio.wait_for(watcher.synced.wait(), 60)
            found = Watched(serving, board)
            await found.is_well()
            yield found
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def port_of(watched: Watched) -> int:
    return watched.cluster.backend[1]


# What is broken: objects that are put there, and what is then found


def listener(name: str, port: int, protocol: str = "HTTP", **more: Any) -> Object:
    return {"name": name, "port": port, "protocol": protocol, **more}


GATEWAYS: dict[str, tuple[Object, str, str]] = {
    "a port without an entry point": (gateway(listener("odd", 9999)), "condition", "odd"),
    "Programmed in spite of that": (gateway(listener("odd", 9999)), "claims-programmed", ""),
    "two protocols on a port": (gateway(listener("odd", manifests.PORT, "TCP")), "protocol-conflict", "odd"),
    "a listener twice": (
        gateway(listener("again", HTTPS, "TLS", hostname="shop.test", tls=TLS)),
        "listener-duplicate",
        "again",
    ),
    "no such class": (gateway(gatewayClassName="gone"), "class-missing", ""),
}


@pytest.mark.parametrize("name", GATEWAYS)
async def test_gateways(watched: Watched, name: str) -> None:
    broken, code, where = GATEWAYS[name]
    if name == "no such class":
        await watched.delete("gateway", "web", "-n", "shop")
    await watched.apply(broken)
    await watched.has(WEB, code, where=where)
    if name == "no such class":
        await watched.delete("gateway", "web", "-n", "shop")
    await watched.apply(gateway())
    await watched.is_well()


ROUTES: dict[str, tuple[Object, str]] = {
    "another hostname": ({"hostnames": ["shop.example"]}, "hostname-mismatch"),
    "the domain of a wildcard": ({"hostnames": ["test"]}, "hostname-mismatch"),
    "one hostname of two": ({"hostnames": ["shop.test", "shop.example"]}, "hostname-partial"),
    "no such section": ({"parentRefs": [{"name": "web", "sectionName": "gone"}]}, "section-missing"),
    "no such port": ({"parentRefs": [{"name": "web", "port": 81}]}, "port-mismatch"),
    "no such gateway": ({"parentRefs": [{"name": "gone"}]}, "parent-missing"),
    "no parent": ({"parentRefs": []}, "route-without-parent"),
    "no such service": ({"rules": [{"backendRefs": [{"name": "gone", "port": 80}]}]}, "backend-missing"),
    "no such service port": ({"rules": [{"backendRefs": [{"name": "echo", "port": 1}]}]}, "backend-port"),
    "no backend": ({"rules": [{}]}, "rule-without-backend"),
}


@pytest.mark.parametrize("name", ROUTES)
async def test_routes(watched: Watched, name: str) -> None:
    spec, code = ROUTES[name]
    await watched.apply(route(port_of(watched), **copy.deepcopy(spec)))
    await watched.has(SHOP, code)
    await watched.apply(route(port_of(watched)))
    await watched.is_well()


async def test_backends_that_go(watched: Watched) -> None:
    address, port = watched.cluster.backend
    service, slices = backend_objects("shop", "echo", address, port)
    await watched.delete("endpointslice", "echo", "-n", "shop")
    await watched.has(SHOP, "no-endpoints")
    slices["endpoints"][0]["conditions"]["ready"] = False
    await watched.apply(slices)
    await watched.has(SHOP, "no-endpoints")
    slices["endpoints"] = [*backend_objects("shop", "echo", address, port)[1]["endpoints"], *slices["endpoints"]]
    slices["endpoints"][1] = {**slices["endpoints"][1], "addresses": ["10.255.255.1"]}
    await watched.apply(slices)
    await watched.has(SHOP, "few-endpoints")
    await watched.delete("service", "echo", "-n", "shop")
    await watched.has(SHOP, "backend-missing")
    await watched.apply(service, backend_objects("shop", "echo", address, port)[1])
    await watched.is_well()


async def test_namespaces(watched: Watched) -> None:
    address, port = watched.cluster.backend
    other = (HTTP_ROUTE, ("other", "shop"))
    await watched.apply(
        *backend_objects("other", "echo", address, port), route(port, namespace="other", hostnames=["o.test"])
    )
    await watched.has(other, "namespace-not-allowed")
    selector = {"from": "Selector", "selector": {"matchLabels": {"shop": "yes"}}}
    opened = gateway()
    opened["spec"]["listeners"][0]["allowedRoutes"]["namespaces"] = selector
    await watched.apply(opened)
    await watched.has(other, "namespace-not-allowed")
    await asyncio.to_thread(watched.cluster.kubectl, "label", "namespace", "other", "shop=yes")
    await watched.until(lambda o: not codes(o, other), "the label lets it in")
    await watched.until(lambda o: o[other].state == "healthy", "the route is accepted")
    await asyncio.to_thread(watched.cluster.kubectl, "label", "namespace", "other", "shop-")
    await watched.has(other, "namespace-not-allowed")
    await watched.delete("httproute", "shop", "-n", "other")
    await watched.apply(gateway())
    await watched.is_well()


async def test_grants(watched: Watched) -> None:
    address, port = watched.cluster.backend
    let = (REFERENCE_GRANT, ("other", "let"))
    await watched.apply(*backend_objects("other", "echo", address, port), route(port, backend={"namespace": "other"}))
    await watched.has(SHOP, "grant-missing")
    await watched.apply(grant())
    await watched.is_well()
    await watched.delete("referencegrant", "let", "-n", "other")
    await watched.has(SHOP, "grant-missing")
    await watched.apply(grant(), route(port))
    await watched.has(let, "grant-unused")
    await watched.delete("referencegrant", "let", "-n", "other")
    await watched.is_well()


async def test_certificates(watched: Watched) -> None:
    await watched.delete("secret", "shop-tls", "-n", "shop")
    await watched.has(WEB, "certificate-missing", where="secure")
    wrong: Iterable[tuple[Object, str]] = (
        (secret("other.test"), "certificate-name"),
        (secret("shop.test", days=(-60, -3)), "certificate-expired"),
        (secret("shop.test", days=(2, 90)), "certificate-not-yet"),
        (secret("shop.test", days=(-60, 10)), "certificate-expires"),
        ({**secret("shop.test"), "data": {"tls.crt": "", "tls.key": ""}}, "certificate-unusable"),
        (_mixed(), "certificate-unusable"),
    )
    for broken, code in wrong:
        await watched.apply(broken)
        await watched.has(WEB, code, where="secure")
    await watched.apply(secret("shop.test"))
    await watched.is_well()


def _mixed() -> Object:
    """A certificate with the key of another."""
    live = secret("shop.test")
    return {**live, "data": {**live["data"], "tls.key": secret("shop.test")["data"]["tls.key"]}}


async def test_another_gateway_with_the_same_listener(watched: Watched) -> None:
    await watched.apply(gateway(name="zeta"))
    await watched.has((GATEWAY, ("shop", "zeta")), "gateway-collision")
    await watched.delete("gateway", "zeta", "-n", "shop")
    await watched.is_well()


async def test_a_class_of_nobody(watched: Watched) -> None:
    spec = {"controllerName": "example.com/nobody"}
    await watched.apply({"apiVersion": API, "kind": "GatewayClass", "metadata": manifests.meta("odd"), "spec": spec})
    await watched.has((GATEWAY_CLASS, ("", "odd")), "class-not-taken")
    await watched.delete("gatewayclass", "odd")
    await watched.is_well()


async def test_policies(watched: Watched) -> None:
    key: ObjectKey = (BACKEND_TLS, ("shop", "tls"))
    validation = {"hostname": "shop.test", "wellKnownCACertificates": "System"}
    spec = {"targetRefs": [{"group": "", "kind": "Service", "name": "gone"}], "validation": validation}
    live = {"apiVersion": API, "kind": "BackendTLSPolicy", "metadata": manifests.meta("tls", "shop"), "spec": spec}
    await watched.apply(live)
    await watched.has(key, "target-missing")
    await watched.delete("backendtlspolicy", "tls", "-n", "shop")
    await watched.is_well()


async def test_a_controller_that_is_stopped_is_the_cause_of_it_all(watched: Watched) -> None:
    await asyncio.to_thread(watched.cluster.kubectl, "-n", NAMESPACE, "scale", "deployment/traefik", "--replicas=0")
    await watched.has(CLASS, "controller-down")
    await watched.has(WEB, "class-broken")
    await watched.apply(route(port_of(watched), name="new", hostnames=["new.test"]))
    new = (HTTP_ROUTE, ("shop", "new"))
    await watched.until(lambda o: new in o and o[new].state == "unhealthy", "the new route waits")
    objects = watched.board.judge()
    (cause, *_) = summarise(watched.board.snapshot, objects).causes
    assert (cause.code, cause.object.kind, cause.object.name) == ("health.controller-down", "GatewayClass", "traefik")
    tree = explain(watched.board.snapshot, objects, *WEB)
    assert [node.ref.kind for node in marked(tree)] == ["GatewayClass"]
    await watched.delete("httproute", "new", "-n", "shop")
    await asyncio.to_thread(watched.cluster.kubectl, "-n", NAMESPACE, "scale", "deployment/traefik", "--replicas=1")
    await watched.is_well()


def marked(node: Node) -> list[Node]:
    return [*([node] if node.is_cause else []), *(found for child in node.children for found in marked(child))]

"""Probes of a real Traefik: through a route, over TLS with every kind of certificate, and to a backend that is away."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import manifests
import pytest
from handles import ClusterHandle, eventually
from probing import made
from product import admin

from gatewright.model.objects import ObjectRef
from gatewright.model.probe import ProbeResult, ProbeTarget, Protocol
from gatewright.observe.probes.addresses import AddressPolicy
from gatewright.observe.probes.names import Names
from gatewright.observe.probes.probe import Contexts, probe
from gatewright.server.services import open_services
from gatewright.server.settings import from_environment

pytestmark = pytest.mark.integration
NAMESPACE = "gateway-system"
HTTPS = 8443
CONTEXTS = Contexts()
WEB = ObjectRef("gateway.networking.k8s.io/v1", "Gateway", "web", "shop")


def deployment() -> dict[str, object]:
    """Traefik with a second entry point, for HTTPS."""
    content = json.dumps(manifests.deployment(NAMESPACE, "3.7.15"))
    flag = f'"--entrypoints.web.address=:{manifests.PORT}"'
    assert flag in content
    return json.loads(content.replace(flag, f'{flag}, "--entrypoints.websecure.address=:{HTTPS}"'))


def secret(certificate: tuple[bytes, bytes]) -> dict[str, object]:
    chain, key = (base64.b64encode(part).decode() for part in certificate)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": manifests.meta("shop-tls", "shop"),
        "data": {"tls.crt": chain, "tls.key": key},
    }


def gateway() -> dict[str, object]:
    own = {"namespaces": {"from": "Same"}}
    tls = {"mode": "Terminate", "certificateRefs": [{"name": "shop-tls"}]}
    return {
        "apiVersion": WEB.api_version,
        "kind": "Gateway",
        "metadata": manifests.meta("web", "shop"),
        "spec": {
            "gatewayClassName": "traefik",
            "listeners": [
                {"name": "web", "protocol": "HTTP", "port": manifests.PORT, "allowedRoutes": own},
                {"name": "secure", "protocol": "HTTPS", "port": HTTPS, "tls": tls, "allowedRoutes": own},
            ],
        },
    }


@pytest.fixture(scope="module")
def serving(cluster: ClusterHandle, gateway_api: Path) -> ClusterHandle:
    cluster.install_gateway_api(gateway_api)
    cluster.apply([*manifests.controller(NAMESPACE), deployment()])
    cluster.kubectl("-n", NAMESPACE, "rollout", "status", "deployment/traefik", "--timeout=120s")
    cluster.apply([*manifests.route("shop", *cluster.backend), secret(made("shop.test")), gateway()])
    eventually(lambda: addresses(cluster) == [cluster.state.address], what="the Gateway's address is known")
    return cluster


def addresses(cluster: ClusterHandle) -> list[str]:
    status = cluster.json("-n", "shop", "gateway", "web").get("status", {})
    return [entry["value"] for entry in status.get("addresses", [])]


@pytest.fixture
async def names() -> AsyncIterator[Names]:
    opened = Names()
    yield opened
    opened.close()


class Probing:
    def __init__(self, cluster: ClusterHandle, names: Names) -> None:
        self.cluster, self.names = cluster, names

    async def once(self, protocol: Protocol, hostname: str = "shop.test", *, loopback: bool = True) -> ProbeResult:
        (address,) = addresses(self.cluster)
        listener, port = ("web", manifests.PORT) if protocol == "HTTP" else ("secure", HTTPS)
        target = ProbeTarget(self.cluster.name, WEB, listener, protocol, address, port, hostname)
        policy = AddressPolicy(loopback=loopback)
        return await probe(target, names=self.names, contexts=CONTEXTS, policy=policy)

    async def until(
        self, protocol: Protocol, holds: Callable[[ProbeResult], bool], hostname: str = "shop.test"
    ) -> ProbeResult:
        """The first result that ``holds``: a controller takes its time to do as it is told."""
        found = None
        with anyio.move_on_after(60):
            while True:
                found = await self.once(protocol, hostname)
                if holds(found):
                    return found
                await anyio.sleep(0.2)
        pytest.fail(f"not within 60 s: {found!r}")


@pytest.fixture
def probing(serving: ClusterHandle, names: Names) -> Probing:
    return Probing(serving, names)


async def test_through_a_route(probing: Probing) -> None:
    found = await probing.until("HTTP", lambda r: r.status == 200)
    assert (found.outcome, found.connected) == ("ok", probing.cluster.state.address)
    assert found.latency_ms is not None
    assert 0 < found.latency_ms < 5000
    other = await probing.once("HTTP", "other.test")
    assert (other.outcome, other.status) == ("ok", 404)


async def test_not_without_leave(probing: Probing) -> None:
    assert (await probing.once("HTTP", loopback=False)).outcome == "excluded"


async def test_the_certificate_is_seen(probing: Probing) -> None:
    found = await probing.until("HTTPS", lambda r: r.status == 200 and r.covered is True)
    assert found.certificate is not None
    assert (found.certificate.names, found.certificate.self_signed) == (("shop.test",), True)
    assert found.trusted is False
    shaken = await probing.once("TLS")
    assert (shaken.outcome, shaken.status, shaken.certificate) == ("ok", None, found.certificate)


async def test_a_wrong_name_and_an_expired_certificate_are_noticed(probing: Probing) -> None:
    probing.cluster.apply([secret(made("other.test"))])
    # Traefik chooses by name, and where none fits shows a certificate that it made for itself
    wrong = await probing.until("HTTPS", lambda r: r.covered is False)
    assert (wrong.outcome, wrong.trusted) == ("ok", False)
    probing.cluster.apply([secret(made("shop.test", days=(-60, -3)))])
    expired = await probing.until("HTTPS", lambda r: r.certificate is not None and r.certificate.not_after < r.at)
    assert (expired.outcome, expired.covered, expired.trusted) == ("ok", True, False)
    probing.cluster.apply([secret(made("shop.test"))])
    await probing.until("HTTPS", lambda r: r.certificate is not None and r.certificate.not_after > r.at)


async def test_a_server_probes_what_it_watches_and_tells_prometheus(serving: ClusterHandle, tmp_path: Path) -> None:
    settings = from_environment({"GATEWRIGHT_HOME": str(tmp_path), "GATEWRIGHT_PROBE_LOOPBACK": "1"})
    wanted = f'{{cluster="{serving.name}",gateway="shop/web",listener="%s",hostname="%s"}} 1.0'
    served = [("web", "shop.test"), ("secure", "shop.test")]
    async with open_services(settings) as services:
        await services.clusters.register(serving.name, admin(serving), who="tester")
        async with services.working(("127.0.0.1", 8770)):
            page = ""
            with anyio.move_on_after(120):
                while not all(f"gatewright_probe_success{wanted % pair}" in page for pair in served):
                    await anyio.sleep(0.5)
                    page = await services.metrics.scrape()
                return
    pytest.fail("\n".join(line for line in page.splitlines() if serving.name in line))


async def test_a_backend_that_is_away(probing: Probing) -> None:
    cluster = probing.cluster
    await probing.until("HTTP", lambda r: r.status == 200)
    (slices,) = cluster.json("-n", "shop", "endpointslices")["items"]
    name, port = slices["metadata"]["name"], slices["ports"][0]["port"]
    patch = '[{"op": "replace", "path": "/ports/0/port", "value": %d}]'
    cluster.kubectl("-n", "shop", "patch", "endpointslice", name, "--type=json", "-p", patch % 1)
    found = await probing.until("HTTP", lambda r: r.outcome == "http")
    assert found.status in (500, 502, 503, 504)
    cluster.kubectl("-n", "shop", "patch", "endpointslice", name, "--type=json", "-p", patch % port)
    await probing.until("HTTP", lambda r: r.status == 200)


async def test_a_gateway_that_is_away(probing: Probing) -> None:
    cluster = probing.cluster
    cluster.kubectl("-n", NAMESPACE, "scale", "deployment/traefik", "--replicas=0")
    gone = await probing.until("HTTP", lambda r: r.outcome == "refused")
    assert gone.status is None
    cluster.kubectl("-n", NAMESPACE, "scale", "deployment/traefik", "--replicas=1")
    await probing.until("HTTP", lambda r: r.status == 200)

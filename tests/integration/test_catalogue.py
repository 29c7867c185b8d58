"""The catalogue against a real API server: digests of CRDs read back, and what the admission policy really says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from handles import ClusterHandle
from product import crd_gone

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.crds import CHANNEL_ANNOTATION, VERSION_ANNOTATION, is_gateway_api_crd, spec_digest
from gatewright.gatewayapi.policies import CrdChange, policy_answer
from gatewright.kube import kubeconfig
from gatewright.kube.client import KubeClient
from gatewright.kube.errors import DeniedByAdmissionError
from gatewright.kube.resources import CRDS, VALIDATING_ADMISSION_POLICIES, VALIDATING_ADMISSION_POLICY_BINDINGS
from gatewright.lab import places
from gatewright.model.desired import BundleName, Channel
from gatewright.store.bundles import Bundle, BundleStore

pytestmark = pytest.mark.integration

READ_BACK: list[tuple[str, Channel]] = [
    ("v0.8.1", "experimental"),
    ("v1.0.0", "standard"),
    ("v1.2.1", "experimental"),
    ("v1.4.1", "standard"),
    ("v1.6.1", "standard"),
    ("v1.6.1", "experimental"),
]
POLICIES: list[tuple[str, Channel]] = [("v1.5.1", "standard"), ("v1.6.1", "standard"), ("v1.6.1", "experimental")]
VERSIONS = [
    "",
    "v0.0.0-dev",
    "v0.8.0",
    "v1.0.0",
    "v1.3.0-rc.1",
    "v1.4.1",
    "v1.5.1",
    "v1.6.1",
    "v1.10.2",
    "monthly-2026.05",
]

# One CRD per state that the policy can meet, so that all are asked about side by side.
PROBE = "Gateway gateways.gateway.networking.k8s.io"
OLD_CHANNELS: dict[str, str | None] = {
    "Gateway gateways.gateway.networking.k8s.io": "standard",
    "HTTPRoute httproutes.gateway.networking.k8s.io": "experimental",
    "GatewayClass gatewayclasses.gateway.networking.k8s.io": "",
    "GRPCRoute grpcroutes.gateway.networking.k8s.io": None,
    "XMesh xmeshes.gateway.networking.x-k8s.io": "standard",
}


async def bundle(version: str, channel: Channel) -> Bundle:
    return await BundleStore(places.cache() / "bundles").load(BundleName(version, channel))


@pytest.fixture
async def kube(cluster: ClusterHandle) -> AsyncIterator[KubeClient]:
    async with KubeClient(kubeconfig.load(cluster.kubeconfig, trust="operator")) as client:
        yield client
        await emptied(client)


async def emptied(kube: KubeClient) -> None:
    """Without the policy and without CRDs of Gateway API, and the policy no longer in effect.

    A CRD that is deleted before it is established can take minutes to go, so that is waited for first.
    """

    async def ours() -> list[str]:
        listed = await kube.list(CRDS, metadata_only=True)
        return [n for item in listed if is_gateway_api_crd(n := item["metadata"]["name"])]

    async def settled() -> bool:
        return all(is_established(item) for item in await kube.list(CRDS))

    await until(settled)
    name = catalogue().bundle(BundleName("v1.6.1")).policy[0].name
    await kube.delete(VALIDATING_ADMISSION_POLICY_BINDINGS, name)
    await kube.delete(VALIDATING_ADMISSION_POLICIES, name)
    names = await ours()
    await asyncio.gather(*(kube.delete(CRDS, crd) for crd in names))
    await asyncio.gather(*(crd_gone(kube, crd) for crd in names))
    await until(lambda: not_(denied(kube, small_crd(PROBE, "v0.8.0", "standard"))))


def is_established(crd: dict[str, Any]) -> bool:
    conditions = (crd.get("status") or {}).get("conditions") or []  # null just after creation
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


async def not_(answer: Awaitable[object]) -> bool:
    return not await answer


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(("version", "channel"), READ_BACK)
async def test_crds_read_back_have_the_digests_of_the_catalogue(
    kube: KubeClient, version: str, channel: Channel
) -> None:
    released = await bundle(version, channel)
    await asyncio.gather(*(kube.apply(crd) for crd in released.crds))
    live = {item["metadata"]["name"]: item for item in await kube.list(CRDS)}
    for facts in released.facts.crds:
        assert spec_digest(live[facts.name]["spec"]) == facts.spec, facts.name
        assert released.name in catalogue().recognise(facts.name, spec_digest(live[facts.name]["spec"]))


async def test_every_release_keeps_its_digests_through_the_servers_defaulting(kube: KubeClient) -> None:
    """Every distinct CRD of all 28 bundles by dry run: the server's defaulted answer has the catalogue's digest."""
    asked: set[tuple[str, str]] = set()
    for facts in catalogue().bundles:
        released = await bundle(facts.version, facts.channel)
        new = [(f, crd) for f, crd in zip(facts.crds, released.crds, strict=True) if (f.name, f.spec) not in asked]
        answers = await asyncio.gather(*(kube.apply(crd, dry_run=True) for _, crd in new))
        for (crd, _), answer in zip(new, answers, strict=True):
            assert spec_digest(answer.object["spec"]) == crd.spec, (str(facts.name), crd.name)
            asked.add((crd.name, crd.spec))


def small_crd(which: str, version: str, channel: str) -> dict[str, Any]:
    """A CRD with a name that the policy looks at and a schema that it does not."""
    kind, _, name = which.partition(" ")
    plural, _, group = name.partition(".")
    annotations = {"api-approved.kubernetes.io": "https://example.test/pull/1"}
    annotations |= {VERSION_ANNOTATION: version} if version else {}
    annotations |= {CHANNEL_ANNOTATION: channel} if channel else {}
    schema = {"openAPIV3Schema": {"type": "object"}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "scope": "Cluster",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


async def denied(kube: KubeClient, crd: dict[str, Any]) -> bool:
    try:
        await kube.apply(crd, dry_run=True, force=True)
    except DeniedByAdmissionError:
        return True
    return False


@pytest.mark.parametrize(("version", "channel"), POLICIES)
async def test_the_policy_says_what_the_catalogue_says(kube: KubeClient, version: str, channel: Channel) -> None:
    released = await bundle(version, channel)
    for which, old in OLD_CHANNELS.items():
        if old is not None:
            await kube.apply(small_crd(which, "v1.5.1", old))
    await asyncio.gather(*(kube.apply(policy) for policy in released.policy))
    await until(lambda: denied(kube, small_crd(PROBE, "v0.8.0", "standard")))
    asked = [
        (which, CrdChange(which.partition(" ")[2], old, new_version, new_channel))
        for which, old in OLD_CHANNELS.items()
        for new_version in VERSIONS
        for new_channel in ("", "standard", "experimental")
    ]
    real = await asyncio.gather(*(denied(kube, small_crd(which, c.version, c.channel)) for which, c in asked))
    expressions = [v["expression"] for v in released.policy[0]["spec"]["validations"]]
    for (_, change), refused in zip(asked, real, strict=True):
        for known in (expressions, released.facts.policy_expressions):
            assert policy_answer(known, change).answer == ("denies" if refused else "allows"), change


async def test_the_policys_expressions_are_recognised_as_read_back(kube: KubeClient) -> None:
    released = await bundle("v1.6.1", "experimental")
    for policy in released.policy:
        await kube.apply(policy)
    live = await kube.get(VALIDATING_ADMISSION_POLICIES, released.facts.policy[0].name)
    expressions = [v["expression"] for v in live["spec"]["validations"]]
    change = CrdChange("gateways.gateway.networking.k8s.io", None, "v1.6.1", "experimental")
    assert policy_answer(expressions, change).answer == "allows"

"""CRDs one by one: those of Gateway API only, those that changed only, and none that another cluster may have sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from gatewright.background import alongside
from gatewright.gatewayapi.kinds import CRD, Key
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.metadata import Meta, WrittenMeta
from gatewright.gatewayapi.surroundings import Crd, CrdSpec, Owned
from gatewright.kube.client import KubeClient
from gatewright.kube.errors import ObjectNotFoundError, UnreachableError
from gatewright.model.errors import GatewrightError
from gatewright.observe.crds import EACH_CRD, CrdReading
from gatewright.observe.feed import FeedOptions
from gatewright.observe.feeds import FeedSpec
from gatewright.observe.pulse import ClusterReplacedError

GROUP = "gateway.networking.k8s.io"
HTTP, GRPC = f"httproutes.{GROUP}", f"grpcroutes.{GROUP}"


class Cluster:
    """What it answers of each CRD, and a ``Reader`` that keeps what it is told."""

    def __init__(self) -> None:
        self.answers: dict[str, Iterator[bytes | Exception]] = {}
        self.asked: list[str] = []
        self.read: dict[str, str | None] = {}
        self.gone: list[str] = []
        self.failures: list[GatewrightError] = []
        self.doubts = 0
        self.replaced = False
        self.done = asyncio.Event()
        self.snapshot = Snapshot("east")
        kube = cast(KubeClient, SimpleNamespace(get_raw=self.get_raw))
        self.reading = CrdReading(kube, self.snapshot, self, FeedOptions(backoff=0.0))

    async def get_raw(self, path: str, **_: Any) -> bytes:
        name = path.rpartition("/")[2]
        self.asked.append(name)
        answer = next(self.answers[name])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def serves(self, name: str, *answers: bytes | Exception) -> None:
        self.answers[name] = iter(answers)

    def crd_read(self, key: Key, crd: Crd | None) -> None:
        self.read[key[1]] = None if crd is None else crd.metadata.resource_version

    def crd_gone(self, key: Key) -> None:
        self.gone.append(key[1])

    def crds_read(self) -> None:
        self.done.set()

    def failed(self, spec: FeedSpec, error: GatewrightError) -> None:
        assert spec == EACH_CRD
        self.failures.append(error)

    async def vouch(self) -> None:
        if self.replaced:
            raise ClusterReplacedError(uid="other", registered="uid")

    async def again(self) -> None:
        self.doubts += 1

    @asynccontextmanager
    async def all_read(self) -> AsyncGenerator[None]:
        """The block tells what there is; leaving it waits until all of that was read."""
        self.done.clear()
        async with alongside(self.reading.run()), asyncio.timeout(60):
            yield
            await self.done.wait()


@pytest.fixture
async def cluster() -> Cluster:
    return Cluster()


def body(name: str, version: str) -> bytes:
    return msgspec.json.encode({"metadata": {"name": name, "resourceVersion": version}, "spec": {"group": GROUP}})


def seen(name: str, version: str) -> Owned:
    return Owned(metadata=WrittenMeta(name, resource_version=version))


async def test_only_crds_of_gateway_api_that_are_new_or_changed_are_read(cluster: Cluster) -> None:
    cluster.snapshot.objects[CRD] = {
        ("", name): Crd(Meta(name, resource_version="1"), CrdSpec(GROUP)) for name in (HTTP, GRPC, f"old.{GROUP}")
    }
    cluster.serves(GRPC, body(GRPC, "2"))
    async with cluster.all_read():
        cluster.reading.listed([seen(HTTP, "1"), seen(GRPC, "2"), seen("widgets.example.com", "1")])
        assert cluster.reading.waiting
    assert cluster.read == {GRPC: "2"}
    assert cluster.gone == [f"old.{GROUP}"]
    assert not cluster.reading.waiting


async def test_one_that_cannot_be_read_is_read_again_and_the_others_are_read_meanwhile(cluster: Cluster) -> None:
    cluster.serves(HTTP, UnreachableError(server="https://east", reason="-"), body(HTTP, "1"))
    cluster.serves(GRPC, body(GRPC, "1"))
    async with cluster.all_read():
        cluster.reading.listed([seen(HTTP, "1"), seen(GRPC, "1")])
    assert cluster.read == {HTTP: "1", GRPC: "1"}
    assert (len(cluster.failures), cluster.doubts) == (1, 1)


@pytest.mark.parametrize("answer", [b"{", b"\xff", ObjectNotFoundError(object="-", server="-")])
async def test_one_that_is_none_is_told_as_none(cluster: Cluster, answer: bytes | Exception) -> None:
    cluster.serves(HTTP, answer)
    async with cluster.all_read():
        cluster.reading.changed(("", HTTP), seen(HTTP, "1"))
    assert cluster.read == {HTTP: None}
    assert not cluster.failures


async def test_one_that_is_deleted_is_told_and_not_read(cluster: Cluster) -> None:
    cluster.serves(GRPC, body(GRPC, "1"))
    cluster.reading.listed([seen(HTTP, "1"), seen(GRPC, "1")])
    cluster.reading.changed(("", HTTP), None)
    async with cluster.all_read():
        pass
    assert (cluster.asked, cluster.gone) == ([GRPC], [HTTP])


async def test_nothing_is_told_of_what_another_cluster_may_have_sent(cluster: Cluster) -> None:
    cluster.serves(HTTP, body(HTTP, "1"))
    cluster.replaced = True
    cluster.reading.listed([seen(HTTP, "1")])
    with pytest.raises(ClusterReplacedError):
        await asyncio.wait_for(cluster.reading.run(), 60)
    assert cluster.read == {}

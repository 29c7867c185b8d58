"""Who answers: asked once for each connection, and whatever feeds meet is part of whether the cluster answers."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gatewright.gatewayapi.live import Snapshot
from gatewright.kube.client import KubeClient
from gatewright.kube.errors import ForbiddenError, UnreachableError
from gatewright.kube.resources import DEPLOYMENTS, SERVICES
from gatewright.observe.answering import Answering, AnsweringOptions
from gatewright.observe.feeds import FeedSpec
from gatewright.observe.listener import Listener
from gatewright.observe.pulse import ClusterReplacedError, Pulse

BASIC = FeedSpec(DEPLOYMENTS)
OTHER = FeedSpec(SERVICES, "orders")


class Cluster:
    """Says who it is on a connection that may be new; counts how often it was asked, and told of."""

    def __init__(self) -> None:
        self.transport = SimpleNamespace(opened=1, doubt=lambda: None)
        self.uid = "uid"
        self.asked = 0
        self.thrice = asyncio.Event()
        self.opening = 0
        """Connections that the next question opens."""
        self.pulses = 0
        self.pulse = Pulse()
        listener = cast(Listener, SimpleNamespace(pulsed=self._pulsed))
        options = AnsweringOptions(identity=0.01)
        self.answering = Answering("uid", Snapshot("east"), cast(KubeClient, self), self.pulse, listener, options)

    async def get(self, resource: Any, name: str, **_: Any) -> dict[str, Any]:
        assert name == "kube-system"
        self.asked += 1
        if self.asked == 3:
            self.thrice.set()
        self.transport.opened += self.opening
        self.opening = 0
        await asyncio.sleep(0)
        return {"metadata": {"uid": self.uid}}

    def _pulsed(self, uid: str) -> None:
        self.pulses += 1


@pytest.fixture
async def cluster() -> Cluster:
    return Cluster()


async def test_a_connection_is_asked_once(cluster: Cluster) -> None:
    await asyncio.gather(*(cluster.answering.vouch() for _ in range(5)))
    await cluster.answering.vouch()
    assert cluster.asked == 1
    cluster.transport.opened += 1
    await asyncio.gather(*(cluster.answering.vouch() for _ in range(5)))
    assert cluster.asked == 2


async def test_the_connection_that_the_question_needs_is_vouched_for_by_the_answer(cluster: Cluster) -> None:
    cluster.opening = 1
    await cluster.answering.vouch()
    assert (cluster.transport.opened, cluster.asked) == (2, 1)


async def test_with_more_connections_than_the_question_needs_it_is_asked_again(cluster: Cluster) -> None:
    cluster.opening = 2
    await cluster.answering.vouch()
    assert (cluster.transport.opened, cluster.asked) == (3, 2)


async def test_another_cluster_is_not_vouched_for(cluster: Cluster) -> None:
    cluster.uid = "other"
    for _ in range(2):
        with pytest.raises(ClusterReplacedError):
            await cluster.answering.vouch()
    cluster.uid = "uid"
    await cluster.answering.vouch()
    assert cluster.asked == 3


async def test_another_cluster_is_asked_until_it_is_the_registered_one_again(cluster: Cluster) -> None:
    cluster.uid = "other"
    waiting = asyncio.create_task(cluster.answering.identified())
    async with asyncio.timeout(60):
        await cluster.thrice.wait()
        assert cluster.pulse.error is not None
        assert cluster.pulse.error.code == ClusterReplacedError.code
        cluster.uid = "uid"
        await waiting
    assert cluster.pulse.state == "reachable"


async def test_who_doubts_waits_until_the_cluster_was_asked_anew(cluster: Cluster) -> None:
    await cluster.answering.identified()
    waiting = asyncio.create_task(cluster.answering.again())
    await asyncio.sleep(0)
    assert not waiting.done()
    asking = asyncio.create_task(cluster.answering.run())
    await asyncio.wait_for(waiting, 60)
    asking.cancel()
    await asyncio.wait([asking])
    assert cluster.asked == 2


@pytest.mark.parametrize("spec", [BASIC, OTHER])
async def test_what_fails_once_may_be_an_accident(cluster: Cluster, spec: FeedSpec) -> None:
    await cluster.answering.identified()
    error = UnreachableError(server="-", reason="-")
    cluster.answering.failed(spec, error)
    assert cluster.pulse.state == "reachable"
    cluster.answering.failed(spec, error)
    assert (cluster.pulse.state, cluster.pulse.error) == ("slow", error.report)
    cluster.answering.recovered(spec)
    cluster.answering.beat(0.01)
    assert (cluster.pulse.state, cluster.pulse.error) == ("reachable", None)


@pytest.mark.parametrize(("spec", "state"), [(BASIC, "forbidden"), (OTHER, "reachable")])
async def test_only_what_every_cluster_is_watched_for_makes_it_forbidden(
    cluster: Cluster, spec: FeedSpec, state: str
) -> None:
    await cluster.answering.identified()
    for _ in range(3):
        cluster.answering.failed(spec, ForbiddenError(object="-", server="-"))
    assert cluster.pulse.state == state

"""Views of a process that does not watch: it looks once, and a cluster that does not answer does not hold it up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gatewright.kube import kubeconfig
from gatewright.observe.clusters import Clusters
from gatewright.observe.observatory import Observatory
from gatewright.observe.views import Views
from gatewright.store.database import Database
from gatewright.store.errors import UnknownTeamError
from gatewright.store.secrets import KeyRing

pytestmark = pytest.mark.anyio


@pytest.fixture
async def observatory(small: Database, kubernetes: Any) -> AsyncIterator[Observatory]:
    """Over one registered cluster, the stand-in, which then refuses everything."""
    clusters = Clusters(small, KeyRing((b"k" * 32,)))
    connection = kubeconfig.load(kubernetes.kubeconfig(), trust="uploaded")
    await clusters.register("east", connection, who="ann")
    kubernetes.answers["/api/v1/namespaces/kube-system"] = 403
    yield Observatory(clusters)
    await clusters.close()


async def test_a_look_ends_when_a_cluster_does_not_say_who_it_is(observatory: Observatory, kubernetes: Any) -> None:
    async with asyncio.timeout(60):
        await observatory.look([kubernetes.uid], 10_000)
    state = observatory.board.state(kubernetes.uid)
    assert state is not None
    assert (state.reachability, state.synced) == ("forbidden", False)


async def test_the_next_question_of_a_command_does_not_look_again(observatory: Observatory, kubernetes: Any) -> None:
    views = Views(observatory)
    async with asyncio.timeout(60):
        found = await views.health()
        asked = len(kubernetes.seen)
        assert (await views.cluster("east")).reachability == "forbidden"
    assert [(m.cluster, m.state) for m in found.members] == [("east", "unknown")]
    assert len(kubernetes.seen) == asked


async def test_what_was_seen_is_there_for_the_next_process(observatory: Observatory, kubernetes: Any) -> None:
    async with asyncio.timeout(60):
        await Views(observatory).health()
    async with observatory.clusters.database.reading() as unit:
        assert [s.cluster_uid for s in await unit.states.since()] == [kubernetes.uid]


async def test_a_team_that_is_not_there_is_refused(observatory: Observatory) -> None:
    with pytest.raises(UnknownTeamError):
        await Views(observatory).health("nobody")

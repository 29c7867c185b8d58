"""The directory is what is registered, read again only when something changed."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.observe.directory import Directories
from gatewright.store.database import Database
from gatewright.store.errors import UnknownClusterError, UnknownTeamError

pytestmark = pytest.mark.anyio


async def test_it_is_read_anew_only_after_a_change(small: Database, register: Any) -> None:
    directories = Directories(small)
    empty = await directories.read()
    assert await directories.read() is empty
    await register(small, "a", "b", payments=["a"])
    found = await directories.read()
    assert found is not empty
    assert await directories.read() is found
    assert {uid: cluster.name for uid, cluster in found.clusters.items()} == {"uid-a": "a", "uid-b": "b"}


async def test_whose_namespace_it_is(small: Database, register: Any) -> None:
    await register(small, "a", "b", payments=["a", "b"], orders=["b"])
    found = await Directories(small).read()
    assert found.team_of("uid-a", "payments") == "payments"
    assert found.team_of("uid-b", "orders") == "orders"
    assert found.team_of("uid-a", "orders") == ""
    assert found.team_of("uid-x", "payments") == ""
    assert [b.cluster for b in found.of_team("payments")] == ["a", "b"]


async def test_what_is_not_there_is_refused_with_the_nearest_name(small: Database, register: Any) -> None:
    await register(small, "shanghai", payments=["shanghai"])
    found = await Directories(small).read()
    assert found.uid("shanghai") == "uid-shanghai"
    with pytest.raises(UnknownClusterError) as cluster:
        found.uid("shangha")
    assert "shanghai" in str(cluster.value.report.params)
    with pytest.raises(UnknownTeamError):
        found.of_team("payment")

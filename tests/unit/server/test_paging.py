"""Lists in pages: whole, in order, stable under changes, and only with tokens of the same list."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from gatewright.cli.client import Api
from gatewright.model.plan import ClusterPlan, Plan
from gatewright.server.errors import ContinueError
from gatewright.server.paging import PageRequest
from gatewright.server.services import Services
from gatewright.server.values import TeamView


def asked(query: str, limit: int = 2, token: str = "", path: str = "/api/v1/x") -> PageRequest:
    app = SimpleNamespace(state=SimpleNamespace(page_key=bytes(32)))
    scope = {"type": "http", "path": path, "query_string": query.encode(), "headers": [], "server": ("h", 80)}
    return PageRequest(Request({**scope, "app": app}), limit, token)


def walk(items: list[str], limit: int, *, newest_first: bool = False) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        page = asked("team=a", limit, token).of(items, lambda i: (i,), newest_first=newest_first)
        assert len(page.items) <= limit
        found += page.items
        if not page.next:
            return found
        token = httpx.URL(page.next).params["continue"]


@given(st.sets(st.text(max_size=5)), st.integers(1, 7), st.booleans())
def test_pages_together_are_the_list(items: set[str], limit: int, newest_first: bool) -> None:
    assert walk(list(items), limit, newest_first=newest_first) == sorted(items, reverse=newest_first)


@given(st.sets(st.integers(0, 50), min_size=4), st.sets(st.integers(0, 50)), st.data())
def test_what_is_there_all_along_is_shown_once(items: set[int], added: set[int], data: st.DataObject) -> None:
    removed = data.draw(st.sets(st.sampled_from(sorted(items))))
    first = asked("").of(sorted(items), lambda i: (i,))
    later = (items - removed) | added
    token = httpx.URL(first.next).params["continue"]
    rest = asked("", 1000, token).of(sorted(later), lambda i: (i,))
    shown = [*first.items, *rest.items]
    assert len(shown) == len(set(shown))
    assert set(shown) >= items - removed


def test_the_next_page_keeps_the_filters() -> None:
    page = asked("team=a&team=b&limit=2").of(["x", "y", "z"], lambda i: (i,))
    assert page.next.startswith("/api/v1/x?team=a&team=b&limit=2&continue=")


def test_a_token_is_of_one_list_and_one_filter() -> None:
    token = httpx.URL(asked("team=a").of(["x", "y", "z"], lambda i: (i,)).next).params["continue"]
    assert asked("team=a", token=token).after == ("y",)
    for other in (asked("", token=token), asked("team=b", token=token), asked("team=a", token=token, path="/y")):
        with pytest.raises(ContinueError):
            other.of(["x"], lambda i: (i,))


@given(st.text(max_size=60))
def test_no_made_up_token_is_read(token: str) -> None:
    if token:
        with pytest.raises(ContinueError):
            asked("", token=token).of(["x"], lambda i: (i,))


def test_no_changed_token_is_read() -> None:
    token = httpx.URL(asked("").of(["x", "y", "z"], lambda i: (i,)).next).params["continue"]
    content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for place in range(len(content)):
        changed = bytes([*content[:place], content[place] ^ 1, *content[place + 1 :]])
        with pytest.raises(ContinueError):
            asked("", token=base64.urlsafe_b64encode(changed).decode()).of(["x"], lambda i: (i,))


async def make_teams(api: httpx.AsyncClient, count: int) -> list[str]:
    names = [f"team-{number:02}" for number in range(count)]
    for name in names:
        assert (await api.put(f"/teams/{name}", json={})).status_code == 200
    return names


async def test_a_list_is_read_by_following_its_links(api: httpx.AsyncClient) -> None:
    names = await make_teams(api, 5)
    answer = await api.get("/teams", params={"limit": 2})
    found = [view["team"]["name"] for view in answer.json()]
    while "next" in answer.links:
        answer = await api.get("http://test" + answer.links["next"]["url"])
        assert answer.status_code == 200, answer.text
        found += [view["team"]["name"] for view in answer.json()]
    assert found == names


@pytest.mark.parametrize("path", ["/clusters", "/teams", "/bindings", "/stacks", "/rollouts", "/bundles"])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": "0"}, "server.parameter"),
        ({"limit": "1001"}, "server.parameter"),
        ({"limit": "many"}, "server.parameter"),
        ({"continue": "AAAA"}, "server.continue"),
        ({"continue": "é"}, "server.continue"),
        ({"continue": "A" * 5000}, "server.continue"),
    ],
)
async def test_bad_pages(api: httpx.AsyncClient, path: str, query: dict[str, str], code: str) -> None:
    answer = await api.get(path, params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_releases_keep_their_order_over_pages(api: httpx.AsyncClient, services: Services) -> None:
    whole = (await api.get("/bundles")).json()
    assert [(row["version"], row["channel"]) for row in whole] == [
        (row.version, row.channel) for row in services.bundle_list()
    ]
    assert len((await api.get("/bundles", params={"limit": 3})).json()) == 3


async def test_rollouts_come_newest_first_in_pages(api: httpx.AsyncClient, services: Services) -> None:
    database = services.clusters.database
    made: list[str] = []
    async with database.transaction() as unit:
        for number in range(5):
            plan = Plan("payments", "install", (ClusterPlan(f"c{number}", f"u{number}", None, ()),))
            await unit.plans.save(plan, "ada")
            made.append((await unit.rollouts.create(plan, "ada")).id)
    whole = [rollout["id"] for rollout in (await api.get("/rollouts")).json()]
    assert sorted(whole) == sorted(made)
    answer = await api.get("/rollouts", params={"limit": 2})
    found: list[Any] = answer.json()
    while "next" in answer.links:
        answer = await api.get("http://test" + answer.links["next"]["url"])
        found += answer.json()
    assert [rollout["id"] for rollout in found] == whole
    times = [rollout["created_at"] for rollout in found]
    assert times == sorted(times, reverse=True)


async def test_the_command_line_reads_to_the_end(api: httpx.AsyncClient) -> None:
    names = await make_teams(api, 3)
    pages: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        pages.append(str(request.url))
        assert len(pages) <= len(names), pages
        url = request.url.copy_merge_params({"limit": "1"})
        return await api.get(url)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://test") as http:
        found = await Api(http).get("/teams", list[TeamView])
    assert [view.team.name for view in found] == names
    assert len(pages) == 3


async def test_the_command_line_takes_its_token_nowhere_else() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "test"
        return httpx.Response(200, json=[1], headers={"Link": '<https://elsewhere/api/v1/x>; rel="next"'})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://test") as http:
        assert await Api(http).get("/x", list[int]) == [1]

"""Entity tags: what did not change is not sent again, and what moved is not overwritten."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


async def put_team(api: httpx.AsyncClient, namespace: str = "", **headers: str) -> httpx.Response:
    return await api.put("/teams/payments", json={"defaultNamespace": namespace}, headers=headers)


async def test_what_the_reader_has_is_not_sent_again(api: httpx.AsyncClient) -> None:
    await put_team(api)
    first = await api.get("/teams/payments")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for given in (tag, f'W/{tag}, "other"', "*", f'"other" , {tag}'):
        again = await api.get("/teams/payments", headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), given
        assert "content-type" not in again.headers
    await put_team(api, "pay")
    changed = await api.get("/teams/payments", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


@pytest.mark.parametrize("given", ["", "nonsense", '"', '"a', "W/", ",,,", '""'])
async def test_other_tags_get_the_answer(api: httpx.AsyncClient, given: str) -> None:
    assert (await api.get("/teams", headers={"If-None-Match": given})).status_code == 200


async def test_a_page_that_did_not_change_still_leads_to_the_next(api: httpx.AsyncClient) -> None:
    first = await api.get("/bundles", params={"limit": 1})
    again = await api.get("/bundles", params={"limit": 1}, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.headers["link"]) == (304, first.headers["link"])


async def test_errors_and_changes_are_kept_by_nobody(api: httpx.AsyncClient) -> None:
    for answer in (await api.get("/teams/nobody"), await put_team(api), await api.delete("/teams/payments")):
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers


async def test_what_moved_is_not_overwritten(api: httpx.AsyncClient) -> None:
    await put_team(api)
    tag = (await api.get("/teams/payments")).headers["etag"]
    assert (await put_team(api, "first", **{"If-Match": tag})).status_code == 200
    answer = await put_team(api, "second", **{"If-Match": tag})
    assert (answer.status_code, answer.json()["code"]) == (412, "server.moved")
    assert "payments" in answer.json()["message"]
    assert (await api.get("/teams/payments")).json()["team"]["defaultNamespace"] == "first"
    gone = await api.delete("/teams/payments", headers={"If-Match": tag})
    assert gone.status_code == 412
    now = (await api.get("/teams/payments")).headers["etag"]
    assert (await api.delete("/teams/payments", headers={"If-Match": now})).status_code == 204


async def test_what_is_not_there_matches_nothing(api: httpx.AsyncClient) -> None:
    assert (await put_team(api, **{"If-Match": "*"})).status_code == 412
    assert (await api.get("/teams/payments")).status_code == 404
    assert (await api.delete("/teams/payments", headers={"If-Match": "*"})).status_code == 404
    assert (await put_team(api)).status_code == 200
    assert (await put_team(api, "x", **{"If-Match": "*"})).status_code == 200


async def test_if_match_is_tags_or_anything(api: httpx.AsyncClient) -> None:
    answer = await put_team(api, **{"If-Match": "v1"})
    assert (answer.status_code, answer.json()["code"]) == (422, "server.parameter")


async def test_stacks_bindings_and_custody_do_not_move_under_the_writer(
    api: httpx.AsyncClient, kubernetes: Any
) -> None:
    await api.post("/clusters", json={"name": "shanghai", "kubeconfig": kubernetes.kubeconfig()})
    await put_team(api)
    bundle = {"bundle": {"version": "v1.6.1"}}
    await api.put("/teams/payments/stacks/edge", json=bundle)
    await api.put("/teams/payments/bindings/shanghai", json={})
    changes: list[tuple[str, str, dict[str, Any]]] = [
        ("/teams/payments/stacks/edge", "/teams/payments/stacks/edge", {"bundle": {"version": "v1.5.1"}}),
        ("/teams/payments/bindings/shanghai", "/teams/payments/bindings/shanghai", {"stack": "edge"}),
        ("/clusters/shanghai", "/clusters/shanghai/custody", {"custody": "observe"}),
        ("/clusters/shanghai", "/clusters/shanghai/observation", {"probes": False}),
    ]
    for read, write, body in changes:
        tag = (await api.get(read)).headers["etag"]
        assert (await api.put(write, json=body, headers={"If-Match": tag})).status_code == 200, write
        answer = await api.put(write, json=body, headers={"If-Match": tag})
        assert (answer.status_code, answer.json()["code"]) == (412, "server.moved"), write

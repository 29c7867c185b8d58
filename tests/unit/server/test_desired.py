"""Desired state through the API: whole sets or nothing, and back again as manifests."""

from __future__ import annotations

from typing import Any

import httpx

TEAM = "apiVersion: gatewright.io/v1alpha1\nkind: Team\nmetadata: {name: payments}\n"
STACK = (
    "apiVersion: gatewright.io/v1alpha1\nkind: Stack\nmetadata: {name: edge}\n"
    "spec: {team: payments, bundle: {version: v1.6.1}}\n"
)
BAD = "apiVersion: gatewright.io/v1alpha1\nkind: Stack\nmetadata: {name: edge}\nspec:\n  team: payments\n  bundel: 1\n"


async def post(api: httpx.AsyncClient, path: str, *texts: str) -> httpx.Response:
    documents = [{"file": f"{number}.yaml", "text": text} for number, text in enumerate(texts)]
    return await api.post(path, json={"documents": documents})


async def test_manifests_come_back_as_they_went_in(api: httpx.AsyncClient) -> None:
    answer = await post(api, "/apply", STACK, TEAM)
    assert [(c["verb"], c["kind"], c["name"]) for c in answer.json()] == [
        ("create", "Stack", "payments.edge"),
        ("create", "Team", "payments"),
    ]
    exported = (await api.get("/export")).text
    again = await post(api, "/apply", exported)
    assert {c["verb"] for c in again.json()} == {"unchanged"}
    assert (await api.get("/export")).text == exported


async def test_one_bad_document_refuses_all_with_its_place(api: httpx.AsyncClient) -> None:
    answer = await post(api, "/apply", TEAM, BAD)
    told = answer.json()
    assert answer.status_code == 422
    assert told["code"] == "manifest.invalid"
    assert {(p["file"], p["line"], p["field"]) for p in told["problems"]} >= {("1.yaml", 6, "spec.bundel")}
    assert all(p["message"] for p in told["problems"])
    assert (await api.get("/teams")).json() == []


async def test_a_diff_writes_nothing(api: httpx.AsyncClient) -> None:
    answer = await post(api, "/diff", TEAM)
    assert [c["verb"] for c in answer.json()] == ["create"]
    assert (await api.get("/teams")).json() == []


async def test_a_release_that_does_not_exist_is_refused_at_once(api: httpx.AsyncClient) -> None:
    answer = await post(api, "/apply", TEAM, STACK.replace("v1.6.1", "v1.6.99"))
    assert (answer.status_code, answer.json()["code"]) == (404, "bundle.unknown")
    put = await api.put("/teams/x/stacks/s", json={"bundle": {"version": "v0.1.0"}})
    assert put.json()["code"] == "bundle.unknown"
    assert (await api.get("/teams")).json() == []


async def test_a_yaml_bomb_is_refused(api: httpx.AsyncClient) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
    )
    answer = await post(api, "/apply", bomb)
    assert answer.status_code == 422
    assert answer.json()["code"] == "manifest.invalid"


async def test_the_second_team_on_a_cluster_is_told_who_has_the_namespace(
    api: httpx.AsyncClient, kubernetes: Any
) -> None:
    added = await api.post("/clusters", json={"name": "shanghai", "kubeconfig": kubernetes.kubeconfig()})
    assert added.status_code == 201
    for team in ("payments", "orders"):
        await api.put(f"/teams/{team}", json={"defaultNamespace": "shared"})
    assert (await api.put("/teams/payments/bindings/shanghai", json={})).json()["verb"] == "create"
    answer = await api.put("/teams/orders/bindings/shanghai", json={})
    told = answer.json()
    assert (answer.status_code, told["code"], told["owner"], told["cluster"]) == (
        409,
        "store.namespace-taken",
        "payments",
        "shanghai",
    )


async def test_a_cluster_cannot_be_registered_twice(api: httpx.AsyncClient, kubernetes: Any) -> None:
    body = {"name": "shanghai", "kubeconfig": kubernetes.kubeconfig()}
    assert (await api.post("/clusters", json=body)).status_code == 201
    answer = await api.post("/clusters", json={**body, "name": "beijing"})
    assert (answer.status_code, answer.json()["code"]) == (409, "store.cluster-exists")
    assert answer.json()["cluster"] == "shanghai"


async def test_what_watching_may_do_is_set_field_by_field(api: httpx.AsyncClient, kubernetes: Any) -> None:
    body = {"name": "shanghai", "kubeconfig": kubernetes.kubeconfig(), "read_secrets": True}
    assert (await api.post("/clusters", json=body)).json()["spec"]["readSecrets"] is True
    told = (await api.put("/clusters/shanghai/observation", json={"probes": False})).json()
    assert (told["spec"]["readSecrets"], told["spec"]["probes"]) == (True, False)
    told = (await api.put("/clusters/shanghai/observation", json={"read_secrets": False})).json()
    assert "readSecrets" not in told["spec"]
    assert told["spec"]["probes"] is False
    events = (await api.get("/events", params={"what": "cluster."})).json()
    assert {event["who"] for event in events} == {"ada"}
    assert len(events) == 3
    refused = await api.put("/clusters/nowhere/observation", json={"probes": True})
    assert (refused.status_code, refused.json()["code"]) == (404, "store.unknown-cluster")


async def test_an_account_that_only_watches_gets_no_other_right(api: httpx.AsyncClient) -> None:
    printed = await api.get("/access", params={"observe_only": True, "secrets": True, "removal": True})
    assert "secrets" in printed.text
    assert "patch" not in printed.text
    assert "delete" not in printed.text


async def test_custody_is_a_recorded_word(api: httpx.AsyncClient, kubernetes: Any) -> None:
    await api.post("/clusters", json={"name": "shanghai", "kubeconfig": kubernetes.kubeconfig()})
    body = {"custody": "own", "evidence": ["owner: kubectl"]}
    told = (await api.put("/clusters/shanghai/custody", json=body)).json()
    assert told["spec"]["custody"] == "own"
    told = (await api.put("/clusters/shanghai/custody", json={"custody": None})).json()
    assert "custody" not in told["spec"]

"""Notifications through the API and as manifests: the address goes in and never comes out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatewright.server.principal import ALL, Principal
from gatewright.server.services import Services

URL = "http://127.0.0.1:1/hook/KEY-of-the-hook"
SECRET = "Zq7-signing"
HEAD = "apiVersion: gatewright.io/v1alpha1\nkind: Notification\nmetadata: {name: ops}\n"
Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


async def put(api: httpx.AsyncClient, name: str = "ops", team: str = "", **body: Any) -> httpx.Response:
    return await api.put(path(name, team), json={"type": "webhook", **body})


def path(name: str, team: str = "") -> str:
    return f"/teams/{team}/notifications/{name}" if team else f"/notifications/{name}"


async def target(services: Services, name: str = "ops", team: str = "") -> tuple[str, str]:
    from gatewright.observe.notifications.target import unseal
    from gatewright.store.secrets import KeyRing

    ring = KeyRing.load(services.settings.home, create=False)
    async with services.clusters.database.reading() as unit:
        address = await unit.notifications.address(team, name)
    assert address is not None
    found = unseal(ring, address)
    return found.url, found.secret


async def apply(api: httpx.AsyncClient, text: str, where: str = "/apply") -> httpx.Response:
    return await api.post(where, json={"documents": [{"file": "n.yaml", "text": text}]})


async def test_a_notification_is_made_shown_changed_and_removed(api: httpx.AsyncClient, services: Services) -> None:
    made = await put(api, url=URL, secret=SECRET)
    assert (made.status_code, made.json()["verb"]) == (200, "create")
    shown = (await api.get("/notifications/ops")).json()
    assert (shown["type"], shown["signed"], shown["pending"], shown["dead"]) == ("webhook", True, 0, 0)
    assert (await api.get("/notifications")).json() == [shown]
    assert (await put(api, minimum="error")).json()["verb"] == "update"
    assert (await put(api, minimum="error")).json()["verb"] == "unchanged"
    assert await target(services) == (URL, SECRET)
    await put(api, url=URL + "2", minimum="error")
    assert await target(services) == (URL + "2", SECRET)
    await put(api, secret="", minimum="error")
    assert await target(services) == (URL + "2", "")
    assert (await api.get("/notifications/ops")).json()["signed"] is False
    assert (await api.delete("/notifications/ops")).status_code == 204
    assert (await api.get("/notifications")).json() == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 409, "store.notification-without-address"),
        ({"url": "ftp://x"}, 422, "notify.address"),
        ({"url": URL, "type": "slack", "secret": SECRET}, 409, "notify.unsigned-type"),
        ({"url": URL, "type": "email"}, 422, "server.body"),
        ({"url": URL, "events": []}, 422, "model.invalid-event"),
        ({"url": URL, "events": ["*"]}, 422, "model.invalid-event"),
        ({"url": URL, "team": "nobody"}, 404, "store.unknown-team"),
        ({"url": URL, "teams": ["a"]}, 422, "server.body"),
        ({"url": URL, "token": "x"}, 422, "server.body"),
    ],
)
async def test_what_cannot_be_is_refused(api: httpx.AsyncClient, body: dict[str, Any], status: int, code: str) -> None:
    answer = await put(api, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await api.get("/notifications")).json() == []


async def test_names_that_are_not_there_are_not_found(api: httpx.AsyncClient) -> None:
    await put(api, url=URL)
    await api.put("/teams/t", json={})
    for method, where, code in (
        ("GET", "/notifications/opps", "store.unknown-notification"),
        ("DELETE", "/notifications/opps", "store.unknown-notification"),
        ("POST", "/notifications/opps/test", "store.unknown-notification"),
        ("GET", "/deliveries?notification=opps", "store.unknown-notification"),
        ("POST", "/deliveries/d-x/retry", "store.unknown-delivery"),
        ("GET", "/teams/t/notifications/ops", "store.unknown-team-notification"),
        ("DELETE", "/teams/t/notifications/ops", "store.unknown-team-notification"),
        ("POST", "/teams/t/notifications/ops/test", "store.unknown-team-notification"),
        ("GET", "/deliveries?notification=ops&team=t", "store.unknown-team-notification"),
        ("GET", "/teams/nobody/notifications/ops", "store.unknown-team"),
        ("DELETE", "/teams/nobody/notifications/ops", "store.unknown-team"),
        ("POST", "/teams/nobody/notifications/ops/test", "store.unknown-team"),
        ("GET", "/notifications?team=nobody", "store.unknown-team"),
        ("GET", "/deliveries?team=nobody", "store.unknown-team"),
    ):
        answer = await api.request(method, where)
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert (await put(api, "Not-A-Name", url=URL)).json()["code"] == "model.invalid-name"


async def test_each_owner_has_names_of_its_own(api: httpx.AsyncClient, services: Services) -> None:
    owners = ("", "t", "u")
    for team in owners[1:]:
        await api.put(f"/teams/{team}", json={})
    for number, team in enumerate(owners):
        made = (await put(api, team=team, url=f"{URL}{number}")).json()
        assert (made["verb"], made["name"]) == ("create", f"{team}.ops" if team else "ops")
    assert [found.get("team", "") for found in (await api.get("/notifications")).json()] == ["", "t", "u"]
    assert [found["team"] for found in (await api.get("/notifications", params={"team": "t"})).json()] == ["t"]
    assert (await put(api, team="t", minimum="error")).json()["verb"] == "update"
    shown = [(await api.get(path("ops", team))).json()["minimum"] for team in owners]
    assert shown == ["info", "error", "info"]
    assert [await target(services, team=team) for team in owners] == [(f"{URL}{number}", "") for number in range(3)]
    exported = (await api.get("/export")).text
    assert [c["verb"] for c in (await apply(api, exported)).json()] == ["unchanged"] * 5
    failed = await api.post("/teams/t/notifications/ops/test")
    assert failed.json()["params"]["notification"] == "t.ops"
    assert "add ops --team t" in failed.text
    told = {
        (e["where"], e.get("team", "")) for e in (await api.get("/events", params={"what": "notification."})).json()
    }
    assert told == {("ops", ""), ("t.ops", "t"), ("u.ops", "u")}
    assert (await api.delete("/teams/t/notifications/ops")).status_code == 204
    assert [found.get("team", "") for found in (await api.get("/notifications")).json()] == ["", "u"]


async def test_the_same_name_twice_in_a_manifest_is_one_owners(api: httpx.AsyncClient) -> None:
    await api.put("/teams/t", json={})
    for team in ("", "t"):
        await put(api, team=team, url=URL)
    own, teams = HEAD + "spec: {type: webhook}\n", HEAD + "spec: {type: webhook, team: t}\n"
    assert [c["name"] for c in (await apply(api, f"{own}---\n{teams}")).json()] == ["ops", "t.ops"]
    assert (await apply(api, f"{own}---\n{teams}---\n{teams}")).json()["code"] == "manifest.invalid"


async def test_no_answer_export_or_event_tells_an_address(api: httpx.AsyncClient) -> None:
    told = [await put(api, url=URL, secret=SECRET), await put(api, url=URL, secret=SECRET, minimum="error")]
    told += [await put(api, url=URL + " x", secret=SECRET), await put(api, url=URL, secret="\x00" + SECRET)]
    told.append(await put(api, url=[URL]))
    told.append(await api.post("/notifications/ops/test"))
    assert told[-1].status_code == 502
    for where in ("/notifications", "/notifications/ops", "/deliveries", "/events", "/export"):
        told.append(await api.get(where))
    for answer in told:
        assert "KEY" not in answer.text + str(answer.headers)
        assert SECRET not in answer.text + str(answer.headers)


async def test_deliveries_are_listed_and_the_dead_sent_again(api: httpx.AsyncClient, services: Services) -> None:
    await put(api, url=URL)
    async with services.clusters.database.transaction() as unit:
        await unit.journal.note("w", "drift.found", "x", cluster="a")
    async with services.clusters.database.transaction() as unit:
        await unit.deliveries.enqueue(await unit.notifications.id_for("", "ops"), settle=0)
        [claim] = await unit.deliveries.claim(1, lease=60)
    [pending] = (await api.get("/deliveries")).json()
    assert (pending["state"], pending["what"], pending["cluster"]) == ("pending", "drift.found", "a")
    retried = await api.post(f"/deliveries/{pending['id']}/retry")
    assert (retried.status_code, retried.json()["code"]) == (409, "store.delivery-not-dead")
    async with services.clusters.database.transaction() as unit:
        from gatewright.text import message

        await unit.deliveries.failed(claim, message("notify.reason.status", status=500), None)
    [dead] = (await api.get("/deliveries", params={"state": "dead", "notification": "ops"})).json()
    assert dead["error"]["params"] == {"status": 500}
    assert (await api.get("/notifications/ops")).json()["dead"] == 1
    retried = await api.post(f"/deliveries/{dead['id']}/retry")
    assert (retried.status_code, retried.json()["state"]) == (200, "pending")
    assert (await api.get("/deliveries", params={"state": "dead"})).json() == []


# Manifests


async def test_a_manifest_brings_the_address_in_a_file_and_comes_back_without_it(
    api: httpx.AsyncClient, services: Services, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text(URL + "\n")
    (tmp_path / "secret").write_text(SECRET + "\n")
    spec = f"spec: {{type: webhook, urlFile: {tmp_path}/url, secretFile: {tmp_path}/secret, events: [drift.]}}\n"
    assert (await apply(api, HEAD + spec, "/diff")).json()[0]["verb"] == "create"
    assert (await api.get("/notifications")).json() == []
    assert (await apply(api, HEAD + spec)).json()[0]["verb"] == "create"
    assert await target(services) == (URL, SECRET)
    exported = (await api.get("/export")).text
    assert "KEY" not in exported
    (tmp_path / "url").unlink()
    assert [c["verb"] for c in (await apply(api, exported)).json()] == ["unchanged"]
    moved = await apply(api, exported.replace(f"{tmp_path}/url", f"{tmp_path}/gone"))
    assert (moved.status_code, moved.json()["code"]) == (422, "notify.file")


async def test_a_new_one_without_an_address_is_refused(api: httpx.AsyncClient) -> None:
    answer = await apply(api, HEAD + "spec: {type: slack}\n")
    assert answer.json()["code"] == "store.notification-without-address"


async def test_a_server_reads_no_file_for_a_client(api: httpx.AsyncClient, connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(URL)
    async with connect(Principal("remote", ALL)) as remote:
        answer = await apply(remote, HEAD + f"spec: {{type: webhook, urlFile: {tmp_path}/url}}\n")
        assert answer.json()["code"] == "server.notification-manifest"
        assert (await put(remote, url=URL)).status_code == 200
        assert (await apply(remote, HEAD + "spec: {type: webhook, minimum: error}\n")).json()[0]["verb"] == "update"


async def test_a_team_takes_its_notifications_with_it(api: httpx.AsyncClient) -> None:
    await api.put("/teams/t", json={})
    await put(api, url=URL, team="t")
    assert "kind: Notification" in (await api.get("/export", params={"team": "t"})).text
    assert (await api.delete("/teams/t")).status_code == 204
    assert (await api.get("/notifications")).json() == []

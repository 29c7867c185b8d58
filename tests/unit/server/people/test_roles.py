"""Roles: nobody gives or takes what they do not hold, and the last administrator stays."""

from __future__ import annotations

import httpx
import pytest
from people import OTHER, Browsers, documents, make, refused, signed_in, state


async def test_the_last_administrator_stays(people: None, api: httpx.AsyncClient) -> None:
    for attempt in (
        api.delete("/users/root"),
        api.put("/users/root", json={"disabled": True}),
        api.put("/users/root", json={"role": ""}),
    ):
        refused(await attempt, 409, "people.last-administrator")
    assert (await api.get("/users/root")).json()["role"] == "administrator"
    await make(api, "second", role="administrator")
    assert (await api.delete("/users/root")).status_code == 204
    refused(await api.delete("/users/second"), 409, "people.last-administrator")


async def test_an_administrator_who_cannot_sign_in_is_none(people: None, api: httpx.AsyncClient) -> None:
    assert (await api.put("/users/paper", json={"role": "administrator"})).status_code == 200
    refused(await api.delete("/users/root"), 409, "people.last-administrator")


HELPDESK = ["user.read", "user.write", "role.read", "role.write"]


async def helpdesk(api: httpx.AsyncClient) -> None:
    body = {"scope": "installation", "permissions": HELPDESK}
    assert (await api.put("/roles/helpdesk", json=body)).status_code == 200
    await make(api, "hilde", role="helpdesk")


async def test_nobody_gives_what_they_do_not_hold(people: None, api: httpx.AsyncClient, browser: Browsers) -> None:
    await helpdesk(api)
    more = {"scope": "installation", "permissions": ["cluster.remove"]}
    async with browser() as client:
        await signed_in(client, "hilde")
        for answer in (
            await client.put("/users/hilde", json={"role": "administrator"}),
            await client.put("/users/new", json={"role": "administrator"}),
            await client.put("/users/root", json={"password": OTHER}),
            await client.put("/users/root/password", json={"password": OTHER}),
            await client.put("/users/root", json={"disabled": True}),
            await client.delete("/users/root"),
            await client.delete("/users/olga"),
            await client.put("/roles/more", json=more),
            await client.put("/roles/helpdesk", json={**more, "permissions": [*HELPDESK, "cluster.remove"]}),
            await client.post("/tokens", json={"name": "other", "user": "root"}),
            await client.post("/tokens", json={"name": "mine", "permissions": ["cluster.remove"]}),
        ):
            refused(answer, 403, "people.beyond")
        assert (await client.put("/users/nobody/password", json={"password": OTHER})).status_code == 204
        assert (await client.put("/users/fresh", json={"role": "helpdesk"})).status_code == 200
    refused(await api.get("/users/new"), 404, "people.unknown")


async def test_an_owner_rules_the_team_and_no_more(people: None, api: httpx.AsyncClient, browser: Browsers) -> None:
    binder = {"scope": "team", "permissions": ["team.read", "binding.write"]}
    assert (await api.put("/roles/binder", json=binder)).status_code == 200
    async with browser() as client:
        await signed_in(client, "olga")
        members = (await client.get("/teams/payments/members")).json()
        assert {m["user"]: m["role"] for m in members} == {"olga": "owner", "dev": "developer", "vera": "viewer"}
        assert (await client.put("/teams/payments/members/nobody", json={"role": "owner"})).status_code == 200
        assert (await client.delete("/teams/payments/members/nobody")).status_code == 204
        put = client.put
        refused(await put("/teams/payments/members/vera", json={"role": "binder"}), 403, "people.beyond")
        refused(await put("/teams/payments/members/vera", json={"role": "administrator"}), 403, "people.beyond")
        refused(await put("/teams/payments/members/vera", json={"role": "wizard"}), 404, "people.unknown-role")
        refused(await put("/teams/payments/members/who", json={"role": "viewer"}), 404, "people.unknown")
        refused(await put("/teams/orders/members/vera", json={"role": "viewer"}), 404, "store.unknown-team")
        refused(await client.get("/users"), 403, "server.forbidden")
        assert {r["scope"] for r in (await client.get("/roles")).json()} == {"team"}
        await api.put("/teams/payments/members/vera", json={"role": "binder"})
        refused(await put("/teams/payments/members/vera", json={"role": "viewer"}), 403, "people.beyond")
        refused(await client.delete("/teams/payments/members/vera"), 403, "people.beyond")


@pytest.mark.parametrize("name", ["dev", "vera"])
async def test_others_of_a_team_let_nobody_in(people: None, browser: Browsers, name: str) -> None:
    async with browser() as client:
        await signed_in(client, name)
        assert (await client.get("/teams/payments/members")).status_code == 200
        answer = await client.put(f"/teams/payments/members/{name}", json={"role": "owner"})
        refused(answer, 403, "server.forbidden")


async def test_roles_that_people_make(people: None, api: httpx.AsyncClient, browser: Browsers) -> None:
    refused(await api.put("/roles/owner", json={"scope": "team", "permissions": []}), 409, "people.builtin-role")
    refused(await api.delete("/roles/viewer"), 409, "people.builtin-role")
    far = {"scope": "team", "permissions": ["cluster.remove"]}
    refused(await api.put("/roles/far", json=far), 422, "people.permission")
    own = {"scope": "installation", "permissions": ["account.write"]}
    refused(await api.put("/roles/own", json=own), 422, "people.permission")
    made = {"scope": "team", "permissions": ["team.read"]}
    assert (await api.put("/roles/reader", json=made)).status_code == 200
    refused(await api.put("/users/vera", json={"role": "reader"}), 422, "people.role-scope")
    assert (await api.put("/teams/payments/members/vera", json={"role": "reader"})).status_code == 200
    async with browser() as client:
        await signed_in(client, "vera")
        assert (await client.get("/session")).json()["teams"] == {"payments": ["team.read"]}
        wider = {"scope": "team", "permissions": ["team.read", "member.read"]}
        await api.put("/roles/reader", json=wider)
        assert (await client.get("/session")).json()["teams"] == {"payments": ["member.read", "team.read"]}
    refused(await api.delete("/roles/reader"), 409, "people.role-in-use")
    await api.delete("/teams/payments/members/vera")
    assert (await api.delete("/roles/reader")).status_code == 204
    refused(await api.delete("/roles/reader"), 404, "people.unknown-role")


async def test_a_team_that_goes_takes_its_members_roles_along(
    people: None, api: httpx.AsyncClient, browser: Browsers
) -> None:
    async with browser() as client:
        await signed_in(client, "vera")
        assert (await api.delete("/teams/payments")).status_code == 204
        assert (await client.get("/session")).json()["teams"] == {}
        assert (await api.put("/teams/payments", json={})).status_code == 200
        assert (await client.get("/session")).json()["teams"] == {}


async def test_whoever_has_no_role_may_nothing(people: None, browser: Browsers) -> None:
    async with browser() as client:
        await signed_in(client, "nobody")
        for path in ("/teams", "/clusters", "/health", "/users", "/roles", "/events"):
            refused(await client.get(path), 403, "server.forbidden")
        assert (await client.get("/version")).json()["who"] == "nobody"


async def test_a_person_who_is_made_again_is_somebody_else(
    people: None, api: httpx.AsyncClient, browser: Browsers
) -> None:
    async with browser() as client:
        await signed_in(client, "olga")
        assert (await api.delete("/users/olga")).status_code == 204
        await make(api, "olga")
        assert await state(client) == "anonymous"
        assert (await signed_in(client, "olga")).json()["teams"] == {}


async def test_a_manifest_changes_nothing_that_its_sender_may_not_change(
    people: None, api: httpx.AsyncClient, browser: Browsers
) -> None:
    stack = "apiVersion: gatewright.io/v1alpha1\nkind: Stack\nmetadata: {name: edge}\n"
    stack += "spec: {team: payments, bundle: {version: v1.6.1}}\n"
    team = "apiVersion: gatewright.io/v1alpha1\nkind: Team\nmetadata: {name: payments}\n"
    other = team + "spec: {defaultNamespace: elsewhere}\n"
    async with browser() as dev, browser() as olga:
        await signed_in(dev, "dev")
        await signed_in(olga, "olga")
        refused(await dev.put("/teams/payments", json={"defaultNamespace": "elsewhere"}), 403, "server.forbidden")
        refused(await dev.post("/apply", json=documents(stack, other)), 403, "server.forbidden")
        assert (await api.get("/teams/payments")).json()["stacks"] == []
        for allowed in (
            await dev.post("/diff", json=documents(other)),
            await dev.post("/apply", json=documents(team, stack)),
        ):
            assert allowed.status_code == 200, allowed.text
        changed = await olga.post("/apply", json=documents(other))
        assert changed.json()[0]["verb"] == "update"


async def test_what_people_change_is_noted_under_their_name(
    people: None, api: httpx.AsyncClient, browser: Browsers
) -> None:
    async with browser() as client:
        await signed_in(client, "root")
        await client.put("/users/fresh", json={"display_name": "Fresh"})
        await client.put("/users/fresh", json={"disabled": True})
        await client.delete("/users/fresh")
        await client.delete("/teams/payments/members/vera")
        await client.put("/roles/reader", json={"scope": "team", "permissions": ["team.read"]})
    mine = [e["what"] for e in (await api.get("/events")).json() if e["who"] == "root"]
    assert sorted(mine) == [
        "member.delete",
        "role.create",
        "session.create",
        "user.create",
        "user.delete",
        "user.update",
    ]

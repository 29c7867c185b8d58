"""Tokens: what a program may, as long as its person may it."""

from __future__ import annotations

from typing import Any

import httpx
from people import OTHER, PASSWORD, Browsers, documents, make, refused, signed_in, state

from gatewright.server.services import Services


async def test_a_token_is_shown_once_and_narrowed(people: None, browser: Browsers, services: Services) -> None:
    async with browser() as client, browser() as program:
        await signed_in(client, "olga")
        body = {"name": "ci", "permissions": ["team.read", "stack.write"], "teams": ["payments"]}
        made = (await client.post("/tokens", json=body)).json()
        secret: str = made["secret"]
        assert secret.startswith(made["token"]["prefix"] + "_")
        assert len(made["token"]["prefix"]) == len("gwt_") + 8
        assert secret not in (await client.get("/tokens")).text
        program.headers["Authorization"] = f"Bearer {secret}"
        seen = (await program.get("/session")).json()
        assert seen["teams"] == {"payments": ["stack.write", "team.read"]}
        assert seen["permissions"] == ["api.describe"]
        assert seen["csrf"] is None
        refused(await program.get("/tokens"), 403, "server.forbidden")
        refused(await program.post("/tokens", json={"name": "more"}), 403, "server.forbidden")
        refused(await client.post("/tokens", json=body), 409, "people.token-exists")
        far = {"name": "far", "teams": ["orders"]}
        refused(await client.post("/tokens", json=far), 404, "store.unknown-team")
        assert (await client.delete(f"/tokens/{made['token']['id']}")).status_code == 204
        assert await state(program) == "anonymous"
        refused(await program.get("/version"), 401, "server.unauthenticated")
        assert (await client.post("/tokens", json=body)).status_code == 201


async def test_a_token_expires(people: None, browser: Browsers, clock: Any) -> None:
    async with browser() as client, browser() as program:
        await signed_in(client, "olga")
        secret = (await client.post("/tokens", json={"name": "ci", "days": 2})).json()["secret"]
        program.headers["Authorization"] = f"Bearer {secret}"
        clock.forward(hours=47)
        assert await state(program) == "signed-in"
        clock.forward(hours=1)
        refused(await program.get("/version"), 401, "server.unauthenticated")


async def test_a_token_may_what_its_person_may_now(people: None, api: httpx.AsyncClient, browser: Browsers) -> None:
    async with browser() as client, browser() as program:
        await signed_in(client, "olga")
        secret = (await client.post("/tokens", json={"name": "ci"})).json()["secret"]
        program.headers["Authorization"] = f"Bearer {secret}"
        assert "member.write" in (await program.get("/session")).json()["teams"]["payments"]
        await api.put("/teams/payments/members/olga", json={"role": "viewer"})
        assert "member.write" not in (await program.get("/session")).json()["teams"]["payments"]


async def test_tokens_of_others_are_not_there(people: None, browser: Browsers) -> None:
    async with browser() as client, browser() as other, browser() as root:
        await signed_in(client, "olga")
        made = (await client.post("/tokens", json={"name": "ci"})).json()["token"]["id"]
        await signed_in(other, "vera")
        assert (await other.get("/tokens")).json() == []
        refused(await other.delete(f"/tokens/{made}"), 404, "people.unknown-token")
        refused(await other.post("/tokens", json={"name": "x", "user": "olga"}), 403, "server.forbidden")
        await signed_in(root, "root")
        assert [t["user"] for t in (await root.get("/tokens")).json()] == ["olga"]
        assert (await root.delete(f"/tokens/{made}")).status_code == 204


async def test_the_operator_has_no_account(api: httpx.AsyncClient, people: None) -> None:
    refused(await api.post("/tokens", json={"name": "x"}), 403, "people.no-person")
    refused(await api.put("/me/preferences", json={}), 403, "people.no-person")
    body = {"current": PASSWORD, "password": OTHER}
    refused(await api.put("/me/password", json=body), 403, "people.no-person")
    answer = await api.post("/tokens", json={"name": "x", "user": "olga"})
    assert answer.status_code == 201
    assert answer.json()["token"]["user"] == "olga"


async def test_a_cookie_beside_a_wrong_token_counts_for_nothing(people: None, browser: Browsers) -> None:
    async with browser() as client:
        await signed_in(client, "olga")
        for header in ("Bearer gwt_nothing", "Bearer x", "Basic b2xnYTp4", ""):
            answer = await client.get("/version", headers={"Authorization": header})
            refused(answer, 401, "server.unauthenticated")


async def test_whoever_may_read_users_learns_no_team_from_their_tokens(
    people: None, api: httpx.AsyncClient, browser: Browsers
) -> None:
    role = {"scope": "installation", "permissions": ["user.read"]}
    assert (await api.put("/roles/helpdesk", json=role)).status_code == 200
    await make(api, "hal", role="helpdesk")
    async with browser() as olga, browser() as hal:
        await signed_in(olga, "olga")
        await signed_in(hal, "hal")
        assert (await olga.post("/tokens", json={"name": "ci", "teams": ["payments"]})).status_code == 201
        assert [token["teams"] for token in (await olga.get("/tokens")).json()] == [["payments"]]
        for path in ("/users", "/users/olga", "/tokens"):
            answer = await hal.get(path)
            assert answer.status_code == 200
            assert "olga" in answer.text
            assert "payments" not in answer.text


async def test_a_token_for_a_team_does_not_make_the_team_anew(
    people: None, api: httpx.AsyncClient, browser: Browsers
) -> None:
    team = "apiVersion: gatewright.io/v1alpha1\nkind: Team\nmetadata: {name: payments}\n"
    async with browser() as root, browser() as program:
        await signed_in(root, "root")
        made = await root.post("/tokens", json={"name": "ci", "teams": ["payments", "orders"]})
        alone = await root.post("/tokens", json={"name": "alone", "teams": ["payments"]})
        program.headers["Authorization"] = f"Bearer {made.json()['secret']}"
        assert (await program.put("/teams/payments", json={})).status_code == 200
        assert (await api.delete("/teams/payments")).status_code == 204
        refused(await program.put("/teams/payments", json={}), 404, "store.unknown-team")
        refused(await program.post("/apply", json=documents(team)), 404, "store.unknown-team")
        assert [view["team"]["name"] for view in (await api.get("/teams")).json()] == ["orders"]
        assert (await root.put("/teams/payments", json={})).status_code == 200
        # Nor is it for the team that has the name then; one that was for no other is revoked.
        refused(await program.get("/teams/payments"), 404, "store.unknown-team")
        program.headers["Authorization"] = f"Bearer {alone.json()['secret']}"
        refused(await program.get("/teams/payments"), 401, "server.unauthenticated")

"""Signing in with a password: what it costs, what it is refused for, and what is told of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from people import OTHER, PASSWORD, Browsers, PlainHasher, make, refused, signed_in, state

from gatewright.server.services import Services, open_services
from gatewright.server.sessions import COOKIE, Origin
from gatewright.server.settings import Settings
from gatewright.store.database import Database


async def test_signing_in_and_out(people: None, services: Services, browser: Browsers, settings: Settings) -> None:
    async with browser() as client:
        answer = await signed_in(client, "Olga ")
        assert answer.status_code == 200, answer.text
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Secure" not in cookie
        body = answer.json()
        assert body["person"]["name"] == "olga"
        assert set(body["teams"]) == {"payments"}
        assert "member.write" in body["teams"]["payments"]
        assert "member.write" not in body["permissions"]
        secret = client.cookies[COOKIE]
        for file in settings.home.glob("gatewright.db*"):
            assert secret.encode() not in file.read_bytes()
        assert (await client.delete("/session")).status_code == 204
        assert COOKIE not in client.cookies
        client.cookies.set(COOKIE, secret)
        assert await state(client) == "anonymous"
        refused(await client.get("/sessions"), 401, "server.unauthenticated")


async def test_whoever_is_not_known_costs_as_much_and_is_answered_alike(
    people: None, api: httpx.AsyncClient, hasher: PlainHasher, browser: Browsers
) -> None:
    await make(api, "gone", disabled=True)
    assert (await api.put("/users/keyless", json={})).status_code == 200
    told: list[dict[str, Any]] = []
    async with browser() as client:
        for name, password in (("olga", OTHER), ("unknown", OTHER), ("gone", PASSWORD), ("keyless", OTHER), ("?", "")):
            before = len(hasher.checked)
            answer = await signed_in(client, name, password)
            refused(answer, 401, "people.sign-in-refused")
            assert len(hasher.checked) == before + 1, name
            told.append(answer.json())
    assert all(answer == told[0] for answer in told)


async def test_a_refusal_is_noted_without_what_was_typed(
    people: None, api: httpx.AsyncClient, browser: Browsers
) -> None:
    async with browser() as client:
        await signed_in(client, "olga", "wrong-secret-one")
        await signed_in(client, "my-secret-password", "wrong-secret-two")
    events = (await api.get("/events", params={"what": "session.refused"})).json()
    assert [event["where"] for event in events] == ["-", "olga"]
    everything = (await api.get("/events")).text
    for secret in ("wrong-secret", "my-secret-password", PASSWORD, "plain:"):
        assert secret not in everything


@pytest.mark.parametrize(
    "password", ["short", "olga12345678", "password1234", "abababababab", "x" * 600, "Password1234"]
)
async def test_a_password_that_anybody_would_try(people: None, api: httpx.AsyncClient, password: str) -> None:
    refused(await api.put("/users/olga/password", json={"password": password}), 422, "people.password")


async def test_an_old_hash_is_renewed_at_sign_in(services: Services, hasher: PlainHasher) -> None:
    class Older(PlainHasher):
        def matches(self, hash: str, password: str) -> bool:
            return super().matches(hash.replace("old:", "plain:"), password)

    settings = services.settings
    async with open_services(settings, hasher=Older()) as opened, Database.open(settings.database) as database:
        async with database.transaction() as unit:
            await unit.people.create("olga", password_hash=f"old:{PASSWORD}")
        await opened.sign_ins.enter("olga", PASSWORD, Origin("192.0.2.7", ""))
        async with database.reading() as unit:
            assert await unit.people.password_hash("olga") == f"plain:{PASSWORD}"

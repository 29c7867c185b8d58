"""Sessions: how long they last, who ends them, and what is kept for their person."""

from __future__ import annotations

from typing import Any

import httpx
from people import OTHER, PASSWORD, Browsers, refused, signed_in, state


async def test_a_session_ends_when_it_is_not_used(people: None, browser: Browsers, clock: Any) -> None:
    async with browser() as client:
        await signed_in(client, "olga")
        for _ in range(4):
            clock.forward(hours=11)
            assert await state(client) == "signed-in"
        clock.forward(hours=12)
        assert await state(client) == "anonymous"


async def test_a_session_ends_after_a_week_of_use(people: None, browser: Browsers, clock: Any) -> None:
    async with browser() as client:
        await signed_in(client, "olga")
        for hour in range(0, 7 * 24, 6):
            assert await state(client) == "signed-in", hour
            clock.forward(hours=6)
        assert await state(client) == "anonymous"


async def test_sessions_are_listed_and_ended(people: None, browser: Browsers) -> None:
    async with browser(**{"user-agent": "One"}) as one, browser("192.0.2.9", **{"user-agent": "Two"}) as two:
        await signed_in(one, "olga")
        await signed_in(two, "olga")
        rows = (await one.get("/sessions")).json()
        assert {(r["session"]["agent"], r["current"]) for r in rows} == {("One", True), ("Two", False)}
        other = next(r["session"]["id"] for r in rows if not r["current"])
        async with browser() as stranger:
            await signed_in(stranger, "vera")
            refused(await stranger.delete(f"/sessions/{other}"), 404, "people.unknown-session")
        assert (await one.delete(f"/sessions/{other}")).status_code == 204
        assert await state(two) == "anonymous"
        await signed_in(two, "olga")
        assert (await one.delete("/sessions")).status_code == 204
        assert (await state(one), await state(two)) == ("signed-in", "anonymous")


async def test_another_password_ends_the_other_sessions(people: None, browser: Browsers) -> None:
    async with browser() as one, browser() as two:
        await signed_in(one, "olga")
        await signed_in(two, "olga")
        wrong = {"current": OTHER, "password": OTHER}
        refused(await one.put("/me/password", json=wrong), 401, "people.sign-in-refused")
        right = {"current": PASSWORD, "password": OTHER}
        assert (await one.put("/me/password", json=right)).status_code == 204
        assert (await state(one), await state(two)) == ("signed-in", "anonymous")
        refused(await signed_in(two, "olga"), 401, "people.sign-in-refused")
        assert (await signed_in(two, "olga", OTHER)).status_code == 200


async def test_disabling_ends_everything_at_once(people: None, api: httpx.AsyncClient, browser: Browsers) -> None:
    async with browser() as client, browser() as program:
        await signed_in(client, "olga")
        secret = (await client.post("/tokens", json={"name": "ci"})).json()["secret"]
        program.headers["Authorization"] = f"Bearer {secret}"
        assert await state(program) == "signed-in"
        assert (await api.put("/users/olga", json={"disabled": True})).status_code == 200
        assert (await state(client), await state(program)) == ("anonymous", "anonymous")
        assert (await api.put("/users/olga", json={"disabled": False})).status_code == 200
        assert (await state(client), await state(program)) == ("anonymous", "signed-in")


async def test_preferences_are_kept(people: None, browser: Browsers) -> None:
    wanted = {"theme": "dark", "language": "zh", "pages": {"fleet": "dense"}}
    async with browser() as client:
        await signed_in(client, "olga")
        assert (await client.put("/me/preferences", json=wanted)).status_code == 204
        assert (await client.get("/session")).json()["person"]["preferences"] == wanted


async def test_preferences_are_no_act_and_what_is_refused_of_them_is(
    people: None, api: httpx.AsyncClient, browser: Browsers
) -> None:
    async with browser() as client:
        await signed_in(client, "olga")
        for theme in ("dark", "light"):
            assert (await client.put("/me/preferences", json={"theme": theme})).status_code == 204
        assert (await client.put("/me/preferences", json={"theme": "pink"})).status_code == 422
        del client.headers["X-CSRF-Token"]
        assert (await client.put("/me/preferences", json={})).status_code == 403
    told = (await api.get("/audit", params={"q": "preferences"})).json()
    assert [entry["outcome"] for entry in told] == ["refused", "refused"]

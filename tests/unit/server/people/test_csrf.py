"""Requests that another page makes with the cookie of somebody who is signed in here."""

from __future__ import annotations

import pytest
from people import TOKEN, Browsers, refused, signed_in, state


@pytest.mark.parametrize(
    "headers",
    [
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_what_does_not_come_from_our_page_changes_nothing(
    people: None, browser: Browsers, headers: dict[str, str]
) -> None:
    async with browser() as client:
        await signed_in(client, "olga")
        answer = await client.delete("/session", headers=headers)
        refused(answer, 403, "people.csrf")
        assert await state(client) == "signed-in"


async def test_a_token_of_another_session_is_no_token(people: None, browser: Browsers) -> None:
    async with browser() as one, browser() as two:
        await signed_in(one, "olga")
        await signed_in(two, "olga")
        answer = await one.delete("/session", headers={"X-CSRF-Token": two.headers["X-CSRF-Token"]})
        refused(answer, 403, "people.csrf")


async def test_our_own_page_and_programs_are_let_through(people: None, browser: Browsers) -> None:
    async with browser(Origin="http://gw.test", **{"Sec-Fetch-Site": "same-origin"}) as client:
        assert (await signed_in(client, "olga")).status_code == 200
        assert (await client.put("/me/preferences", json={})).status_code == 204
    async with browser(Authorization=f"Bearer {TOKEN}", Origin="https://elsewhere.test") as program:
        assert (await program.put("/teams/more", json={})).status_code == 200


async def test_nobody_is_signed_in_from_another_page(people: None, browser: Browsers) -> None:
    async with browser(Origin="https://evil.test") as client:
        refused(await signed_in(client, "olga"), 403, "people.csrf")
        assert await state(client) == "anonymous"

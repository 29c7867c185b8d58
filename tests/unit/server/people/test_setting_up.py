"""The first administrator is made with a code that only the operator can read, once."""

from __future__ import annotations

import asyncio
import stat

import httpx
from people import PASSWORD, Browsers, make, refused, state

from gatewright.server.services import Services
from gatewright.server.settings import Settings


async def set_up(client: httpx.AsyncClient, code: str | None, name: str = "root") -> httpx.Response:
    return await client.post("/setup", json={"token": code or "", "name": name, "password": PASSWORD})


async def test_the_first_administrator_is_made_with_the_code_once(
    services: Services, settings: Settings, browser: Browsers
) -> None:
    async with browser() as client:
        assert await state(client) == "setup"
        code = await services.set_up.code()
        assert code == await services.set_up.code()
        assert stat.S_IMODE(settings.setup_file.stat().st_mode) == 0o600
        assert settings.setup_file.read_text().strip() == code
        refused(await set_up(client, "wrong"), 403, "people.set-up-code")
        answer = await set_up(client, code)
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "signed-in"
        assert "user.write" in answer.json()["permissions"]
        assert await state(client) == "signed-in"
        assert not settings.setup_file.exists()
        assert await services.set_up.code() is None
        refused(await set_up(client, code, "second"), 409, "people.set-up-done")
    async with browser() as other:
        assert await state(other) == "anonymous"


async def test_of_two_who_set_up_at_once_one_does(services: Services, browser: Browsers) -> None:
    code = await services.set_up.code()
    async with browser() as one, browser() as two:
        answers = await asyncio.gather(set_up(one, code, "one"), set_up(two, code, "two"))
    assert sorted(a.status_code for a in answers) == [200, 409]
    assert len(await services.people.all()) == 1


async def test_a_code_that_others_may_have_read_is_replaced(services: Services, settings: Settings) -> None:
    code = await services.set_up.code()
    settings.setup_file.chmod(0o644)
    assert await services.set_up.code() != code


async def test_an_administrator_made_by_the_operator_ends_setting_up(
    services: Services, settings: Settings, api: httpx.AsyncClient, browser: Browsers
) -> None:
    code = await services.set_up.code()
    await make(api, "root", role="administrator")
    async with browser() as client:
        refused(await set_up(client, code, "other"), 409, "people.set-up-done")
    assert await services.set_up.code() is None
    assert not settings.setup_file.exists()

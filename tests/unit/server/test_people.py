"""People over the API: setting up, signing in, sessions, roles, tokens; what is refused, and to whom."""

from __future__ import annotations

import asyncio
import contextlib
import stat
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import httpx
import pytest
from fastapi import Request
from people import OTHER, PASSWORD, PlainHasher, signed_in

from gatewright.server.app import create_app
from gatewright.server.operations import while_known
from gatewright.server.services import Services, open_services
from gatewright.server.sessions import COOKIE, FAILURES_PER_ADDRESS, FAILURES_PER_NAME, Origin
from gatewright.server.settings import Settings
from gatewright.store.database import Database

TOKEN = "gwo_" + "t" * 40


class Browsers(Protocol):
    def __call__(
        self, address: str = "192.0.2.7", **headers: str
    ) -> AbstractAsyncContextManager[httpx.AsyncClient]: ...


@pytest.fixture
def hasher() -> PlainHasher:
    return PlainHasher()


@pytest.fixture
async def services(settings: Settings, hasher: PlainHasher, clock: Any) -> AsyncIterator[Services]:
    async with open_services(settings, hasher=hasher, clock=clock) as opened:
        yield opened


@pytest.fixture
def browser(services: Services) -> Browsers:
    """``async with browser()``: somebody who is not signed in yet, with cookies of their own."""

    app = create_app(services, token=TOKEN)

    @contextlib.asynccontextmanager
    async def opened(address: str = "192.0.2.7", **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app, client=(address, 1234))
        base = "http://gw.test/api/v1"
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
            yield client

    return opened


@pytest.fixture
async def people(api: httpx.AsyncClient) -> None:
    """Administrator root; in team payments owner olga, developer dev and viewer vera; nobody, who has no role."""
    for team in ("payments", "orders"):
        assert (await api.put(f"/teams/{team}", json={})).status_code == 200
    await make(api, "root", role="administrator")
    for name, role in (("olga", "owner"), ("dev", "developer"), ("vera", "viewer")):
        await make(api, name)
        answer = await api.put(f"/teams/payments/members/{name}", json={"role": role})
        assert answer.status_code == 200, answer.text
    await make(api, "nobody")


async def make(api: httpx.AsyncClient, name: str, **wish: Any) -> None:
    answer = await api.put(f"/users/{name}", json={"password": PASSWORD, **wish})
    assert answer.status_code == 200, answer.text


async def state(client: httpx.AsyncClient) -> str:
    answer = await client.get("/session")
    assert answer.status_code == 200, answer.text
    return answer.json()["state"]


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


# Setting up


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


# Signing in


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


async def test_over_https_the_cookie_is_secure(people: None, services: Services) -> None:
    transport = httpx.ASGITransport(create_app(services, token=TOKEN))
    async with httpx.AsyncClient(transport=transport, base_url="https://gw.test/api/v1") as client:
        assert "Secure" in (await signed_in(client, "olga")).headers["set-cookie"]
        assert await state(client) == "signed-in"


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


async def test_after_some_failures_even_the_right_password_is_refused(
    people: None, browser: Browsers, clock: Any
) -> None:
    async with browser() as client, browser("198.51.100.9") as elsewhere:
        for _ in range(FAILURES_PER_NAME):
            refused(await signed_in(client, "olga", OTHER), 401, "people.sign-in-refused")
        for one in (client, elsewhere):
            answer = await signed_in(one, "olga")
            refused(answer, 429, "people.too-many-attempts")
            assert int(answer.headers["retry-after"]) == 15 * 60
        assert (await signed_in(client, "vera")).status_code == 200
        clock.forward(minutes=15)
        assert (await signed_in(client, "olga")).status_code == 200


async def test_an_address_has_a_limit_of_its_own_that_success_does_not_use_up(people: None, browser: Browsers) -> None:
    async with browser("2001:db8::1") as client:
        for i in range(FAILURES_PER_ADDRESS):
            refused(await signed_in(client, f"guess{i}", OTHER), 401, "people.sign-in-refused")
            assert i == FAILURES_PER_ADDRESS - 1 or (await signed_in(client, "vera")).status_code == 200
    async with browser("2001:db8::2") as neighbour:
        refused(await signed_in(neighbour, "vera"), 429, "people.too-many-attempts")
    async with browser("192.0.2.8") as other:
        assert (await signed_in(other, "vera")).status_code == 200


async def test_many_at_once_try_no_more_than_one_after_another(
    people: None, browser: Browsers, hasher: PlainHasher
) -> None:
    async with browser() as client:
        answers = await asyncio.gather(*(signed_in(client, "olga", OTHER) for _ in range(12)))
    assert sorted(a.status_code for a in answers) == [401] * FAILURES_PER_NAME + [429] * (12 - FAILURES_PER_NAME)
    assert len(hasher.checked) == FAILURES_PER_NAME


# Sessions


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


@pytest.mark.parametrize(
    "password", ["short", "olga12345678", "password1234", "abababababab", "x" * 600, "Password1234"]
)
async def test_a_password_that_anybody_would_try(people: None, api: httpx.AsyncClient, password: str) -> None:
    refused(await api.put("/users/olga/password", json={"password": password}), 422, "people.password")


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


async def test_preferences_are_kept(people: None, browser: Browsers) -> None:
    wanted = {"theme": "dark", "language": "zh", "pages": {"fleet": "dense"}}
    async with browser() as client:
        await signed_in(client, "olga")
        assert (await client.put("/me/preferences", json=wanted)).status_code == 204
        assert (await client.get("/session")).json()["person"]["preferences"] == wanted


# Requests that another page makes


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


# Roles


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


# Tokens


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
        made = await root.post("/tokens", json={"name": "ci", "teams": ["payments"]})
        program.headers["Authorization"] = f"Bearer {made.json()['secret']}"
        assert (await program.put("/teams/payments", json={})).status_code == 200
        assert (await api.delete("/teams/payments")).status_code == 204
        refused(await program.put("/teams/payments", json={}), 404, "store.unknown-team")
        refused(await program.post("/apply", json=documents(team)), 404, "store.unknown-team")
        assert [view["team"]["name"] for view in (await api.get("/teams")).json()] == ["orders"]
        assert (await root.put("/teams/payments", json={})).status_code == 200


def documents(*texts: str) -> dict[str, Any]:
    return {"documents": [{"file": "f", "text": text} for text in texts]}


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


async def test_a_stream_ends_with_the_session(people: None, services: Services, browser: Browsers) -> None:
    async def chunks() -> AsyncGenerator[bytes]:
        while True:
            yield b"x"

    async with browser() as client:
        await signed_in(client, "olga")
        cookie = client.cookies[COOKIE]
        scope = {
            "type": "http",
            "method": "GET",
            "headers": [(b"cookie", f"{COOKIE}={cookie}".encode())],
            "app": create_app(services),
        }
        stream = while_known(Request(scope), chunks(), every=0)
        assert [await anext(stream) for _ in range(3)] == [b"x"] * 3
        await client.delete("/session")
        assert [chunk async for chunk in stream] == []


async def test_the_event_stream_ends_for_whoever_is_let_out_of_their_team(
    people: None, api: httpx.AsyncClient, services: Services, browser: Browsers
) -> None:
    async with browser() as client:
        await signed_in(client, "olga")
        cookie = client.cookies[COOKIE]
    app = create_app(services)
    app.state.recheck_seconds = 0.0
    began, sent = asyncio.Event(), list[bytes]()

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        began.set()
        sent.append(message.get("body", b""))

    path = "/api/v1/events/stream"
    scope: dict[str, Any] = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path}
    scope |= {"raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("192.0.2.7", 1234)}
    scope["headers"] = [(b"host", b"gw.test"), (b"cookie", f"{COOKIE}={cookie}".encode())]
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        reading = group.create_task(app(scope, receive, send))
        await began.wait()
        await api.delete("/teams/payments/members/olga")
        while not reading.done():
            await api.put("/teams/payments/stacks/edge", json={"bundle": {"version": "v1.6.1"}})
            await api.delete("/teams/payments/stacks/edge")
            await asyncio.sleep(0.05)
    assert b"stack." not in b"".join(sent)

"""Signing in through a real provider on this machine: dex's own server, its own form, over real sockets.

Binaries come from the cache; ``python -m gatewright.lab prepare --identity`` fills it, the first test does otherwise.
"""

from __future__ import annotations

import contextlib
import dataclasses
import html
import re
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
import msgspec
import pytest

from gatewright.lab.identity import IdentityOptions, IdentityProvider, LabPerson, identity_provider
from gatewright.server.app import create_app
from gatewright.server.oidc.options import OidcOptions, rules
from gatewright.server.oidc.pending import COOKIE, Pendings
from gatewright.server.oidc.provider import Provider
from gatewright.server.oidc.signin import Oidc
from gatewright.server.services import Services, open_services
from gatewright.server.sessions import COOKIE as SESSION
from gatewright.server.settings import from_environment
from gatewright.store.secrets import KeyRing

# a first build takes minutes
pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

US = "http://gatewright.test"
SECRET = "Zq7-client-secret"
TOKEN = "gwo_0123456789abcdefghijklmnop"
ADA = LabPerson("id-ada", "ada", "ada-password", "ada@example.com", ("platform", "everybody"))
BO = LabPerson("id-bo", "bo", "bo-password", "ada@example.com", ("everybody",))
OPTIONS = IdentityOptions("gatewright", SECRET, (f"{US}/api/v1/oidc/callback",), (ADA, BO))
RULES = "platform=administrator, payments-dev=payments:developer, payments-own=payments:owner"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[IdentityProvider]:
    if shutil.which("go") is None:
        pytest.skip("Go builds the provider and is not here")
    async with identity_provider(OPTIONS) as running:
        yield running


class Now:
    """The clocks of this server: set forward by the test."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def moment(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def seconds(self) -> float:
        return self.moment().timestamp()


class Browser:
    """A person at their browser: pages of ours and of the provider, and the cookies of both."""

    def __init__(self, app: Any) -> None:
        transport = httpx.ASGITransport(app, client=("192.0.2.7", 4711))
        self.ours = httpx.AsyncClient(transport=transport, base_url=US)
        self.theirs = httpx.AsyncClient()

    async def aclose(self) -> None:
        await self.ours.aclose()
        await self.theirs.aclose()

    async def off(self, return_to: str = "/") -> str:
        """Begins; gives where the browser is sent."""
        answer = await self.ours.get("/api/v1/oidc/start", params={"return_to": return_to})
        assert answer.status_code == 303
        return answer.headers["location"]

    async def at_provider(self, location: str, person: LabPerson) -> str:
        """Fills in the provider's form; gives where it sends the browser back to."""
        page = await self._follow(await self.theirs.get(location))
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert action is not None, page.text
        form = {"login": person.name, "password": person.password}
        answer = await self.theirs.post(urljoin(str(page.url), html.unescape(action[1])), data=form)
        return (await self._follow(answer)).headers["location"]

    async def _follow(self, answer: httpx.Response) -> httpx.Response:
        while answer.is_redirect and not answer.headers["location"].startswith(US):
            answer = await self.theirs.get(urljoin(str(answer.url), answer.headers["location"]))
        return answer

    async def back(self, location: str) -> str:
        """Comes back to us; gives the page that it ends on."""
        answer = await self.ours.get(location)
        assert answer.status_code == 303
        return answer.headers["location"]

    async def sign_in(self, person: LabPerson, return_to: str = "/") -> str:
        return await self.back(await self.at_provider(await self.off(return_to), person))

    async def session(self) -> dict[str, Any]:
        return (await self.ours.get("/api/v1/session")).json()


class World:
    """One installation and its provider."""

    def __init__(self, services: Services, now: Now) -> None:
        self.services = services
        self.now = now
        self.app = create_app(services, token=TOKEN)
        self._stack = contextlib.AsyncExitStack()

    async def browser(self) -> Browser:
        made = Browser(self.app)
        self._stack.push_async_callback(made.aclose)
        return made

    async def operator(self, method: str, path: str, body: Any = None) -> Any:
        transport = httpx.ASGITransport(self.app)
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(transport=transport, base_url=f"{US}/api/v1", headers=headers) as client:
            answer = await client.request(method, path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def aclose(self) -> None:
        await self._stack.aclose()


@contextlib.asynccontextmanager
async def installation(home: Path, issuer: str, **changes: Any) -> AsyncIterator[World]:
    now = Now()
    options = OidcOptions(issuer, "gatewright", SECRET, "openid profile email groups", "dex", rules=rules(RULES))
    options = msgspec.structs.replace(options, **changes)
    settings = from_environment({"GATEWRIGHT_HOME": str(home)})
    async with open_services(settings, clock=now.moment) as services:
        made = Provider(options, now.moment, now=now.seconds)
        ring = KeyRing.load(home, {}, create=False)
        oidc = Oidc(options, made, Pendings(ring), services.sign_ins, services.notifier._database, now.moment)  # pyright: ignore[reportPrivateUsage]
        world = World(dataclasses.replace(services, oidc=oidc), now)
        try:
            yield world
        finally:
            await world.aclose()


@pytest.fixture
async def world(tmp_path: Path, provider: IdentityProvider) -> AsyncIterator[World]:
    async with installation(tmp_path / "home", provider.issuer) as made:
        yield made


def failed(page: str) -> str:
    """The code that the sign-in page is told."""
    parts = urlsplit(page)
    assert parts.path == "/sign-in", page
    return parse_qs(parts.query)["error"][0]


async def test_somebody_signs_in_and_groups_say_what_they_may(world: World) -> None:
    ada = await world.browser()
    assert (await ada.session())["oidc"] == "dex"
    assert await ada.sign_in(ADA, "/clusters?team=payments#x") == "/clusters?team=payments#x"
    session = await ada.session()
    assert (session["state"], session["person"]["name"]) == ("signed-in", "ada")
    assert "cluster.register" in session["permissions"]
    assert (await ada.ours.get("/api/v1/clusters")).status_code == 200
    assert COOKIE not in ada.ours.cookies


async def test_the_address_of_the_provider_says_what_it_must(world: World) -> None:
    browser = await world.browser()
    location = await browser.off()
    query = parse_qs(urlsplit(location).query)
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [f"{US}/api/v1/oidc/callback"]
    assert len(query["state"][0]) == len(query["nonce"][0]) == len(query["code_challenge"][0]) == 43
    again = parse_qs(urlsplit(await browser.off()).query)
    assert again["state"] != query["state"]
    assert again["nonce"] != query["nonce"]


async def test_somebody_new_may_do_nothing(world: World) -> None:
    bo = await world.browser()
    await bo.sign_in(BO)
    session = await bo.session()
    assert session["state"] == "signed-in"
    assert session["teams"] == {}
    assert not {p for p in session["permissions"] if p.split(".")[0] not in ("account", "api")}
    assert (await bo.ours.get("/api/v1/users")).status_code == 403


async def test_a_person_is_the_subject_and_neither_name_nor_address(world: World) -> None:
    """Bo's provider gives him Ada's address, and a person here has his name: he is neither."""
    await world.operator("PUT", "/users/bo", {})
    await (await world.browser()).sign_in(ADA)
    bo = await world.browser()
    await bo.sign_in(BO)
    assert (await bo.session())["person"]["name"] == "bo-2"
    again = await world.browser()
    await again.sign_in(BO)
    assert (await again.session())["person"]["name"] == "bo-2"
    people = {p["name"] for p in await world.operator("GET", "/users")}
    assert people == {"ada", "bo", "bo-2"}


async def test_what_the_audit_tells(world: World) -> None:
    ada = await world.browser()
    await ada.sign_in(ADA)
    await ada.back(f"{US}/api/v1/oidc/callback?state=x&code=y")
    found = (await world.operator("GET", "/audit"))[::-1]
    told = [(e["who"], e["what"], e["outcome"], e.get("code", "")) for e in found]
    assert told == [
        ("ada", "user.create", "done", ""),
        ("ada", "user.update", "done", ""),
        ("ada", "session.create", "done", ""),
        ("", "session.create", "refused", "oidc.lost"),
    ]
    assert {e["address"] for e in found} == {"192.0.2.7"}


@pytest.mark.parametrize("change", [{"state": "x" * 43}, {"state": ""}, {"iss": "https://other.example"}, {"code": ""}])
async def test_a_way_back_that_was_changed_is_refused(world: World, change: dict[str, str]) -> None:
    browser = await world.browser()
    location = await browser.at_provider(await browser.off(), ADA)
    query = {key: values[0] for key, values in parse_qs(urlsplit(location).query).items()}
    assert failed(await browser.back(f"{US}/api/v1/oidc/callback?{urlencode({**query, **change})}")) == "oidc.lost"
    assert SESSION not in browser.ours.cookies


async def test_another_browser_cannot_end_what_this_one_began(world: World) -> None:
    ada, other = await world.browser(), await world.browser()
    location = await ada.at_provider(await ada.off(), ADA)
    assert failed(await other.back(location)) == "oidc.lost"
    await other.off()
    assert failed(await other.back(location)) == "oidc.lost"


async def test_a_code_is_good_once(world: World) -> None:
    browser = await world.browser()
    location = await browser.at_provider(await browser.off(), ADA)
    kept = browser.ours.cookies[COOKIE]
    assert await browser.back(location) == "/"
    assert failed(await browser.back(location)) == "oidc.lost"
    thief = await world.browser()
    thief.ours.cookies.set(COOKIE, kept)
    assert failed(await thief.back(location)) == "oidc.refused"
    assert (await thief.session())["state"] != "signed-in"


@pytest.mark.parametrize(
    ("change", "code"),
    [({"nonce": "n" * 43}, "oidc.token"), ({"verifier": "v" * 43}, "oidc.refused"), ({"redirect": US}, "oidc.refused")],
)
async def test_what_was_begun_must_be_what_is_ended(
    world: World, tmp_path: Path, change: dict[str, str], code: str
) -> None:
    browser = await world.browser()
    location = await browser.at_provider(await browser.off(), ADA)
    pendings = Pendings(KeyRing.load(tmp_path / "home", {}, create=False))
    state = parse_qs(urlsplit(location).query)["state"][0]
    pending = pendings.open(browser.ours.cookies[COOKIE], state, datetime.now(UTC))
    changed = pendings.seal(msgspec.structs.replace(pending, **change))
    browser.ours.cookies.clear()
    browser.ours.cookies.set(COOKIE, changed)
    assert failed(await browser.back(location)) == code


async def test_who_takes_too_long_begins_again(world: World) -> None:
    browser = await world.browser()
    location = await browser.at_provider(await browser.off(), ADA)
    world.now.ahead = timedelta(minutes=11)
    assert failed(await browser.back(location)) == "oidc.lost"


async def test_a_token_that_has_expired_is_refused(tmp_path: Path) -> None:
    async with (
        identity_provider(msgspec.structs.replace(OPTIONS, token_seconds=60)) as short,
        installation(tmp_path / "home", short.issuer) as world,
    ):
        browser = await world.browser()
        location = await browser.at_provider(await browser.off(), ADA)
        world.now.ahead = timedelta(minutes=3)
        assert failed(await browser.back(location)) == "oidc.token"
        world.now.ahead = timedelta(seconds=-30)
        assert await browser.sign_in(ADA) == "/"


async def test_a_wrong_password_stays_at_the_provider(world: World) -> None:
    browser = await world.browser()
    page = await browser._follow(await browser.theirs.get(await browser.off()))  # pyright: ignore[reportPrivateUsage]
    action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
    assert action is not None
    form = {"login": "ada", "password": "wrong"}
    answer = await browser.theirs.post(urljoin(str(page.url), html.unescape(action[1])), data=form)
    assert not answer.is_redirect


async def test_somebody_who_was_disabled_stays_out(world: World) -> None:
    bo = await world.browser()
    await bo.sign_in(BO)
    await world.operator("PUT", "/users/bo", {"disabled": True})
    assert (await bo.session())["state"] != "signed-in"
    assert failed(await bo.sign_in(BO)) == "oidc.disabled"


async def test_the_provider_s_own_refusal_is_told(world: World) -> None:
    browser = await world.browser()
    state = parse_qs(urlsplit(await browser.off()).query)["state"][0]
    refusal = urlencode({"state": state, "error": "access_denied", "error_description": "<script>"})
    assert failed(await browser.back(f"{US}/api/v1/oidc/callback?{refusal}")) == "oidc.refused"


async def test_a_wrong_client_secret_is_told(tmp_path: Path, provider: IdentityProvider) -> None:
    async with installation(tmp_path / "home", provider.issuer, client_secret="wrong") as world:
        assert failed(await (await world.browser()).sign_in(ADA)) == "oidc.refused"


async def test_an_issuer_that_calls_itself_otherwise_is_told(tmp_path: Path, provider: IdentityProvider) -> None:
    other = provider.issuer.replace("127.0.0.1", "localhost")
    async with installation(tmp_path / "home", other) as world:
        assert failed(await (await world.browser()).off()) == "oidc.invalid"


async def test_a_provider_that_is_down_is_told_and_comes_back_with_other_keys(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(identity_provider(OPTIONS))
        world = await stack.enter_async_context(installation(tmp_path / "home", first.issuer))
        browser = await world.browser()
        assert await browser.sign_in(ADA) == "/"
        pid = first.pid
        location = await browser.at_provider(await browser.off(), ADA)
        await _stop(pid)
        assert failed(await browser.back(location)) == "oidc.unreachable"
        world.now.ahead += timedelta(hours=2)
        assert failed(await browser.off()) == "oidc.unreachable"
        world.now.ahead = timedelta(seconds=15)
        there = msgspec.structs.replace(OPTIONS, address=first.address)
        async with identity_provider(there) as second:
            assert second.issuer == first.issuer
            # Its keys are new: those that were read before do not verify what it signs now.
            assert await (await world.browser()).sign_in(ADA) == "/"


async def test_roles_follow_groups_and_leave_what_was_given_by_hand(tmp_path: Path) -> None:
    def with_groups(*groups: str, address: str = "127.0.0.1:0") -> IdentityOptions:
        person = msgspec.structs.replace(BO, groups=groups)
        return msgspec.structs.replace(OPTIONS, people=(person,), address=address)

    async def roles(world: World, issuer: IdentityProvider) -> dict[str, str]:
        world.now.ahead += timedelta(seconds=15)
        browser = await world.browser()
        assert await browser.sign_in(BO) == "/"
        (person,) = [p for p in await world.operator("GET", "/users") if p["name"] == "bo"]
        return person["grants"] if "grants" in person else {**person["teams"], **_role(person)}

    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(identity_provider(with_groups("payments-dev", "unheard-of")))
        world = await stack.enter_async_context(installation(tmp_path / "home", first.issuer))
        for team in ("payments", "orders"):
            await world.operator("PUT", f"/teams/{team}", {})
        assert await roles(world, first) == {"payments": "developer"}
        await world.operator("PUT", "/teams/orders/members/bo", {"role": "viewer"})
        address, pid = first.address, first.pid
        for groups, expected in (
            (("payments-own",), {"payments": "owner", "orders": "viewer"}),
            (("platform", "payments-own"), {"payments": "owner", "orders": "viewer", "": "administrator"}),
            # Nobody else could administer: that one role stays.
            ((), {"orders": "viewer", "": "administrator"}),
        ):
            await _stop(pid)
            running = await stack.enter_async_context(identity_provider(with_groups(*groups, address=address)))
            pid = running.pid
            assert await roles(world, running) == expected, groups


async def test_without_a_provider_the_page_is_told_so(tmp_path: Path) -> None:
    async with open_services(from_environment({"GATEWRIGHT_HOME": str(tmp_path / "home")})) as services:
        browser = Browser(create_app(services, token=TOKEN))
        assert (await browser.session())["oidc"] is None
        assert failed(await browser.off()) == "oidc.off"
        assert failed(await browser.back(f"{US}/api/v1/oidc/callback?state=x&code=y")) == "oidc.off"
        await browser.aclose()


def _role(person: dict[str, Any]) -> dict[str, str]:
    return {"": person["role"]} if person.get("role") else {}


async def _stop(pid: int) -> None:
    """Ends a provider that this test started, and waits until it is gone."""
    import signal

    from gatewright.lab.process import end, reference, send

    found = reference("identity", pid)
    assert found is not None
    send(found, signal.SIGKILL)
    await end(found, grace=1)

"""How often somebody may try to sign in: guessing stays bounded, and no stranger locks out whom a name belongs to."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from people import OTHER, PASSWORD, PlainHasher, signed_in

from gatewright.server.app import create_app
from gatewright.server.devices import COOKIE, LIFETIME, Devices
from gatewright.server.services import Services, open_services
from gatewright.server.sessions import FAILURES, FAILURES_PER_ADDRESS, FAILURES_PER_NAME
from gatewright.server.settings import Settings
from gatewright.store.secrets import KeyRing

BOTS = -(-FAILURES_PER_NAME // FAILURES)
"""Addresses that it takes to fill the count of a name."""


class Network:
    """Browsers at addresses; ``async with network.at(address)`` is one that has no cookies."""

    def __init__(self, services: Services) -> None:
        self._app = create_app(services)

    @contextlib.asynccontextmanager
    async def at(self, address: str) -> AsyncGenerator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(self._app, client=(address, 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://gw.test/api/v1") as client:
            yield client

    async def status(self, address: str, name: str, password: str = OTHER) -> int:
        """What a stranger there is answered."""
        async with self.at(address) as client:
            return (await signed_in(client, name, password)).status_code

    async def closed(self, name: str, times: int = BOTS) -> None:
        """Strangers at many addresses fail with a name."""
        for number in range(times):
            for _ in range(FAILURES):
                await self.status(f"203.0.113.{number}", name)


@pytest.fixture
def network(people: None, services: Services) -> Network:
    return Network(services)


async def test_one_address_may_fail_a_few_times_with_a_name(network: Network, clock: Any) -> None:
    async with network.at("192.0.2.7") as client:
        for _ in range(FAILURES):
            assert (await signed_in(client, "root", OTHER)).status_code == 401
        answer = await signed_in(client, "root")
        assert (answer.status_code, answer.json()["code"]) == (429, "people.too-many-attempts")
        assert int(answer.headers["retry-after"]) == 15 * 60
        assert (await signed_in(client, "vera")).status_code == 200
        clock.forward(minutes=15)
        assert (await signed_in(client, "root")).status_code == 200


async def test_nobody_locks_a_person_out_everywhere(network: Network) -> None:
    for _ in range(3 * FAILURES):
        await network.status("203.0.113.1", "root")
    assert await network.status("203.0.113.1", "root", PASSWORD) == 429
    assert await network.status("192.0.2.7", "root", PASSWORD) == 200


async def test_a_browser_that_is_known_gets_in_while_many_guess(network: Network) -> None:
    async with network.at("203.0.113.0") as mine:
        assert (await signed_in(mine, "root")).status_code == 200
        assert (await mine.delete("/session")).status_code == 204
        await network.closed("root")
        assert await network.status("192.0.2.7", "root", PASSWORD) == 429
        assert await network.status("203.0.113.0", "root", PASSWORD) == 429
        assert (await signed_in(mine, "root")).status_code == 200


async def test_a_known_browser_may_fail_no_more_than_another(network: Network) -> None:
    async with network.at("192.0.2.7") as mine:
        await signed_in(mine, "root")
        for _ in range(FAILURES):
            assert (await signed_in(mine, "root", OTHER)).status_code == 401
        assert (await signed_in(mine, "root")).status_code == 429
    assert await network.status("192.0.2.7", "root", PASSWORD) == 200


async def test_it_is_known_for_the_name_that_signed_in_there_alone(network: Network) -> None:
    async with network.at("192.0.2.7") as mine:
        await signed_in(mine, "vera")
        for _ in range(FAILURES):
            assert (await signed_in(mine, "root", OTHER)).status_code == 401
        assert (await signed_in(mine, "root", OTHER)).status_code == 429
    assert await network.status("192.0.2.7", "root") == 429


async def test_guessing_from_everywhere_is_bounded(network: Network, hasher: PlainHasher, clock: Any) -> None:
    await network.closed("root", BOTS + 5)
    assert len(hasher.checked) == FAILURES_PER_NAME
    assert await network.status("192.0.2.7", "root", PASSWORD) == 429
    assert await network.status("192.0.2.7", "vera", PASSWORD) == 200
    clock.forward(minutes=15)
    assert await network.status("192.0.2.7", "root", PASSWORD) == 200


async def test_who_is_stopped_already_fills_nothing_else(network: Network) -> None:
    for _ in range(FAILURES_PER_NAME + FAILURES_PER_ADDRESS):
        await network.status("203.0.113.1", "root")
    assert await network.status("192.0.2.7", "root", PASSWORD) == 200
    assert await network.status("203.0.113.1", "vera", PASSWORD) == 200


async def test_an_address_has_a_limit_over_all_names_that_success_does_not_use_up(network: Network) -> None:
    for number in range(FAILURES_PER_ADDRESS):
        assert await network.status("2001:db8::1", f"guess{number}") == 401
        assert number == FAILURES_PER_ADDRESS - 1 or await network.status("2001:db8::1", "vera", PASSWORD) == 200
    assert await network.status("2001:db8::2", "vera", PASSWORD) == 429
    assert await network.status("192.0.2.8", "vera", PASSWORD) == 200


async def test_counts_do_not_tell_whether_a_name_exists(network: Network) -> None:
    async def seen(name: str, prefix: str) -> list[tuple[int, str]]:
        told: list[tuple[int, str]] = []
        for address in (*(f"{prefix}.{n}" for n in range(BOTS)), "192.0.2.99"):
            async with network.at(address) as client:
                for _ in range(FAILURES + 1):
                    answer = await signed_in(client, name, OTHER)
                    told.append((answer.status_code, answer.json()["code"]))
        return told

    assert await network.status("192.0.2.99", "root", PASSWORD) == 200
    assert await seen("root", "203.0.113") == await seen("nobody", "198.51.100")


async def test_success_is_not_seen_in_the_counts_of_others_at_the_address(network: Network) -> None:
    for _ in range(FAILURES - 1):
        assert await network.status("192.0.2.7", "root") == 401
    assert await network.status("192.0.2.7", "root", PASSWORD) == 200
    assert [await network.status("192.0.2.7", "root") for _ in range(2)] == [401, 429]


async def test_many_at_once_try_no_more_than_one_after_another(network: Network, hasher: PlainHasher) -> None:
    async with network.at("192.0.2.7") as client:
        answers = await asyncio.gather(*(signed_in(client, "root", OTHER) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [401] * FAILURES + [429] * (12 - FAILURES)
    assert len(hasher.checked) == FAILURES


async def test_whoever_is_signed_in_changes_their_password_while_strangers_guess(network: Network) -> None:
    async with network.at("203.0.113.0") as mine:
        await signed_in(mine, "root")
        await network.closed("root")
        wanted = {"current": PASSWORD, "password": OTHER}
        assert (await mine.put("/me/password", json=wanted)).status_code == 204
        for _ in range(FAILURES):
            assert (await mine.put("/me/password", json=wanted)).status_code == 401
        assert (await mine.put("/me/password", json=wanted)).status_code == 429


class Slow(PlainHasher):
    """Waits until it is let go, and knows how many did at once."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self._lock = threading.Lock()
        self._now = self.most = 0

    def matches(self, hash: str, password: str) -> bool:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self.go.wait(60)
        with self._lock:
            self._now -= 1
        return super().matches(hash, password)


async def test_a_flood_is_hashed_two_at_a_time_and_what_was_not_checked_is_no_failure(settings: Settings) -> None:
    slow = Slow()
    async with open_services(settings, hasher=slow) as opened:
        network = Network(opened)
        addresses = [f"203.0.113.{number}" for number in range(40)]
        tries = {asyncio.create_task(network.status(address, "root")): address for address in addresses}
        try:
            async with asyncio.timeout(60):
                waiting = set(tries)
                while len(waiting) > 32:
                    done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                    assert {task.result() for task in done} == {503}
        finally:
            slow.go.set()
        assert set(await asyncio.gather(*waiting)) == {401}
        assert slow.most <= 2
        refused = next(address for task, address in tries.items() if task not in waiting)
        assert [await network.status(refused, "root") for _ in range(FAILURES + 1)] == [401] * FAILURES + [429]


# The cookie


@pytest.fixture
def ring(settings: Settings) -> KeyRing:
    settings.home.mkdir(parents=True, exist_ok=True)
    return KeyRing.load(settings.home, create=True)


def test_a_browser_is_known_for_its_name_and_its_time(ring: KeyRing, clock: Any) -> None:
    devices = Devices(ring, clock)
    one, other = devices.make("root"), devices.make("root")
    assert devices.known(one, "root")
    assert devices.known(one, "root") != devices.known(other, "root")
    assert devices.known(one, "vera") == ""
    clock.forward(seconds=(LIFETIME - timedelta(minutes=1)).total_seconds())
    assert devices.known(one, "root")
    clock.forward(minutes=1)
    assert devices.known(one, "root") == ""


def test_nobody_makes_one(ring: KeyRing, clock: Any) -> None:
    devices = Devices(ring, clock)
    one, until, proof = devices.make("root").split(".")
    changed = (f"{'0' * 32}.{until}.{proof}", f"{one}.{int(until) + 1}.{proof}", f"{one}.{until}.{proof}x")
    broken = (f"{one}.{until}.", f"{one}.-1.{proof}", f"{one}.²³.{proof}", f"{one}.{until}.\udcff", "é" * 500)
    for cookie in ("", ".", "..", "a.b.c", *changed, *broken):
        assert devices.known(cookie, "root") == "", cookie


async def test_the_cookie_is_kept_from_scripts_and_when_signing_out(network: Network) -> None:
    async with network.at("192.0.2.7") as client:
        answer = await signed_in(client, "root")
        (said,) = [cookie for cookie in answer.headers.get_list("set-cookie") if cookie.startswith(COOKIE)]
        assert "HttpOnly" in said
        assert f"Max-Age={int(LIFETIME.total_seconds())}" in said
        await client.delete("/session")
        assert COOKIE in client.cookies
        again = await signed_in(client, "root")
        assert client.cookies[COOKIE] != said.partition(";")[0].partition("=")[2]
        assert again.status_code == 200

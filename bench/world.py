"""What the measurements of the web application share: a simulated fleet, a server that has seen all of it, a plan and a
rollout for every cluster, and somebody who is signed in.

The plan is made by the product itself; its rollout is paused as soon as it began: what matters is its page.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from platformdirs import user_cache_path
from playwright.async_api import Browser, BrowserContext, async_playwright

from bench.browser import FLAGS, program
from bench.fleet import TARGET
from bench.observation import ROUTES, Server, prepare, register, server, show
from gatewright.lab.simulator import FleetOptions, SimulatedFleet, simulated_fleet
from gatewright.model.desired import Binding, Desired, Stack, Team
from gatewright.store.bundles import BundleStore
from gatewright.store.database import Database

PERSON, PASSWORD = "bench", "a long enough password"
PLANNED, STACK = "platform", "edge"
"""A team whose stack is on every cluster."""
PLANNING_SECONDS = 120.0


class World(msgspec.Struct, frozen=True):
    """``plan`` and ``rollout``: of every cluster, by hash and id. ``browser``: Chromium."""

    fleet: SimulatedFleet
    server: Server
    origin: str
    cookies: dict[str, str]
    browser: Browser
    plan: str
    rollout: str

    async def visitor(self) -> BrowserContext:
        """Somebody with an empty cache."""
        context = await self.browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
        await context.add_cookies([{"name": n, "value": v, "url": self.origin} for n, v in self.cookies.items()])
        return context


@contextlib.asynccontextmanager
async def world(clusters: int) -> AsyncGenerator[World]:
    with tempfile.TemporaryDirectory() as folder:
        bundle = await BundleStore(user_cache_path("gatewright") / "bundles").load(TARGET)
        home, crds = prepare(Path(folder), bundle)
        async with simulated_fleet(FleetOptions(crds, clusters=clusters, routes=ROUTES)) as fleet:
            await register(home, fleet)
            await _want(home, fleet)
            async with server(home) as running:
                await _seen(running, clusters)
                cookies = await _signed_in(running)
                plan, rollout = await _planned(running, clusters)
                async with async_playwright() as playwright:
                    browser = await playwright.chromium.launch(executable_path=program(), args=FLAGS)
                    origin = running.url.removesuffix("/api/v1")
                    yield World(fleet, running, origin, cookies, browser, plan, rollout)
                    await browser.close()


async def _want(home: Path, fleet: SimulatedFleet) -> None:
    """A stack of CRDs: the simulated clusters have a controller that is not ours, which would stop a plan for one."""
    bindings = (Binding(PLANNED, name, PLANNED, STACK) for name in fleet.names)
    desired: list[Desired] = [Team(PLANNED), Stack(PLANNED, STACK, TARGET), *bindings]
    async with Database.open(f"sqlite:///{home / 'gatewright.db'}") as database, database.transaction() as unit:
        await unit.fleet.apply_desired(desired, "bench")


async def _seen(running: Server, clusters: int) -> None:
    while True:
        health = json.loads(await running.get("/health"))["clusters"]
        if sum(health.values()) - health.get("unknown", 0) == clusters:
            return
        await asyncio.sleep(0.5)


async def _signed_in(running: Server) -> dict[str, str]:
    """The cookie of an administrator."""
    await _ask(running, "PUT", f"/users/{PERSON}", {"role": "administrator", "password": PASSWORD})
    async with aiohttp.ClientSession() as http, http.post(
        f"{running.url}/session", json={"name": PERSON, "password": PASSWORD}
    ) as answer:  # fmt: skip
        answer.raise_for_status()
        return {cookie.key: cookie.value for cookie in answer.cookies.values()}


async def _planned(running: Server, clusters: int) -> tuple[str, str]:
    began = time.perf_counter()
    made = await _ask(running, "POST", "/plans", {"team": PLANNED})
    spent = time.perf_counter() - began
    show(f"a plan of {clusters} clusters", spent, "s", PLANNING_SECONDS, f"outcome: {made['outcome']}")
    began = time.perf_counter()
    rollout = await _ask(running, "POST", "/rollouts", {"plan": made["hash"]})
    show(f"a rollout of {clusters} clusters begun", time.perf_counter() - began, "s", 5)
    where = f"/rollouts/{rollout['id']}"
    with contextlib.suppress(aiohttp.ClientResponseError):  # it stood still before it was asked to
        await _ask(running, "POST", f"{where}/pause", None)
    while True:
        if json.loads(await running.get(where))["state"] not in ("pending", "running"):
            return made["hash"], rollout["id"]
        await asyncio.sleep(0.2)


async def _ask(running: Server, method: str, path: str, body: object) -> Any:
    asked = running.http.request(method, running.url + path, json=body, headers=running.headers)
    async with asked as answer:
        answer.raise_for_status()
        return json.loads(await answer.read())

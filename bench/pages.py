"""First paint of every page of the web application with 1,000 clusters (goal: one second on this machine).

A simulated fleet, a real server, Debian's Chromium with an empty cache for every page. Printed of each page: the
browser's ``first-contentful-paint``, and the moment from which on nothing was loading any more.

``python -m bench.pages [CLUSTERS]``
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
from platformdirs import user_cache_path
from playwright.async_api import Browser, async_playwright

from bench.fleet import TARGET
from bench.observation import ROUTES, TEAM, Server, prepare, register, server, show
from gatewright.lab.simulator import FleetOptions, simulated_fleet
from gatewright.store.bundles import BundleStore

PERSON, PASSWORD = "bench", "a long enough password"
PAGES = (
    "/",
    "/teams",
    f"/teams/{TEAM}",
    "/clusters",
    "/clusters/cluster-0001",
    "/stacks",
    "/rollouts",
    "/resources",
    f"/topology?team={TEAM}&cluster=cluster-0001",
    "/events",
    "/audit",
    "/notifications",
    "/users",
    "/tokens",
    "/settings",
    "/start",
)
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
RUNS = 3


async def signed_in(running: Server) -> dict[str, str]:
    """The cookie of an administrator."""
    token = {"Authorization": running.headers["Authorization"]}
    api = running.url
    body = {"role": "administrator", "password": PASSWORD}
    async with running.http.put(f"{api}/users/{PERSON}", json=body, headers=token) as answer:
        answer.raise_for_status()
    async with aiohttp.ClientSession() as http, http.post(
        f"{api}/session", json={"name": PERSON, "password": PASSWORD}
    ) as answer:  # fmt: skip
        answer.raise_for_status()
        return {cookie.key: cookie.value for cookie in answer.cookies.values()}


async def painted(browser: Browser, origin: str, cookies: dict[str, str], path: str) -> tuple[float, float]:
    """Milliseconds until something was drawn, and until nothing was loading."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        await context.add_cookies([{"name": name, "value": value, "url": origin} for name, value in cookies.items()])
        page = await context.new_page()
        began = time.perf_counter()
        await page.goto(origin + path)
        await page.locator("main h1").first.wait_for()
        settled = 1000 * (time.perf_counter() - began)
        paint = await page.wait_for_function(PAINTED)
        return float(await paint.json_value()), settled
    finally:
        await context.close()


async def measure(running: Server) -> None:
    origin = running.url.removesuffix("/api/v1")
    cookies = await signed_in(running)
    program = shutil.which("chromium")
    assert program, "Chromium is missing. On Debian: apt install chromium"
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=flags)
        for path in PAGES:
            found = [await painted(browser, origin, cookies, path) for _ in range(RUNS)]
            worst = max(paint for paint, _ in found)
            note = f"heading after {min(s for _, s in found):.0f}-{max(s for _, s in found):.0f} ms, {RUNS} runs"
            show(f"first paint of {path}", worst, "ms", 1000, note)
        await browser.close()


async def main(clusters: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bundle = await BundleStore(user_cache_path("gatewright") / "bundles").load(TARGET)
        home, crds = prepare(Path(folder), bundle)
        async with simulated_fleet(FleetOptions(crds, clusters=clusters, routes=ROUTES)) as fleet:
            await register(home, fleet)
            async with server(home) as running:
                while True:
                    health = json.loads(await running.get("/health"))["clusters"]
                    if sum(health.values()) - health.get("unknown", 0) == clusters:
                        break
                    await asyncio.sleep(0.5)
                await measure(running)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))

"""First paint of every page of the web application with 1,000 clusters (goal: one second on this machine).

A simulated fleet, a real server, Debian's Chromium with an empty cache for every page. Printed of each page: the
browser's ``first-contentful-paint``, and when its heading was there. Before it, how long it took to plan all clusters.

``python -m bench.pages [CLUSTERS]``
"""

from __future__ import annotations

import asyncio
import sys
import time

from bench.observation import TEAM, show
from bench.world import PLANNED, STACK, World, world

PAGES = (
    "/",
    "/teams",
    f"/teams/{TEAM}",
    f"/teams/{TEAM}?view=mapping",
    f"/teams/{TEAM}?view=findings",
    f"/teams/{TEAM}/clusters/cluster-0001",
    "/clusters",
    "/clusters/cluster-0001",
    "/stacks",
    f"/teams/{PLANNED}/stacks/{STACK}",
    "/rollouts",
    "/rollouts?view=plans",
    "/rollouts?new=plan",
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


async def painted(found: World, path: str) -> tuple[float, float]:
    """Milliseconds until something was drawn, and until the page had its heading."""
    context = await found.visitor()
    try:
        page = await context.new_page()
        began = time.perf_counter()
        await page.goto(found.origin + path)
        await page.locator("main h1").first.wait_for()
        settled = 1000 * (time.perf_counter() - began)
        paint = await page.wait_for_function(PAINTED)
        return float(await paint.json_value()), settled
    finally:
        await context.close()


async def main(clusters: int) -> None:
    async with world(clusters) as found:
        for path in (*PAGES, f"/plans/{found.plan}", f"/rollouts/{found.rollout}"):
            times = [await painted(found, path) for _ in range(RUNS)]
            worst = max(paint for paint, _ in times)
            note = f"heading after {min(s for _, s in times):.0f}-{max(s for _, s in times):.0f} ms, {RUNS} runs"
            shown = path.replace(found.plan, found.plan[:8])
            show(f"first paint of {shown}", worst, "ms", 1000, note)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))

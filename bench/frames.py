"""Whether pages stay smooth with 1,000 clusters while states change: frames while scrolling, and the delay of input.

Each page is scrolled for some seconds (``Input.synthesizeScrollGesture``: what the wheel of a mouse does, up and down)
while twenty conditions a second change in the clusters, then searched, sorted or filtered. Printed of each page:

- **frames**: the time between two ``requestAnimationFrame`` callbacks while it scrolls; the 95th percentile has a goal
  of 50 ms. A display of 60 Hz gives 16.7. In the note the median and the worst frame, and how many tasks of scripts
  held the main thread for more than 50 ms (``longtask``), with the longest.
- **typing**, **sorting or filtering**: the worst delay from the event to the next paint (Event Timing, what browsers
  call Interaction to Next Paint), in steps of 8 ms; the goal is 200. In the note how long until the answer was
  complete: what is found is drawn after the letter that was typed.

What this means here: there is no GPU, Chromium rasterizes on the two cores that also run the server, the simulator and
this program. A frame that took 50 ms here takes a fraction of it on a laptop, so that what holds here holds there; what
does not hold here need not be visible there. Long tasks are the application's own work in any case. Absolute figures
mean something only on a machine that does nothing else.

``python -m bench.frames [CLUSTERS]`` (100 or more: shorter tables are drawn whole)
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from playwright.async_api import CDPSession, Page

from bench.observation import TEAM, percentile, show
from bench.world import World, world
from gatewright.background import alongside
from gatewright.lab.simulator import SimulatedFleet

RATE = 20.0
DISTANCE, SPEED = 6000, 2500
"""Pixels of one gesture, and pixels a second."""
FRAME, INPUT, LONG = 50.0, 200.0, 50.0
PAUSE = 120
"""Milliseconds between two letters."""
WATCHED = """
window.measured = { frames: [], tasks: [], inputs: [] };
const told = (type, take, more) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
told("longtask", (one) => window.measured.tasks.push(one.duration));
told("event", (one) => one.interactionId && window.measured.inputs.push(one.duration), { durationThreshold: 16 });
let last = 0;
const frame = (now) => { if (last) window.measured.frames.push(now - last); last = now; requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""
TAKEN = (
    "() => { const found = window.measured; window.measured = { frames: [], tasks: [], inputs: [] }; return found; }"
)
QUIET = """() => new Promise((done) => {
  const idle = () => requestIdleCallback((left) => left.timeRemaining() > 5 ? done() : idle());
  requestAnimationFrame(() => requestAnimationFrame(idle));
})"""


class Looked(msgspec.Struct, frozen=True):
    """A page to look at. ``scrolled``: what is under the pointer; ``typed``: where one types, and what; ``pressed``:
    what sorts or filters."""

    path: str
    scrolled: str
    typed: tuple[str, str] | None
    pressed: str


class Measured(msgspec.Struct, frozen=True):
    """Milliseconds each."""

    frames: tuple[float, ...]
    tasks: tuple[float, ...]
    inputs: tuple[float, ...]


TABLE = ".ant-table-tbody-virtual-holder"
SORTER = "th.ant-table-column-has-sorters"
SEARCHED = ("main input[type=search]", "cluster-00")


def looked(found: World) -> tuple[Looked, ...]:
    chips = "main button.tally:enabled"
    return (
        Looked("/", TABLE, SEARCHED, SORTER),
        Looked("/clusters", TABLE, SEARCHED, SORTER),
        Looked(f"/teams/{TEAM}", TABLE, SEARCHED, SORTER),
        Looked(f"/rollouts/{found.rollout}", ".board", SEARCHED, chips),
        Looked(f"/plans/{found.plan}", ".plan", SEARCHED, chips),
    )


async def taken(page: Page) -> Measured:
    """What was measured since the last time."""
    return msgspec.convert(await page.evaluate(TAKEN), Measured)


async def scroll(page: Page, cdp: CDPSession, selector: str) -> Measured:
    box = await page.locator(selector).first.bounding_box()
    assert box is not None
    x, y = box["x"] + min(box["width"], 600) / 2, min(max(box["y"] + 40, 300), 800)
    await page.mouse.move(x, y)
    await taken(page)
    for distance in (-DISTANCE, DISTANCE / 2, -DISTANCE, DISTANCE):
        gesture: dict[str, Any] = {"x": x, "y": y, "yDistance": distance, "speed": SPEED}
        asked: dict[str, Any] = {**gesture, "gestureSourceType": "mouse"}
        await cdp.send("Input.synthesizeScrollGesture", asked)  # pyright: ignore[reportUnknownMemberType]
    return await taken(page)


async def typing(page: Page, field: str, words: str) -> tuple[Measured, float]:
    """And how long it took after the last letter until the page had nothing to do."""
    await page.locator(field).first.click()
    await page.evaluate(QUIET)
    await taken(page)
    await page.keyboard.type(words, delay=PAUSE)
    settled = await quiet(page)
    found = await taken(page)
    for _ in words:
        await page.keyboard.press("Backspace")
    await quiet(page)
    return found, settled


async def pressing(page: Page, selector: str) -> tuple[Measured, float]:
    await page.evaluate(QUIET)
    await taken(page)
    settled = 0.0
    for index in range(min(3, await page.locator(selector).count())):
        await page.locator(selector).nth(index).click()
        settled = max(settled, await quiet(page))
    return await taken(page), settled


async def quiet(page: Page) -> float:
    began = time.perf_counter()
    await page.evaluate(QUIET)
    return 1000 * (time.perf_counter() - began)


async def measure(found: World, one: Looked) -> None:
    context = await found.visitor()
    try:
        page = await context.new_page()
        await page.add_init_script(WATCHED)
        await page.goto(found.origin + one.path)
        await page.locator(one.scrolled).first.wait_for(timeout=60_000)
        await page.evaluate(QUIET)
        name = one.path.replace(found.plan, found.plan[:8])
        tell(f"opening {name}", await taken(page), None)
        cdp = await context.new_cdp_session(page)
        tell(f"frames of {name}", await scroll(page, cdp, one.scrolled), FRAME)
        if one.typed:
            tell_input(f"typing in {name}", *await typing(page, *one.typed))
        tell_input(f"sorting or filtering {name}", *await pressing(page, one.pressed))
    finally:
        await context.close()


def tell(name: str, measured: Measured, goal: float | None) -> None:
    longest = max(measured.tasks, default=0.0)
    tasks = f"{sum(1 for one in measured.tasks if one > LONG)} long tasks, the longest {longest:.0f}"
    if goal is None:
        print(f"{name:<46} {tasks} ms", flush=True)
        return
    frames = measured.frames
    note = f"median {percentile(frames, 0.5):.0f}, worst {max(frames):.0f}, {len(frames)} frames; {tasks}"
    show(f"{name}, p95", percentile(frames, 0.95), "ms", goal, note)


def tell_input(name: str, measured: Measured, settled: float) -> None:
    longest = max(measured.tasks, default=0.0)
    note = f"complete after {settled:.0f}; longest task {longest:.0f}"
    show(f"{name}, worst", max(measured.inputs, default=16.0), "ms", INPUT, note)


@contextlib.asynccontextmanager
async def changing(fleet: SimulatedFleet) -> AsyncGenerator[None]:
    """While open, conditions change."""

    async def change() -> None:
        while True:
            async for _ in fleet.change(rate=RATE, seconds=10):
                pass

    async with alongside(change()):
        yield


async def main(clusters: int) -> None:
    async with world(clusters) as found, changing(found.fleet):
        for one in looked(found):
            await measure(found, one)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))

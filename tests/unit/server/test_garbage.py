"""Garbage that outlived its youth goes when memory has grown, and not before."""

from __future__ import annotations

import asyncio
import gc
import weakref

from gatewright.server.garbage import Growth, collecting_seldom

MIB = 2**20


class Ring:
    """Refers to itself: only the collector takes it apart."""

    def __init__(self, size: int) -> None:
        self.me = self
        self.bytes = bytearray(b"x" * size)


async def collected(size: int) -> None:
    """Until a ring that is garbage, and not young, was taken apart."""
    gone, ring = asyncio.Event(), Ring(size)
    watched = weakref.ref(ring, lambda _: gone.set())
    gc.collect(0)
    gc.collect(1)
    del ring
    assert watched() is not None
    async with asyncio.timeout(60):
        await gone.wait()


async def test_memory_that_has_grown_is_looked_through() -> None:
    with collecting_seldom(Growth(seconds=0.01, looks=1_000_000, factor=1.0, more=32 * MIB)):
        await asyncio.sleep(0.05)
        await collected(128 * MIB)


async def test_what_has_not_grown_is_left_until_its_time() -> None:
    before = gc.get_stats()[2]["collections"]
    with collecting_seldom(Growth(seconds=0.001, looks=1_000_000, more=512 * MIB)):
        started = gc.get_stats()[2]["collections"]
        await asyncio.sleep(0.2)
        assert gc.get_stats()[2]["collections"] == started > before
    with collecting_seldom(Growth(seconds=0.001, looks=5, more=512 * MIB)):
        await collected(1)

"""DNS for probes: bounded in time and number, remembered for a minute, on threads of its own.

The system's resolver cannot be cancelled, so a silent DNS server holds a thread for long; these threads are not the
ones that the rest of the process resolves with.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from gatewright.observe.probes.addresses import literal

REMEMBERED_SECONDS: Final = 60.0
LOOKUP_SECONDS: Final = 2.0
_THREADS: Final = 8
_REMEMBERED: Final = 10_000
_ADDRESSES: Final = 16

Lookup = Callable[[str], tuple[str, ...]]
"""The IP addresses of a DNS name. Blocks. Raises ``OSError``, also for a name that does not exist."""


def system_lookup(name: str) -> tuple[str, ...]:
    """By the system's resolver, as a fully qualified name: search domains of this machine do not apply."""
    found = socket.getaddrinfo(f"{name.removesuffix('.')}.", None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class Names:
    """Resolves names. ``close`` it when the last lookup has been asked for."""

    def __init__(self, lookup: Lookup = system_lookup, clock: Callable[[], float] = time.monotonic) -> None:
        self._lookup = lookup
        self._clock = clock
        self._threads = ThreadPoolExecutor(_THREADS, "gatewright-dns")
        self._free = asyncio.Semaphore(_THREADS)
        self._known: dict[str, tuple[float, tuple[str, ...]]] = {}

    def close(self) -> None:
        """Takes no more lookups; does not wait for those under way."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def resolve(self, name: str) -> tuple[str, ...]:
        """The addresses of ``name`` (an IP address is its own), at most 16; empty where there is none in time."""
        if address := literal(name):
            return (address,)
        key = name.lower().removesuffix(".")
        known = self._known.get(key)
        if known is not None and known[0] > self._clock():
            return known[1]
        addresses = await self._ask(key)
        self._remember(key, addresses)
        return addresses

    def remembered(self, name: str) -> tuple[str, ...]:
        """What ``resolve`` would say without a lookup; empty where that is not known."""
        if address := literal(name):
            return (address,)
        known = self._known.get(name.lower().removesuffix("."))
        return known[1] if known is not None else ()

    async def _ask(self, name: str) -> tuple[str, ...]:
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                await self._free.acquire()
                looking = asyncio.get_running_loop().run_in_executor(self._threads, self._lookup, name)
                looking.add_done_callback(self._done)
                return (await asyncio.shield(looking))[:_ADDRESSES]
        except (OSError, UnicodeError, TimeoutError):
            return ()

    def _done(self, looking: asyncio.Future[tuple[str, ...]]) -> None:
        self._free.release()
        if not looking.cancelled():
            looking.exception()  # read, so that asyncio does not report it as lost

    def _remember(self, name: str, addresses: tuple[str, ...]) -> None:
        self._known.pop(name, None)
        while len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[name] = (self._clock() + REMEMBERED_SECONDS, addresses)

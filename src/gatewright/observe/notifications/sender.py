"""One attempt to send a message: a deadline, no redirects, no addresses that only this machine's cloud should reach."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from gatewright.model.desired import NotificationType
from gatewright.model.notifications import Target
from gatewright.observe.notifications.formats import Letter, outgoing, refusal
from gatewright.observe.probes.addresses import AddressPolicy, literal, refused
from gatewright.text import Message, message

SECONDS: Final = 10.0
_READ: Final = 64 * 1024
_LONGEST_WAIT: Final = 3600.0


class Failure(msgspec.Struct, frozen=True):
    """Why a message did not arrive. ``retry_after``: seconds for which the service asks to be left alone."""

    why: Message
    retry_after: float | None = None


class AddressRefusedError(OSError):
    """The address leads where no message goes."""


class Sender:
    """Sends messages. ``close`` ends its connections. Loopback is allowed: relays run beside Gatewright."""

    def __init__(
        self, *, seconds: float = SECONDS, policy: AddressPolicy | None = None, now: Callable[[], float] = time.time
    ) -> None:
        self._seconds = seconds
        self._policy = policy or AddressPolicy(loopback=True)
        self._now = now
        self._http: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def __aenter__(self) -> Sender:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def send(self, type: NotificationType, target: Target, letter: Letter) -> Failure | None:
        """None: it arrived. Whatever a service does, this ends within the deadline and says why it failed."""
        request = outgoing(type, target, letter, self._now())
        try:
            self._require_allowed(request.url)
            # The address is signed as it stands, so it must not be normalized on the way.
            async with self._session().post(
                URL(request.url, encoded=True), data=request.body, headers=request.headers, allow_redirects=False
            ) as answer:
                why = refusal(type, answer.status, await _beginning(answer.content))
                return None if why is None else Failure(why, retry_after(answer.headers, self._now()))
        except TimeoutError:
            return Failure(message("notify.reason.timeout", seconds=int(self._seconds)))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Failure(_network(error))

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            connector = aiohttp.TCPConnector(resolver=_Guarded(self._policy), use_dns_cache=False, limit_per_host=8)
            self._http = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=self._seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._http

    def _require_allowed(self, url: str) -> None:
        """An address that is an IP address is never resolved."""
        parts = urlsplit(url)
        host = literal(parts.hostname or "")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if host is not None and refused(host, port, self._policy) is not None:
            raise AddressRefusedError()


class _Guarded(AbstractResolver):
    """Resolves names, and refuses a name of which any address is refused."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._inner = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)  # pyright: ignore[reportArgumentType]
        for address in found:
            if refused(address["host"], port, self._policy) is not None:
                raise AddressRefusedError()
        return found

    async def close(self) -> None:
        await self._inner.close()


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds from ``Retry-After`` (RFC 9110, section 10.2.3), a number or a date; at most an hour."""
    given = headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given[:9]), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(given)
    except (ValueError, TypeError, IndexError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((aware - datetime.fromtimestamp(now, UTC)).total_seconds(), 0.0), _LONGEST_WAIT)


async def _beginning(content: aiohttp.StreamReader) -> bytes:
    """The first 64 KiB of an answer; no service says more."""
    found = bytearray()
    while len(found) < _READ:
        chunk = await content.read(_READ - len(found))
        if not chunk:
            break
        found += chunk
    return bytes(found)


def _network(error: Exception) -> Message:
    """What went wrong on the way, without the address: libraries put it into their sentences."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, AddressRefusedError):
        return message("notify.reason.forbidden")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return message("notify.reason.name")
    if isinstance(error, aiohttp.ClientSSLError):
        return message("notify.reason.tls")
    number = getattr(cause, "errno", None)
    detail = os.strerror(number) if isinstance(number, int) and number > 0 else type(error).__name__
    return message("notify.reason.network", detail=detail)

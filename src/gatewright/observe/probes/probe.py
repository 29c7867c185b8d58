"""One probe: judge the address, connect to it, ask once, tell what came back. Nothing that a server does is raised.

The connection goes to the IP address that was judged; no name is resolved after that. No proxy is used, no redirect
followed, no body read. ``User-Agent`` and ``X-Gatewright-Probe`` say to the other side what the request is.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from typing import Final

import msgspec

from gatewright.model.moments import rfc3339
from gatewright.model.probe import CertificateFacts, Outcome, ProbeResult, ProbeTarget, covers
from gatewright.observe.probes import addresses, http
from gatewright.observe.probes.addresses import AddressPolicy
from gatewright.observe.probes.certificate import parse_der
from gatewright.observe.probes.errors import CertificateError
from gatewright.observe.probes.names import Names
from gatewright.text import Message, Param, message

SECONDS: Final = 5.0
_PATH: Final = re.compile(r"/[!-~]{0,1023}")
Clock = Callable[[], datetime]


def now() -> datetime:
    """The time of day, UTC."""
    return datetime.now(UTC)


class Contexts:
    """The two ways to shake hands, made once: one that insists on a chain to this machine's authorities, one that
    takes any certificate, to see what it is."""

    def __init__(self, authorities: str | None = None) -> None:
        """``authorities``: PEM to trust in place of the system's."""
        self.strict = ssl.create_default_context(cadata=authorities)
        # whether the name fits is judged apart from the chain
        self.strict.check_hostname = False
        self.any = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.any.check_hostname = False
        self.any.verify_mode = ssl.CERT_NONE
        for context in (self.strict, self.any):
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.set_alpn_protocols(["http/1.1"])


class Located(msgspec.Struct, frozen=True):
    """A target with the IP address that it may be asked at."""

    target: ProbeTarget
    address: str


async def probe(
    target: ProbeTarget,
    *,
    names: Names,
    contexts: Contexts,
    policy: AddressPolicy,
    seconds: float = SECONDS,
    clock: Clock = now,
) -> ProbeResult:
    """Asks ``target`` once, in at most ``seconds`` (and 2 s for DNS where the address is a name)."""
    found = await locate(target, names=names, policy=policy, clock=clock)
    return found if isinstance(found, ProbeResult) else await ask(found, contexts, seconds=seconds, clock=clock)


async def locate(
    target: ProbeTarget, *, names: Names, policy: AddressPolicy, clock: Clock = now
) -> Located | ProbeResult:
    """The IP address to connect to, or the result that there is none. A name is resolved once, and one forbidden
    address among its addresses forbids them all: which one is connected to must not be the answerer's choice."""
    if problem := _unaskable(target):
        return _result(target, clock, "invalid", message("probe.invalid", why=problem))
    for name in (target.hostname, target.address):
        if why := addresses.refused_name(name, policy):
            return _excluded(target, clock, name, why)
    found = await names.resolve(target.address)
    if not found:
        return _result(target, clock, "dns", message("probe.dns", address=target.address))
    for address in found:
        if why := addresses.refused(address, target.port, policy):
            return _excluded(target, clock, address, why)
    return Located(target, found[0])


async def ask(located: Located, contexts: Contexts, *, seconds: float = SECONDS, clock: Clock = now) -> ProbeResult:
    """Connects to the address and asks. The address must come from ``locate``."""
    attempt = _Attempt(located, contexts, clock)
    try:
        async with asyncio.timeout(seconds):
            await attempt.run()
    except TimeoutError:
        attempt.end("timeout", seconds=f"{seconds:g}")
    except ConnectionRefusedError:
        attempt.end("refused")
    except (ssl.SSLError, ssl.CertificateError) as error:
        attempt.end("tls", reason=_words(error))
    except (ConnectionError, asyncio.IncompleteReadError) as error:
        attempt.end("closed" if attempt.connected else "unreachable", reason=_words(error))
    except OSError as error:
        attempt.end("unreachable", reason=_words(error))
    finally:
        attempt.close()
    return attempt.result()


class _Attempt:
    """One run of ``ask``: what is known so far, so that a failure half-way keeps it."""

    def __init__(self, located: Located, contexts: Contexts, clock: Clock) -> None:
        self._target = located.target
        self._address = located.address
        self._contexts = contexts
        self._at = clock()
        self._writer: asyncio.StreamWriter | None = None
        self._outcome: Outcome = "ok"
        self._message = message("probe.ok.tls")
        self._latency: float | None = None
        self._answer: http.Answer | None = None
        self._certificate: CertificateFacts | None = None
        self._distrust = ""

    @property
    def connected(self) -> bool:
        return self._writer is not None

    async def run(self) -> None:
        """Raises what asyncio raises; ``ask`` tells what each means."""
        loop = asyncio.get_running_loop()
        # asyncio's own clock: a probe is timed, not dated
        self._started = loop.time()
        reader = await self._connect()
        self._latency = (loop.time() - self._started) * 1000
        if self._target.protocol != "TLS":
            await self._exchange(reader)
            self._latency = (loop.time() - self._started) * 1000

    def end(self, outcome: Outcome, **params: Param) -> None:
        self._outcome = outcome
        self._latency = None
        where = f"[{self._address}]" if ":" in self._address else self._address
        self._message = message(f"probe.{outcome}", where=f"{where}:{self._target.port}", **params)

    def close(self) -> None:
        """Lets go at once: what a slow peer has still to say is of no interest."""
        if self._writer is not None:
            self._writer.transport.abort()

    def result(self) -> ProbeResult:
        certificate, answer = self._certificate, self._answer
        return ProbeResult(
            self._target,
            rfc3339(self._at),
            self._outcome,
            self._message,
            status=answer.status if answer else None,
            latency_ms=None if self._latency is None else round(self._latency, 2),
            connected=self._address,
            location=answer.location if answer else "",
            certificate=certificate,
            trusted=None if certificate is None else not self._distrust,
            distrust=self._distrust,
            covered=None if certificate is None else covers(certificate, self._target.hostname or self._address),
        )

    async def _connect(self) -> asyncio.StreamReader:
        if self._target.protocol == "HTTP":
            return await self._open(None)
        try:
            reader = await self._open(self._contexts.strict)
        except ssl.SSLCertVerificationError as error:
            self._distrust = str(error.verify_message)
            self._started = asyncio.get_running_loop().time()
            reader = await self._open(self._contexts.any)
        self._read_certificate()
        return reader

    async def _open(self, context: ssl.SSLContext | None) -> asyncio.StreamReader:
        reader, self._writer = await asyncio.open_connection(
            self._address,
            self._target.port,
            limit=http.MAX_HEAD,
            ssl=context,
            server_hostname=_sni(self._target) if context else None,
        )
        return reader

    def _read_certificate(self) -> None:
        assert self._writer is not None
        session: ssl.SSLObject = self._writer.get_extra_info("ssl_object")
        try:
            self._certificate = parse_der(session.getpeercert(binary_form=True) or b"")
        except CertificateError as error:
            self._distrust = str(error.report.params["reason"])

    async def _exchange(self, reader: asyncio.StreamReader) -> None:
        assert self._writer is not None
        self._writer.write(http.request(self._target.hostname or _host(self._address), self._target.path))
        try:
            self._answer = await http.read_head(reader)
        except http.NotHttpError as error:
            self.end("protocol", reason=error.why)
            return
        status = self._answer.status
        if status >= 500:
            self._outcome, self._message = "http", message("probe.http", status=status)
        elif self._answer.location:
            self._message = message("probe.ok.redirect", status=status, location=self._answer.location)
        else:
            self._message = message("probe.ok", status=status)


def _unaskable(target: ProbeTarget) -> Message | None:
    hostname = target.hostname
    if hostname and not addresses.literal(hostname) and not addresses.is_hostname(hostname):
        return message("probe.invalid.hostname")
    if not addresses.literal(target.address) and not addresses.is_hostname(target.address):
        return message("probe.invalid.address")
    if not 0 < target.port < 65536:
        return message("probe.invalid.port", port=target.port)
    return None if _PATH.fullmatch(target.path) else message("probe.invalid.path")


def _excluded(target: ProbeTarget, clock: Clock, name: str, why: Message) -> ProbeResult:
    return _result(target, clock, "excluded", message("probe.excluded", name=name, why=why))


def _result(target: ProbeTarget, clock: Clock, outcome: Outcome, said: Message) -> ProbeResult:
    return ProbeResult(target, rfc3339(clock()), outcome, said)


def _sni(target: ProbeTarget) -> str:
    # RFC 6066 section 3: an address is no server name; to asyncio an empty one means none is sent
    return "" if addresses.literal(target.hostname) else target.hostname


def _host(address: str) -> str:
    return f"[{address}]" if isinstance(ip_address(address), IPv6Address) else address


def _words(error: Exception) -> str:
    """The shortest name that tools and search engines know the failure by; never what the peer wrote."""
    if isinstance(error, ssl.SSLError):
        return str(error.reason or type(error).__name__)
    return str(getattr(error, "strerror", None) or type(error).__name__)[:200]

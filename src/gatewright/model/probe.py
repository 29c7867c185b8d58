"""What a probe of a Gateway is asked, and what it found. Filled by ``observe.probes``, judged by health."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from gatewright.model.addresses import canonical, ip
from gatewright.model.moments import rfc3339
from gatewright.model.objects import ObjectRef
from gatewright.text import Message

Protocol = Literal["HTTP", "HTTPS", "TLS"]
Outcome = Literal[
    "ok",
    "http",
    "protocol",
    "tls",
    "refused",
    "unreachable",
    "closed",
    "timeout",
    "dns",
    "excluded",
    "invalid",
]
"""``ok``: an HTTP status below 500, or a finished handshake. ``http``: a status of 500 and above. ``protocol``: an
answer that is no HTTP. ``tls``: no handshake. ``closed``: the connection ended without an answer. ``dns``: the
Gateway's address is a name that does not resolve. ``excluded``: no request was made, because of the address.
``invalid``: no request was made, because the target cannot be asked for (hostname, path or port)."""


class ProbeTarget(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to ask: a listener of a Gateway at one of its addresses, by one hostname.

    ``address``: IP address or DNS name, from ``Gateway.status.addresses``. ``hostname``: SNI and ``Host``; empty: none
    is sent as SNI, and ``Host`` is the address. ``path`` matters to HTTP and HTTPS only.
    """

    cluster: str
    gateway: ObjectRef
    listener: str
    protocol: Protocol
    address: str
    port: int
    hostname: str = ""
    path: str = "/"


class CertificateFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """A leaf certificate. Moments are RFC 3339, UTC. ``names``: DNS names (lower case) and IP addresses of the SAN.
    ``digest``: SHA-256 of the DER, hex."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: str
    not_after: str
    digest: str
    self_signed: bool = False


class ProbeResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one probe. A bad certificate is a fact here and never an outcome of its own.

    ``at``: when it began, RFC 3339, UTC. ``latency_ms``: from the start of the connection to the answer's headers, or
    to the end of the handshake. ``connected``: the IP address that was spoken to. ``location``: where a redirect
    points; it is never followed. ``trusted``: whether the chain leads to an authority of this machine (None: no
    certificate was seen); ``distrust`` says why not, in OpenSSL's words. ``covered``: whether the certificate is for
    the target's hostname. ``answered_by``: the clusters whose Gateways the hostname's DNS record points to.
    """

    target: ProbeTarget
    at: str
    outcome: Outcome
    message: Message
    status: int | None = None
    latency_ms: float | None = None
    connected: str = ""
    location: str = ""
    certificate: CertificateFacts | None = None
    trusted: bool | None = None
    distrust: str = ""
    covered: bool | None = None
    resolved: tuple[str, ...] = ()
    answered_by: tuple[str, ...] = ()


class ProbeRun(msgspec.Struct, frozen=True):
    """Probes that somebody asked for. ``missing``: how many were not made in time, or are beyond a cluster's limit."""

    results: tuple[ProbeResult, ...]
    missing: int = 0


def fails(result: ProbeResult, now: datetime) -> bool:
    """Whether a client would be turned away: no answer, a status of 500 and above, a certificate that is for another
    name or out of its time. Distrust is none: clients may trust whom this machine does not."""
    if result.outcome not in ("ok", "excluded", "invalid"):
        return True
    certificate = result.certificate
    if certificate is None:
        return False
    moment = rfc3339(now)
    wrong = result.covered is False and bool(result.target.hostname)
    return wrong or not certificate.not_before <= moment < certificate.not_after


def covers(facts: CertificateFacts, hostname: str) -> bool:
    """Whether the certificate is for ``hostname`` (RFC 6125 section 6.4, RFC 9525 section 6.3).

    A wildcard stands for exactly the leftmost label, whole; never directly below a top-level domain. The subject's
    common name does not count. A wildcard ``hostname`` (of a listener) is covered by the same wildcard only.
    """
    wanted = hostname.lower().removesuffix(".")
    if not wanted:
        return False
    if address := ip(wanted):
        return any(ip(name) == address for name in facts.names)
    return any(_matches(name.lower().removesuffix("."), wanted) for name in facts.names)


def clusters_at(resolved: Iterable[str], owners: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The clusters that own any of the ``resolved`` addresses, sorted. ``owners``: clusters by IP address."""
    known = {canonical(address): clusters for address, clusters in owners.items()}
    return tuple(sorted({cluster for address in resolved for cluster in known.get(canonical(address), ())}))


def _matches(name: str, wanted: str) -> bool:
    if name == wanted:
        return True
    star, _, parent = name.partition(".")
    first, _, rest = wanted.partition(".")
    return star == "*" and "." in parent and first not in ("", "*") and rest == parent

"""Which addresses a probe may connect to. Pure.

A Gateway's address is written by a controller in a cluster that may be hostile, and Gatewright runs where cloud
metadata services and neighbours answer. So an address is judged before every connection, and an IPv6 address that
carries an IPv4 address is judged by both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final, TypeAlias

import msgspec

from gatewright.model.addresses import IPAddress, ip
from gatewright.observe.probes.errors import ExclusionError
from gatewright.text import Message, message

IPNetwork: TypeAlias = IPv4Network | IPv6Network

_NEVER_V4: Final = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("169.254.0.0/16", "probe.why.link-local"),
        ("100.100.100.200/32", "probe.why.metadata"),
        ("168.63.129.16/32", "probe.why.metadata"),
        ("192.0.0.0/24", "probe.why.reserved"),
        ("192.88.99.0/24", "probe.why.reserved"),
        ("0.0.0.0/8", "probe.why.reserved"),
        ("224.0.0.0/4", "probe.why.multicast"),
        ("240.0.0.0/4", "probe.why.reserved"),
    )
)
_NEVER_V6: Final = tuple(
    (IPv6Network(network), reason)
    for network, reason in (
        ("fe80::/10", "probe.why.link-local"),
        ("ff00::/8", "probe.why.multicast"),
        ("fd00:ec2::/32", "probe.why.metadata"),
        ("fd20:ce::254/128", "probe.why.metadata"),
        ("fd00:42::42/128", "probe.why.metadata"),
    )
)
# Everything else of IPv6 is unassigned, reserved, or carries an IPv4 address.
_UNICAST_V6: Final = (IPv6Network("2000::/3"), IPv6Network("fc00::/7"))
_LOOPBACK_V4: Final = IPv4Network("127.0.0.0/8")
_LOOPBACK_V6: Final = IPv6Address("::1")
_LAST_32_BITS: Final = tuple(
    IPv6Network(network) for network in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")
)
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
_TEREDO: Final = IPv6Network("2001::/32")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


class Exclusions(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the user excludes. ``suffixes``: of hostnames and DNS addresses, lower case, without a leading dot."""

    networks: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()


class AddressPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """What may be connected to. ``loopback``: whether 127.0.0.0/8 and ::1 are (the lab's Gateways are there).
    ``own``: host and port that Gatewright itself listens on; an unspecified host means every loopback address."""

    loopback: bool = False
    exclusions: Exclusions = Exclusions()
    own: tuple[tuple[str, int], ...] = ()


def exclusions(text: str) -> Exclusions:
    """From a comma list such as ``10.0.0.0/8, 192.0.2.7, internal.example``. Raises ``ExclusionError``."""
    networks: list[str] = []
    suffixes: list[str] = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        if (network := _network(entry)) is not None:
            networks.append(str(network))
        elif is_hostname(suffix := entry.lower().removeprefix("*").removeprefix(".").removesuffix(".")):
            suffixes.append(suffix)
        else:
            raise ExclusionError(entry=entry[:200])
    return Exclusions(tuple(networks), tuple(suffixes))


def refused_name(name: str, policy: AddressPolicy) -> Message | None:
    """Why nothing of this hostname or DNS name may be probed; None: it may."""
    lower = name.lower().removesuffix(".")
    for suffix in policy.exclusions.suffixes:
        if lower == suffix or lower.endswith(f".{suffix}"):
            return message("probe.why.user", entry=suffix)
    return None


def refused(address: str, port: int, policy: AddressPolicy) -> Message | None:
    """Why this IP address may not be connected to; None: it may. An address that cannot be read is refused."""
    parsed = ip(address)
    if parsed is None:
        return message("probe.why.unreadable")
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        return message("probe.why.link-local")
    faces = tuple(_faces(parsed))
    own = _own(faces, port, policy)
    return own or next((why for face in faces if (why := _refused(face, faces, policy)) is not None), None)


def is_hostname(text: str) -> bool:
    """Whether this is a DNS name in the letters that go into a request: ASCII labels, at most 253 characters."""
    lower = text.lower()
    return 0 < len(lower) <= 253 and all(_LABEL.fullmatch(label) for label in lower.split("."))


def literal(text: str) -> str | None:
    """The IP address in its usual spelling, None where ``text`` is no IP address."""
    address = ip(text)
    return None if address is None else str(address)


def _faces(address: IPAddress) -> Iterator[IPAddress]:
    """The address, and every IPv4 address that packets to it may reach in the end."""
    yield address
    if isinstance(address, IPv4Address):
        return
    number = int(address)
    if any(address in network for network in _LAST_32_BITS) and address != _LOOPBACK_V6:
        yield IPv4Address(number & 0xFFFFFFFF)
    elif address in _SIX_TO_FOUR:
        yield IPv4Address(number >> 80 & 0xFFFFFFFF)
    elif address in _TEREDO:
        yield IPv4Address(number >> 64 & 0xFFFFFFFF)
        yield IPv4Address(~number & 0xFFFFFFFF)
    elif number >> 32 & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(number & 0xFFFFFFFF)


def _refused(face: IPAddress, faces: tuple[IPAddress, ...], policy: AddressPolicy) -> Message | None:
    if reason := _never(face, carries=len(faces) > 1 and face is faces[0]):
        return message(reason)
    if _is_loopback(face) and not policy.loopback:
        return message("probe.why.loopback")
    for entry in policy.exclusions.networks:
        network = ip_network(entry)
        if network.version == face.version and face in network:
            return message("probe.why.user", entry=entry)
    return None


def _never(face: IPAddress, *, carries: bool) -> str | None:
    if isinstance(face, IPv4Address):
        return _first(face, _NEVER_V4)
    if reason := _first(face, _NEVER_V6):
        return reason
    if carries or face == _LOOPBACK_V6 or any(face in network for network in _UNICAST_V6):
        return None
    return "probe.why.reserved"


def _first(face: IPAddress, table: Iterable[tuple[IPNetwork, str]]) -> str | None:
    return next((reason for network, reason in table if face in network), None)


def _is_loopback(face: IPAddress) -> bool:
    return face in _LOOPBACK_V4 if isinstance(face, IPv4Address) else face == _LOOPBACK_V6


def _own(faces: tuple[IPAddress, ...], port: int, policy: AddressPolicy) -> Message | None:
    for host, listening in policy.own:
        if port != listening:
            continue
        address = ip(host)
        near = host == "localhost" or (address is not None and _is_everywhere(address))
        if any(_is_loopback(face) if near else face == address for face in faces):
            return message("probe.why.own")
    return None


def _is_everywhere(address: IPAddress) -> bool:
    return address.is_unspecified or _is_loopback(address)


def _network(text: str) -> IPNetwork | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None

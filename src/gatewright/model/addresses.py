"""IP addresses as people, clusters and sockets write them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias

IPAddress: TypeAlias = IPv4Address | IPv6Address


def ip(text: str) -> IPAddress | None:
    """None where ``text`` is no IP address: a name, for example."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def canonical(text: str) -> str:
    """The one spelling of an IP address, an IPv4-mapped one as IPv4; any other text as it is."""
    address = ip(text)
    return str(getattr(address, "ipv4_mapped", None) or address or text)


def is_this_machine(host: str) -> bool:
    """Whether a host is reached without leaving this machine: ``localhost``, or a loopback address."""
    address = ip(host)
    return host == "localhost" if address is None else address.is_loopback

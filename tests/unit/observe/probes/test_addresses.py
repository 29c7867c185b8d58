"""No spelling of an address leads a probe where it must not go."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.observe.probes.addresses import (
    AddressPolicy,
    Exclusions,
    exclusions,
    is_hostname,
    refused,
    refused_name,
)
from gatewright.observe.probes.errors import ExclusionError

OPEN = AddressPolicy(loopback=True)
METADATA = ("169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "169.254.170.2")
FORBIDDEN = (
    *METADATA,
    *("169.254.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("fe80::1", "fe80::a9fe:a9fe", "febf::1", "fe80::1%eth0", "ff02::1", "::", "fec0::1", "100::1", "4000::1"),
    *(
        "fd00:ec2::254",
        "fd20:ce::254",
        "fd00:42::42",
        "64:ff9b:1::a9fe:a9fe",
        "169.254.169.254 ",
        "0x7f.1",
        "localhost",
    ),
)


def carried(address: str) -> list[str]:
    """An IPv4 address in every IPv6 form that may lead to it."""
    number = int(IPv4Address(address))
    teredo = 0x20010000 << 96
    return [
        str(IPv6Address(value))
        for value in (
            number,
            0xFFFF << 32 | number,
            0xFFFF << 48 | number,
            0x0064FF9B << 96 | number,
            0x2002 << 112 | number << 80 | 1,
            teredo | number << 64 | 0xF5FFFFFE,
            teredo | 0x08080808 << 64 | (~number & 0xFFFFFFFF),
            0x20010DB8 << 96 | 0x00005EFE << 32 | number,
            0xFD000001 << 96 | 0x02005EFE << 32 | number,
        )
    ]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_never(address: str) -> None:
    assert refused(address, 80, OPEN) is not None


@pytest.mark.parametrize("address", METADATA)
def test_never_in_disguise(address: str) -> None:
    assert [form for form in carried(address) if refused(form, 80, OPEN) is None] == []


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "172.16.3.4", "192.168.1.1", "100.64.0.1", "8.8.8.8", "2606:4700::1111"]
)
def test_what_gateways_have_is_allowed(address: str) -> None:
    assert refused(address, 443, AddressPolicy()) is None


def test_a_private_address_is_allowed_in_its_ipv6_forms() -> None:
    assert [form for form in carried("10.0.0.1") if refused(form, 80, AddressPolicy()) is not None] == []
    assert refused("fd12:3456::1", 80, AddressPolicy()) is None


@pytest.mark.parametrize("address", ["127.0.0.1", "127.80.3.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
def test_this_machine_only_where_it_is_allowed(address: str) -> None:
    assert refused(address, 80, AddressPolicy()) is not None
    assert refused(address, 80, OPEN) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::", "::1", "localhost"])
def test_never_ourselves(host: str) -> None:
    own = AddressPolicy(loopback=True, own=((host, 8770),))
    assert [a for a in ("127.0.0.1", "127.0.0.9", "::1", "::ffff:127.0.0.1") if refused(a, 8770, own) is None] == []
    assert refused("127.0.0.1", 8771, own) is None
    assert refused("10.0.0.1", 8770, own) is None
    named = AddressPolicy(own=(("10.0.0.1", 8770),))
    assert refused("10.0.0.1", 8770, named) is not None
    assert refused("::ffff:10.0.0.1", 8770, named) is not None


def test_what_the_user_excludes() -> None:
    policy = AddressPolicy(exclusions=exclusions("10.0.0.0/8, 2001:db8::/32,192.0.2.7,, *.Internal.example ,corp"))
    for address in ("10.1.2.3", "2001:db8::1", "192.0.2.7", "::ffff:10.1.2.3", "64:ff9b::a01:203"):
        why = refused(address, 80, policy)
        assert why is not None
        assert "GATEWRIGHT_PROBE_EXCLUDE" in why.render("zh")
    assert refused("11.0.0.1", 80, policy) is None
    for name in ("internal.example", "a.b.INTERNAL.example.", "x.corp"):
        assert refused_name(name, policy) is not None
    assert refused_name("xinternal.example", policy) is None
    assert exclusions("") == Exclusions()


@pytest.mark.parametrize("text", ["10.0.0.0/33", "a b", "shop..example", "-x.example", "http://x", "10.0.0.0/8;x"])
def test_an_exclusion_that_cannot_be_meant(text: str) -> None:
    with pytest.raises(ExclusionError):
        exclusions(f"10.0.0.0/8,{text}")


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_form(address: IPv4Address) -> None:
    for form in carried(str(address)):
        if form not in ("::1", "::"):
            assert (refused(str(address), 80, OPEN) is None) == (refused(form, 80, OPEN) is None), form


@given(st.ip_addresses())
def test_nothing_special_gets_through(address: IPv4Address | IPv6Address) -> None:
    if refused(str(address), 80, AddressPolicy()) is None:
        assert not address.is_link_local
        assert not address.is_multicast
        assert not address.is_unspecified
        assert not address.is_loopback
        assert address not in ipaddress.ip_network("169.254.0.0/16")


@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    assert refused(text, 80, OPEN) is not None or ipaddress.ip_address(text)
    assert isinstance(is_hostname(text), bool)


def test_hostnames() -> None:
    assert all(is_hostname(name) for name in ("a", "shop.example", "_x.example", "xn--bcher-kva.example", "A.B"))
    bad = ("", ".", "a.", "*.a", "a..b", "a b", "a\r\nb", "ä.example", "-a", "a-", "a" * 64, ".".join(["a" * 60] * 5))
    assert [name for name in bad if is_hostname(name)] == []

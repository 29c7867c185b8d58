"""IP addresses as text: what is one, its one spelling, and which hosts are this machine."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.addresses import canonical, ip, is_this_machine


@given(st.ip_addresses())
def test_every_address_is_read_back(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert ip(str(address)) == address


@pytest.mark.parametrize("text", ["", "localhost", "192.0.2", "192.0.2.07", "[::1]", "::1/128", "192.0.2.7:80"])
def test_what_is_no_address_is_none_and_keeps_its_spelling(text: str) -> None:
    assert ip(text) is None
    assert canonical(text) == text


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ],
)
def test_an_address_has_one_spelling(text: str, one: str) -> None:
    assert canonical(text) == one


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("192.0.2.7", False),
        ("0.0.0.0", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_this_machine(host: str, here: bool) -> None:
    assert is_this_machine(host) is here

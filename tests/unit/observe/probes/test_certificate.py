"""Facts of certificates, and which hostnames they are for."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from probing import made

from gatewright.model.probe import CertificateFacts, clusters_at, covers
from gatewright.observe.probes.certificate import parse_der, parse_pem
from gatewright.observe.probes.errors import CertificateError


def facts(*names: str) -> CertificateFacts:
    return CertificateFacts("CN=x", "CN=y", names, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "0" * 64)


def test_the_facts_of_a_certificate() -> None:
    pem, _ = made("Shop.example", "*.shop.example", "10.0.0.1")
    found = parse_pem(pem)
    assert (found.subject, found.issuer, found.self_signed) == ("CN=a shop", "CN=a shop", True)
    assert found.names == ("shop.example", "*.shop.example", "10.0.0.1")
    assert found.not_before < "2999" < "3" + found.not_after
    assert found.not_before.endswith("Z")
    assert len(found.digest) == 64
    assert msgspec.json.decode(msgspec.json.encode(found), type=CertificateFacts) == found


def test_a_chain_and_what_stands_around_it() -> None:
    leaf, key = made("shop.example", issuer="somebody")
    other, _ = made("other.example")
    found = parse_pem(b"subject=x\n" + key + leaf.replace(b"\n", b"\r\n") + other + b"trailing")
    assert found.names == ("shop.example",)
    assert (found.issuer, found.self_signed) == ("CN=somebody", False)


def test_the_same_name_is_not_the_same_key() -> None:
    pem, _ = made("shop.example", issuer="a shop")
    assert parse_pem(pem).self_signed is False


def test_no_names() -> None:
    pem, _ = made()
    assert parse_pem(pem).names == ()
    assert not covers(parse_pem(pem), "a shop")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        b"-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----",
        b"-----BEGIN CERTIFICATE-----\nQUJ\n-----END CERTIFICATE-----",
        b"-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----",
        b"\xff" * 1000,
        b" " * 300_000 + made("late.example")[0],
    ],
)
def test_garbage(content: bytes) -> None:
    with pytest.raises(CertificateError) as raised:
        parse_pem(content)
    assert raised.value.report.message("zh")


DER = base64.b64decode(b"".join(made("shop.example", "*.shop.example")[0].splitlines()[1:-1]))


@given(st.integers(0, len(DER) - 1), st.integers(1, 255))
def test_a_damaged_certificate_is_facts_or_our_error(position: int, change: int) -> None:
    damaged = bytearray(DER)
    damaged[position] ^= change
    try:
        assert parse_der(bytes(damaged)).digest
    except CertificateError:
        return


@pytest.mark.parametrize(
    ("name", "hostname", "holds"),
    [
        ("shop.example", "shop.example", True),
        ("shop.example", "SHOP.example.", True),
        ("shop.example", "a.shop.example", False),
        ("*.shop.example", "a.shop.example", True),
        ("*.shop.example", "a.b.shop.example", False),
        ("*.shop.example", "shop.example", False),
        ("*.shop.example", ".shop.example", False),
        ("*.shop.example", "*.shop.example", True),
        ("*.shop.example", "*.a.shop.example", False),
        ("a.shop.example", "*.shop.example", False),
        ("*.example", "shop.example", False),
        ("*", "example", False),
        ("a*.shop.example", "ab.shop.example", False),
        ("*.*.example", "a.b.example", False),
        ("10.0.0.1", "10.0.0.1", True),
        ("*.0.0.1", "10.0.0.1", False),
        ("::1", "0:0:0:0:0:0:0:1", True),
        ("shop.example", "", False),
    ],
)
def test_which_hostname_a_certificate_is_for(name: str, hostname: str, holds: bool) -> None:
    assert covers(facts("other.example", name), hostname) is holds


def test_who_answers_for_a_hostname() -> None:
    owners = {"10.0.0.1": {"beijing", "shanghai"}, "2001:db8::1": {"paris"}}
    assert clusters_at(("10.0.0.1", "::ffff:10.0.0.1"), owners) == ("beijing", "shanghai")
    assert clusters_at(("2001:DB8:0::1",), owners) == ("paris",)
    assert clusters_at(("10.0.0.2",), owners) == ()

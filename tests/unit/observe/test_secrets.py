"""Secrets as facts: what is told of every kind of content, and that nothing of a key is in it."""

from __future__ import annotations

import base64

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from probing import made

from gatewright.gatewayapi.metadata import Meta
from gatewright.observe.secrets import RawSecret, facts_of

CERTIFICATE, KEY = made("shop.test", "*.shop.test")
OTHER, _ = made("other.test")


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def raw(certificate: bytes | None = CERTIFICATE, key: bytes | None = KEY, kind: str = "kubernetes.io/tls") -> RawSecret:
    given_ = {"tls.crt": certificate, "tls.key": key}
    data = {name: encoded(content) for name, content in given_.items() if content is not None}
    return RawSecret(Meta("shop-tls", "shop"), kind, data)


def test_a_pair_that_fits() -> None:
    found = facts_of(raw())
    assert found.problem == ""
    assert found.certificate is not None
    assert found.certificate.names == ("shop.test", "*.shop.test")


def encrypted() -> bytes:
    key = serialization.load_pem_private_key(KEY, None)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    return key.private_bytes(*form, serialization.BestAvailableEncryption(b"a password"))


def another_kind_of_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form)


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        (raw(kind="Opaque"), "type"),
        (raw(certificate=None), "no-certificate"),
        (raw(certificate=b""), "no-certificate"),
        (raw(certificate=KEY), "unparsable"),
        (raw(certificate=b"\x00\xff"), "unparsable"),
        (raw(key=None), "no-key"),
        (raw(key=b"nothing"), "key-mismatch"),
        (raw(key=CERTIFICATE), "key-mismatch"),
        (raw(key=encrypted()), "key-mismatch"),
        (raw(key=another_kind_of_key()), "key-mismatch"),
        (raw(certificate=OTHER), "key-mismatch"),
        (RawSecret(Meta("shop-tls", "shop"), "kubernetes.io/tls", None), "no-certificate"),
        (RawSecret(Meta("s"), "kubernetes.io/tls", {"tls.crt": "not base64", "tls.key": "%"}), "no-certificate"),
    ],
)
def test_what_cannot_serve_is_named(secret: RawSecret, problem: str) -> None:
    assert facts_of(secret).problem == problem


def test_a_chain_is_judged_by_its_first_certificate() -> None:
    found = facts_of(raw(certificate=CERTIFICATE + OTHER))
    assert (found.problem, found.certificate) == ("", facts_of(raw()).certificate)


@pytest.mark.parametrize(
    "secret", [raw(), raw(certificate=CERTIFICATE + KEY), raw(certificate=KEY), raw(kind="Opaque")]
)
def test_nothing_of_the_key_is_kept(secret: RawSecret) -> None:
    """Even one that was put where the certificate belongs, or in an annotation (``kubectl apply`` puts it there)."""
    body = {
        "metadata": {
            "name": "shop-tls",
            "namespace": "shop",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": encoded(KEY)},
        },
        "type": secret.type,
        "data": secret.data,
    }
    read = msgspec.json.decode(msgspec.json.encode(body), type=RawSecret)
    kept = msgspec.msgpack.encode(facts_of(read)) + repr(facts_of(read)).encode() + repr(read).encode()
    lines = [line for line in KEY.splitlines() if b"-----" not in line]
    private = base64.b64decode(b"".join(lines))
    written = encoded(KEY).encode()
    assert not [line for line in lines if line[:16] in kept]
    assert not [start for start in range(36, len(private) - 12, 6) if private[start : start + 12] in kept]
    assert not [start for start in range(0, len(written) - 24, 8) if written[start : start + 24] in kept]


@given(st.dictionaries(st.sampled_from(["tls.crt", "tls.key", "ca.crt"]), st.binary(max_size=80)))
def test_whatever_a_secret_holds_it_is_told(data: dict[str, bytes]) -> None:
    found = facts_of(
        RawSecret(Meta("s", "n"), "kubernetes.io/tls", {name: encoded(value) for name, value in data.items()})
    )
    assert found.certificate is None
    assert found.problem in ("no-certificate", "unparsable")

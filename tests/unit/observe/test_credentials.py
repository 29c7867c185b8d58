"""What a credential says of itself: kind, account and end; and never itself."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from probing import made

from gatewright.kube.connection import Connection, ExecPlugin
from gatewright.model.installation import CredentialFacts
from gatewright.observe.credentials import facts_of

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STORED = "2026-11-01T00:00:00.000000Z"
SUBJECT = "system:serviceaccount:gatewright:gatewright"


def token(**claims: Any) -> str:
    parts = ({"alg": "RS256"}, claims)
    encoded = [base64.urlsafe_b64encode(msgspec.json.encode(part)).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "signature"])


def facts(**connection: Any) -> CredentialFacts:
    return facts_of(Connection("https://10.0.0.1:6443", **connection), STORED, NOW)


def seconds(**after: float) -> int:
    return int((NOW + timedelta(**after)).timestamp())


@pytest.mark.parametrize(
    ("end", "state"),
    [
        ({"days": 15}, "valid"),
        ({"days": 14}, "expiring"),
        ({"seconds": 1}, "expiring"),
        ({"seconds": 0}, "expired"),
        ({"days": -1}, "expired"),
    ],
)
def test_a_token_tells_its_account_and_its_end(end: dict[str, float], state: str) -> None:
    found = facts(token=token(sub=SUBJECT, iat=seconds(days=-1), exp=seconds(**end)))
    assert (found.kind, found.state, found.subject, found.stored_at) == ("token", state, SUBJECT, STORED)
    assert found.issued_at == "2026-11-21T12:00:00Z"


def test_a_token_without_an_end_has_none() -> None:
    found = facts(token=token(sub=SUBJECT))
    assert (found.state, found.expires_at) == ("unlimited", "")


@pytest.mark.parametrize("strange", ["opaque", "a.b.c", "a..c", "é.é.é", token(exp="soon"), token(exp=1e300), "...."])
def test_a_token_that_says_nothing_is_no_trouble(strange: str) -> None:
    found = facts(token=strange)
    assert (found.kind, found.expires_at) == ("token", "")


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_token_is_told(head: str, body: str) -> None:
    secret = f"{head}.{body}.s3cr3t-part"
    assert "s3cr3t-part" not in str(facts(token=secret))


def test_other_kinds_are_told_apart() -> None:
    plugin = facts(exec=ExecPlugin("aws", "v1"))
    assert (plugin.kind, plugin.state) == ("plugin", "unknown")
    assert facts(token_file="/t").kind == "plugin"
    assert (facts(username="ann", password="pw").kind, facts(username="ann").subject) == ("password", "ann")
    assert facts().kind == "none"
    assert facts(insecure_skip_tls_verify=True).insecure
    assert facts_of(None, "", NOW) == CredentialFacts("none", "unknown")


def test_a_certificate_tells_its_name_and_its_end() -> None:
    assert facts(client_certificate_data="not PEM").state == "unknown"
    certificate, _ = made("10.0.0.1")
    found = facts(client_certificate_data=certificate.decode())
    assert (found.kind, found.subject) == ("certificate", "a shop")
    assert found.expires_at > found.issued_at

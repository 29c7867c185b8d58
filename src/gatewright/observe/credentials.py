"""What a cluster's credential says of itself, without showing it: its kind, whom it is for, and until when.

A token of Kubernetes is a JSON Web Token (RFC 7519) whose claims are read and not verified: they are shown to people,
and decide nothing. A client certificate is X.509.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from cryptography import x509
from cryptography.x509.oid import NameOID

from gatewright.kube.connection import Connection
from gatewright.model.installation import CredentialFacts, CredentialKind, CredentialState
from gatewright.model.moments import rfc3339

EXPIRING: Final = timedelta(days=14)
"""How long before its end a credential is told to be about to expire."""


class _Claims(msgspec.Struct, frozen=True):
    """The registered claims of a token. ``exp`` and ``iat``: seconds since 1970."""

    sub: str = ""
    exp: float | None = None
    iat: float | None = None


def facts_of(connection: Connection | None, stored_at: str, now: datetime) -> CredentialFacts:
    """What may be told of a credential; None: there is none that this installation can open."""
    if connection is None:
        return CredentialFacts("none", "unknown", stored_at=stored_at)
    insecure = connection.insecure_skip_tls_verify
    kind: CredentialKind = "none"
    state: CredentialState = "unknown"
    subject, issued, expires = "", None, None
    if connection.token:
        kind = "token"
        claims = _claims(connection.token)
        if claims is not None:
            subject, issued, expires = claims.sub, _moment(claims.iat), _moment(claims.exp)
            state = "unlimited" if claims.exp is None else "unknown"
    elif connection.client_certificate_data:
        kind = "certificate"
        found = _certificate(connection.client_certificate_data)
        if found is not None:
            subject, issued, expires = _name(found), found.not_valid_before_utc, found.not_valid_after_utc
    elif connection.exec is not None or connection.token_file:
        kind = "plugin"
    elif connection.username:
        kind, subject = "password", connection.username
    if expires is not None:
        state = "expired" if expires <= now else "expiring" if expires - now <= EXPIRING else "valid"
    return CredentialFacts(kind, state, subject[:200], stored_at, _text(issued), _text(expires), insecure)


def _claims(token: str) -> _Claims | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)), type=_Claims)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None


def _certificate(pem: str) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return None


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _moment(seconds: float | None) -> datetime | None:
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _text(moment: datetime | None) -> str:
    return "" if moment is None else rfc3339(moment)

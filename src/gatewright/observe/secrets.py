"""A TLS Secret as facts: the certificate is parsed, whether the key fits is checked, and the key is let go of."""

from __future__ import annotations

import base64
import binascii

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from gatewright.gatewayapi.metadata import Meta, Shape
from gatewright.gatewayapi.surroundings import Secret
from gatewright.observe.probes.certificate import parse_pem
from gatewright.observe.probes.errors import CertificateError


class RawSecret(Shape, frozen=True):
    """A Secret as it comes; lives only until ``facts_of``. ``repr`` shows nothing of it."""

    metadata: Meta
    type: str = ""
    data: dict[str, str] | None = None

    def __repr__(self) -> str:
        return f"RawSecret({self.metadata.namespace}/{self.metadata.name})"


def facts_of(raw: RawSecret) -> Secret:
    """What can be told of the Secret without its key."""
    if raw.type != "kubernetes.io/tls":
        return Secret(raw.metadata, raw.type, None, "type")
    certificate, key = _decoded(raw, "tls.crt"), _decoded(raw, "tls.key")
    if not certificate:
        return Secret(raw.metadata, raw.type, None, "no-certificate")
    try:
        facts = parse_pem(certificate)
    except CertificateError:
        return Secret(raw.metadata, raw.type, None, "unparsable")
    return Secret(raw.metadata, raw.type, facts, _key_problem(certificate, key))


def _decoded(raw: RawSecret, field: str) -> bytes:
    try:
        return base64.b64decode((raw.data or {}).get(field, ""), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _key_problem(certificate: bytes, key: bytes) -> str:
    if not key:
        return "no-key"
    try:
        private = load_pem_private_key(key, None)
        public = x509.load_pem_x509_certificate(certificate).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "key-mismatch"
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "" if private.public_key().public_bytes(*form) == public.public_bytes(*form) else "key-mismatch"

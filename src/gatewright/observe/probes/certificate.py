"""Facts of an X.509 certificate, from a handshake or from a TLS Secret. Only the leaf is read, never a key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import warnings
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from gatewright.model.probe import CertificateFacts
from gatewright.observe.probes.errors import CertificateError
from gatewright.text import message

MAX_BYTES: Final = 256 * 1024
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_BLOCK: Final = re.compile(
    rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END (?:X509 |TRUSTED )?CERTIFICATE-----"
)


def parse_pem(content: bytes) -> CertificateFacts:
    """The facts of the first certificate, which a server presents as its own. Anything around it is skipped.

    Raises ``CertificateError``.
    """
    found = _BLOCK.search(content[:MAX_BYTES])
    if found is None:
        raise CertificateError(reason=message("probe.certificate.none"))
    try:
        der = base64.b64decode(b"".join(found[1].split()), validate=True)
    except binascii.Error as error:
        raise CertificateError(reason=str(error)) from None
    return parse_der(der)


def parse_der(content: bytes) -> CertificateFacts:
    """The facts of one certificate. Raises ``CertificateError``, also for a field that cannot be decoded."""
    if len(content) > MAX_BYTES:
        raise CertificateError(reason=message("probe.certificate.large", limit=MAX_BYTES // 1024))
    try:
        # a certificate that breaks a rule is a fact to report, not a warning for the log
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _facts(x509.load_der_x509_certificate(content), content)
    except _UNREADABLE as error:
        raise CertificateError(reason=(str(error).splitlines() or [type(error).__name__])[0][:200]) from None


def _facts(certificate: x509.Certificate, der: bytes) -> CertificateFacts:
    return CertificateFacts(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        names=_names(certificate),
        not_before=_moment(certificate.not_valid_before_utc),
        not_after=_moment(certificate.not_valid_after_utc),
        digest=hashlib.sha256(der).hexdigest(),
        self_signed=certificate.subject == certificate.issuer and _signed_by_itself(certificate),
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension):
        return ()
    hosts = [name.lower() for name in found.get_values_for_type(x509.DNSName)]
    return tuple(dict.fromkeys([*hosts, *(str(ip) for ip in found.get_values_for_type(x509.IPAddress))]))


def _signed_by_itself(certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z" if moment.year > 999 else f"{moment.isoformat()[:19]}Z"

"""The certificates of listeners: there, usable, good for the hostname, and for how long.

Only where the user lets us read Secrets: of what is not seen nothing is said.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final

from gatewright.gatewayapi.health.hostnames import normal
from gatewright.gatewayapi.health.judgement import Judgement
from gatewright.gatewayapi.health.references import Target, certificates
from gatewright.gatewayapi.health.rules import (
    CERTIFICATE_EXPIRED,
    CERTIFICATE_EXPIRES,
    CERTIFICATE_MISSING,
    CERTIFICATE_NAME,
    CERTIFICATE_NOT_YET,
    CERTIFICATE_UNUSABLE,
    GRANT_MISSING,
)
from gatewright.gatewayapi.kinds import NAMESPACE, REFERENCE_GRANT, SECRET, GroupKind
from gatewright.gatewayapi.live import ref_of
from gatewright.gatewayapi.shapes import Listener
from gatewright.gatewayapi.surroundings import Secret as SecretShape
from gatewright.model.health import Severity
from gatewright.model.probe import CertificateFacts, covers

THRESHOLDS: Final[tuple[tuple[int, Severity], ...]] = ((7, "error"), (14, "warning"), (30, "info"))
"""Days before the end, and how severe that is."""


def listener_certificates(judged: Judgement, kind: GroupKind, listener: Listener, index: int, where: str) -> None:
    """Judges what one listener refers to."""
    found: list[tuple[Target, CertificateFacts]] = []
    for target in certificates(listener, judged.meta.namespace, index):
        if not grant(judged, kind, target, where) or target.group_kind != SECRET:
            continue
        certificate = _certificate(judged, target, where)
        if certificate is not None:
            found.append((target, certificate))
            _times(judged, target, certificate, where)
    hostname = normal(listener.hostname)
    if found and hostname != "*" and not any(covers(c, hostname) for _, c in found):
        target, certificate = found[0]
        names = ", ".join(certificate.names[:10]) or "-"
        judged.add(
            CERTIFICATE_NAME,
            where=where,
            evidence=(f"spec.listeners[{index}].hostname: {hostname}", f"{target.path}: {target.name} ({names})"),
            cause=ref_of(SECRET, (target.namespace, target.name)),
            secret=str(target),
            hostname=hostname,
            names=names,
        )


def grant(judged: Judgement, kind: GroupKind, target: Target, where: str) -> bool:
    """Whether the object may refer to ``target``; adds the finding where it may not."""
    allowed = judged.view.permitted(*kind, judged.meta.namespace, target)
    if allowed is None:
        judged.not_seen(REFERENCE_GRANT, where)
    if allowed is not False:
        return True
    judged.add(
        GRANT_MISSING,
        where=where,
        evidence=(f"{target.path}: {target}", f"ReferenceGrants in {target.namespace} for {kind[1]}: none"),
        cause=ref_of(NAMESPACE, ("", target.namespace)),
        target=str(target),
        namespace=target.namespace,
        source=f"{kind[1]} {judged.meta.namespace}",
    )
    return False


def _certificate(judged: Judgement, target: Target, where: str) -> CertificateFacts | None:
    view, key = judged.view, (target.namespace, target.name)
    if not view.snapshot.secrets_granted or not view.readable(SECRET, key):
        return None
    secret: SecretShape | None = view.snapshot.of(SECRET).get(key)
    cause, evidence = ref_of(SECRET, key), (f"{target.path}: {target}",)
    if secret is None:
        judged.add(CERTIFICATE_MISSING, where=where, evidence=evidence, cause=cause, secret=str(target))
    elif secret.problem:
        evidence += (f"{target} type: {secret.type or '-'}", f"{target}: {secret.problem}")
        judged.add(
            CERTIFICATE_UNUSABLE,
            where=where,
            evidence=evidence,
            cause=cause,
            secret=str(target),
            problem=secret.problem,
        )
    return secret.certificate if secret else None


def _times(judged: Judgement, target: Target, certificate: CertificateFacts, where: str) -> None:
    now, start, end = judged.view.now, moment(certificate.not_before), moment(certificate.not_after)
    cause, secret = ref_of(SECRET, (target.namespace, target.name)), str(target)
    if start is not None and now < start:
        evidence = (f"{target} notBefore: {certificate.not_before}",)
        judged.add(
            CERTIFICATE_NOT_YET,
            where=where,
            evidence=evidence,
            cause=cause,
            secret=secret,
            moment=certificate.not_before,
        )
    if end is None:
        return
    evidence = (f"{target} notAfter: {certificate.not_after}", f"{target} names: {', '.join(certificate.names[:10])}")
    if now >= end:
        judged.add(
            CERTIFICATE_EXPIRED,
            where=where,
            evidence=evidence,
            cause=cause,
            secret=secret,
            moment=certificate.not_after,
        )
        return
    left = (end - now).total_seconds() / 86400
    severity: Severity | None = next((s for days, s in THRESHOLDS if left <= days), None)
    if severity:
        judged.add(
            CERTIFICATE_EXPIRES,
            severity,
            where=where,
            evidence=evidence,
            cause=cause,
            secret=secret,
            days=math.ceil(left),
            moment=certificate.not_after,
        )


def days_left(certificate: CertificateFacts, now: datetime) -> tuple[bool, int | None]:
    """Whether it has begun, and the whole days that it still holds: -1 when it is over, None while that is far off. A
    finding about its time changes when this does."""
    start, end = moment(certificate.not_before), moment(certificate.not_after)
    begun = start is None or now >= start
    if end is None:
        return begun, None
    left = (end - now).total_seconds() / 86400
    if left <= 0:
        return begun, -1
    return begun, math.ceil(left) if left <= THRESHOLDS[-1][0] else None


def moment(text: str) -> datetime | None:
    """An RFC 3339 moment; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

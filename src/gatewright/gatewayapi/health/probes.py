"""What probes saw of a Gateway: whether what it claims holds for clients, and the certificates that they are served.

A finding stands at ``LISTENER HOSTNAME``, or at the listener where it is the same for all of its hostnames. What
became of a probe is told only while the Gateway claims to serve; a certificate that was seen, always, unless the Secret
that it comes from has told the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from gatewright.gatewayapi.health.certificates import THRESHOLDS, days_left
from gatewright.gatewayapi.health.judgement import Judgement
from gatewright.gatewayapi.health.rules import (
    CERTIFICATE_EXPIRED,
    CERTIFICATE_EXPIRES,
    CERTIFICATE_MISSING,
    CERTIFICATE_NAME,
    CERTIFICATE_NOT_YET,
    CERTIFICATE_UNUSABLE,
    PROBE_CERTIFICATE_EXPIRED,
    PROBE_CERTIFICATE_EXPIRES,
    PROBE_CERTIFICATE_NAME,
    PROBE_CERTIFICATE_NOT_YET,
    PROBE_PROTOCOL,
    PROBE_REFUSED,
    PROBE_STATUS,
    PROBE_TLS,
    PROBE_UNANSWERED,
    PROBE_UNREACHABLE,
    PROBE_UNTRUSTED,
    Rule,
)
from gatewright.gatewayapi.health.view import FRESH
from gatewright.gatewayapi.kinds import SECRET
from gatewright.gatewayapi.shapes import Gateway
from gatewright.model.health import SEVERITIES, HealthFinding, Severity
from gatewright.model.moments import rfc3339
from gatewright.model.probe import Outcome, ProbeResult, ProbeTarget

_FAILURES: Final[Mapping[Outcome, Rule]] = {
    "http": PROBE_STATUS,
    "protocol": PROBE_PROTOCOL,
    "tls": PROBE_TLS,
    "refused": PROBE_REFUSED,
    "closed": PROBE_UNANSWERED,
    "timeout": PROBE_UNANSWERED,
    "unreachable": PROBE_UNREACHABLE,
    "dns": PROBE_UNREACHABLE,
}
_UNASKED: Final = ("excluded", "invalid")
_GATEWAYS_OWN: Final = frozenset({502, 503, 504})
"""Statuses by which a gateway says that it has nobody to ask; others are the application's."""
_ABSENT: Final = (CERTIFICATE_MISSING, CERTIFICATE_UNUSABLE)
_TOLD_BY_SECRET: Final[Mapping[str, frozenset[str]]] = {
    PROBE_CERTIFICATE_NAME.code: frozenset(r.code for r in (*_ABSENT, CERTIFICATE_NAME)),
    PROBE_UNTRUSTED.code: frozenset(r.code for r in (*_ABSENT, CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET)),
    **dict.fromkeys(
        (r.code for r in (PROBE_CERTIFICATE_EXPIRED, PROBE_CERTIFICATE_NOT_YET, PROBE_CERTIFICATE_EXPIRES)),
        frozenset(r.code for r in (*_ABSENT, CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET, CERTIFICATE_EXPIRES)),
    ),
}
_LISTED: Final = 5


class _Seen(msgspec.Struct, frozen=True):
    """What one result says: by which rule, how bad, with which parameters."""

    rule: Rule
    severity: Severity
    result: ProbeResult
    params: dict[str, str | int]


def told(result: ProbeResult) -> tuple[object, ...]:
    """What health is judged by: where that is equal in two results, so are their findings."""
    certificate = result.certificate.digest if result.certificate else ""
    return (result.outcome, result.status, certificate, result.trusted, result.distrust, result.covered)


def turns(result: ProbeResult, before: datetime, now: datetime) -> bool:
    """Whether a result says something else only because time has passed: it is too old, or its certificate ends."""
    if is_fresh(result, before) != is_fresh(result, now):
        return True
    certificate = result.certificate
    return certificate is not None and days_left(certificate, before) != days_left(certificate, now)


def is_fresh(result: ProbeResult, now: datetime) -> bool:
    """Whether it is young enough to say anything."""
    return result.at >= rfc3339(now - FRESH)


def probes(judged: Judgement, found: Gateway, *, claims: bool, broken: Collection[str]) -> None:
    """Adds what probes say of a Gateway. ``claims``: whether it says that it is programmed; ``broken``: listeners of
    which it says that they do not serve."""
    results = [r for r in judged.view.probes.get(found.metadata.key, ()) if _stands(found, r.target)]
    by_listener: dict[str, list[ProbeResult]] = defaultdict(list)
    for result in results:
        if result.outcome not in _UNASKED:
            by_listener[result.target.listener].append(result)
    judged.parts([entry.name for entry in found.spec.listeners or ()] + list(by_listener))
    for listener, asked in sorted(by_listener.items()):
        judged.places(listener, {_place(r.target) for r in asked})
        seen = [s for r in asked for s in _certificates(judged, r)]
        if claims and listener not in broken:
            seen += _failures(asked)
        _add(judged, listener, asked, seen)


def _stands(found: Gateway, target: ProbeTarget) -> bool:
    """Whether the listener is still as it was asked; one of a ListenerSet has a name with slashes in it."""
    if "/" in target.listener:
        return True
    entries = found.spec.listeners or ()
    return any((e.name, e.port, e.protocol) == (target.listener, target.port, target.protocol) for e in entries)


def _failures(asked: Sequence[ProbeResult]) -> Iterator[_Seen]:
    """Probes that failed. Where another address of the Gateway answers for the hostname, that is a warning."""
    answering = {_place(r.target) for r in asked if r.outcome == "ok"}
    for result in asked:
        rule = _FAILURES.get(result.outcome)
        if rule is None:
            continue
        severity: Severity = rule.severities[0]
        own = result.outcome != "http" or result.status in _GATEWAYS_OWN
        if not own or _place(result.target) in answering:
            severity = "warning"
        params: dict[str, str | int] = {"status": result.status or 0} if rule is PROBE_STATUS else {}
        yield _Seen(rule, severity, result, params)


def _certificates(judged: Judgement, result: ProbeResult) -> Iterator[_Seen]:
    """What is wrong with the certificate that was served."""
    certificate = result.certificate
    if certificate is None:
        return
    begun, left = days_left(certificate, judged.view.now)
    names = ", ".join(certificate.names[:10]) or "-"
    if result.covered is False and result.target.hostname:
        yield _Seen(PROBE_CERTIFICATE_NAME, "error", result, {"names": names})
    if not begun:
        yield _Seen(PROBE_CERTIFICATE_NOT_YET, "error", result, {"moment": certificate.not_before})
    elif left is not None and left < 0:
        yield _Seen(PROBE_CERTIFICATE_EXPIRED, "error", result, {"moment": certificate.not_after})
    elif result.trusted is False:
        yield _Seen(PROBE_UNTRUSTED, "info", result, {"reason": result.distrust or "-"})
    if left is not None and left >= 0:
        near: Severity = next(severity for days, severity in THRESHOLDS if left <= days)
        params: dict[str, str | int] = {"days": left, "moment": certificate.not_after}
        yield _Seen(PROBE_CERTIFICATE_EXPIRES, near, result, params)


def _add(judged: Judgement, listener: str, asked: Sequence[ProbeResult], seen: Iterable[_Seen]) -> None:
    own = {f.code for f in judged.findings if f.where == listener}
    # the Secrets of a ListenerSet are judged with the set
    elsewhere = "/" in listener and judged.view.snapshot.secrets_granted and SECRET not in judged.view.snapshot.unread
    everywhere = {_place(r.target) for r in asked}
    by_code: dict[str, list[_Seen]] = defaultdict(list)
    for entry in seen:
        by_secret = _TOLD_BY_SECRET.get(entry.rule.code)
        if by_secret is None or not (elsewhere or own & by_secret):
            by_code[entry.rule.code].append(entry)
    for _, entries in sorted(by_code.items()):
        places: dict[str, list[_Seen]] = defaultdict(list)
        for entry in entries:
            places[_place(entry.result.target)].append(entry)
        if len(places) > 1 and places.keys() == everywhere:
            _finding(judged, listener, entries)
        else:
            for place, there in sorted(places.items()):
                _finding(judged, place, there)


def _finding(judged: Judgement, where: str, entries: Sequence[_Seen]) -> None:
    """One finding of results that say the same; its parameters are those of the worst."""
    ordered = sorted(entries, key=lambda e: (-SEVERITIES.index(e.severity), e.result.target.hostname, _asked_at(e)))
    hostnames = sorted({e.result.target.hostname or "*" for e in entries})
    listed = ", ".join(hostnames[:_LISTED]) + (f" (+{len(hostnames) - _LISTED})" if len(hostnames) > _LISTED else "")
    target = ordered[0].result.target
    params = {"listener": target.listener, "hostname": listed, "address": _asked_at(ordered[0]), **ordered[0].params}
    evidence = tuple(dict.fromkeys(_evidence(e) for e in ordered))[:10]
    judged.findings.append(
        HealthFinding(ordered[0].rule.code, judged.ref, ordered[0].severity, params, where, evidence)
    )


def _evidence(seen: _Seen) -> str:
    """Without moments and latencies, which differ from probe to probe."""
    result, target = seen.result, seen.result.target
    certificate = result.certificate
    status = f" {result.status}" if result.status else ""
    said = f"probe {target.protocol} {_asked_at(seen)} {target.hostname or '*'}: {result.outcome}{status}"
    if seen.rule.code not in _TOLD_BY_SECRET or certificate is None:
        return said
    names = ", ".join(certificate.names[:10]) or "-"
    return f"{said}, certificate {certificate.digest[:12]} ({names}) notAfter {certificate.not_after}"


def _asked_at(seen: _Seen) -> str:
    target = seen.result.target
    return f"[{target.address}]:{target.port}" if ":" in target.address else f"{target.address}:{target.port}"


def _place(target: ProbeTarget) -> str:
    return f"{target.listener} {target.hostname}" if target.hostname else target.listener

"""Probes as people read them: a row per listener and hostname, the certificates, and what is wrong in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gatewright.cli.output import rows, table
from gatewright.cli.views.moments import age, parsed
from gatewright.model.probe import ProbeResult, fails
from gatewright.observe.pulse import utc_now
from gatewright.text import Language, text

_NAMES: Final = 4


def probes(found: Sequence[ProbeResult], language: Language) -> Iterable[RenderableType]:
    """What each probe came to."""
    if not found:
        yield Text(text("cli.empty.probes", language))
        return
    made = table(language, "cluster", "listener", "hostname", "outcome", "latency", "answered", "seen")
    yield rows(made, [_row(result, language) for result in found])
    if certified := [result for result in found if result.certificate is not None]:
        yield Text()
        made = table(language, "cluster", "hostname", "certificate", "until", "trusted")
        yield rows(made, dict.fromkeys(_certificate(result, language) for result in certified))
    if failing := [result for result in found if result.outcome != "ok"]:
        yield Text()
        for result in failing:
            target = result.target
            where = f"{target.cluster}  {target.gateway}  {target.listener} {target.hostname}".rstrip()
            yield Text(where, style="bold")
            yield Padding(Text(result.message.render(language)), (0, 0, 0, 4))


def _row(result: ProbeResult, language: Language) -> tuple[str | Text, ...]:
    target = result.target
    status = f" {result.status}" if result.status else ""
    style = "red" if fails(result, utc_now()) else "green" if result.outcome == "ok" else "dim"
    latency = "" if result.latency_ms is None else f"{result.latency_ms:.1f} ms"
    return (
        target.cluster,
        f"{target.gateway.namespace}/{target.gateway.name} {target.listener}",
        target.hostname or "*",
        Text(text(f"cli.probe.{result.outcome}", language) + status, style=style),
        latency,
        ", ".join(result.answered_by),
        age(result.at, language),
    )


def _certificate(result: ProbeResult, language: Language) -> tuple[str, ...]:
    certificate = result.certificate
    assert certificate is not None
    more = f" (+{len(certificate.names) - _NAMES})" if len(certificate.names) > _NAMES else ""
    names = ", ".join(certificate.names[:_NAMES]) + more
    end = parsed(certificate.not_after)
    until = certificate.not_after[:10]
    if end is not None and end <= utc_now():
        until = text("cli.probe.expired", language, moment=until)
    if result.covered is False and result.target.hostname:
        names = text("cli.probe.not-covered", language, names=names or "-")
    trusted = text("cli.probe.trusted", language) if result.trusted else result.distrust
    return (result.target.cluster, result.target.hostname or "*", names, until, trusted)

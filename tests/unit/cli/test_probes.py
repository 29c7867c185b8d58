"""``gatewright probes``: rows, certificates and words within 100 columns, in both languages."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import health_worlds as w
import pytest
from msgspec.structs import replace
from rich.cells import cell_len
from rich.console import Console

from gatewright.cli.views import probes as view
from gatewright.model.probe import Outcome, ProbeResult
from gatewright.text import LANGUAGES, Language, message, text

LONG = "a-rather-long-name-of-a-cluster-in-shanghai-01"
OUTCOMES: tuple[Outcome, ...] = (
    "ok", "http", "protocol", "tls", "refused", "unreachable", "closed", "timeout", "dns", "excluded", "invalid",
)  # fmt: skip


def result(outcome: Outcome, **more: Any) -> ProbeResult:
    made = w.probe("https", "a.very.long.hostname.of.a.shop.example.com", outcome, **more)
    told = message("probe.excluded", name="10.0.0.1", why=message("probe.why.loopback"))
    return replace(made, target=replace(made.target, cluster=LONG), message=told, latency_ms=12.345)


def drawn(found: Sequence[ProbeResult], language: Language) -> str:
    file = io.StringIO()
    console = Console(file=file, width=100, highlight=False, markup=False, emoji=False)
    for part in view.probes(found, language):
        console.print(part)
    return file.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_has_a_word_and_fits(language: Language) -> None:
    ended = w.secret(days=-200, names=("b.test", "c.test")).certificate
    found = [result(outcome, certificate=ended, distrust="expired") for outcome in OUTCOMES]
    shown = drawn(found, language)
    assert max(cell_len(line) for line in shown.splitlines()) <= 100, shown
    joined = "".join(shown.split())
    for outcome in OUTCOMES:
        assert "".join(text(f"cli.probe.{outcome}", language).split()) in joined
    assert "12.3ms" in joined
    assert text("cli.probe.not-covered", language, names="").strip(": ：")[:3] in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_to_show_says_why(language: Language) -> None:
    assert text("cli.empty.probes", language)[:20] in drawn([], language)


def test_only_run_is_an_action(run: Callable[..., Any]) -> None:
    ran = run("probes", "walk")
    assert ran.code != 0
    assert "run" in ran.err


def test_an_empty_installation_has_no_probes(run: Callable[..., Any]) -> None:
    assert run("probes", "-o", "json").out.strip() == "[]"
    assert run("probes", "run", "-o", "json").out.strip() == "[]"

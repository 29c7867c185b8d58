"""``gatewright drift``: what a person reads of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from rich.console import Console

from gatewright.cli.views import drift as view
from gatewright.model.drift import Changer, Drift
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import FieldDifference
from gatewright.text import Language, message

AT = "2026-11-22T12:00:00.000000Z"
FOUGHT = Drift(
    "shanghai",
    ObjectRef("apps/v1", "Deployment", "traefik", "edge"),
    "changed",
    "fought",
    AT,
    AT,
    "heal",
    changers=(Changer("kubectl", "kubectl-edit", "Update", AT),),
    differences=(FieldDifference("spec.template.spec.containers[0].image", "traefik:evil", "traefik:v3.7.15"),),
    message=message("drift.changed", object="Deployment edge/traefik", cluster="shanghai", who="kubectl", count=1),
    why=message("drift.fought", object="Deployment edge/traefik", cluster="shanghai", who="kubectl", times=3),
    remedy=message("drift.remedy-fought", cluster="shanghai", who="kubectl"),
)


def drawn(language: Language, *found: Drift) -> str:
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        for part in view.drifts(found, language):
            console.print(part)
    return captured.get()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_fight_shows_who_what_why_and_what_to_do(language: Language) -> None:
    shown = drawn(language, FOUGHT)
    for part in ("shanghai", "Deployment edge/traefik", "kubectl (kubectl-edit)", "traefik:evil", "traefik:v3.7.15"):
        assert part in shown
    assert "gatewright drift resume shanghai" in shown


def test_what_is_over_needs_nothing_done() -> None:
    over = msgspec.structs.replace(FOUGHT, state="healed")
    assert "gatewright drift resume" not in drawn("en", over)


def test_no_drift_is_said(run: Callable[..., Any]) -> None:
    told = run("drift", "list")
    assert (told.code, told.out) == (0, "Nothing differs from what Gatewright wrote.\n")
    assert run("drift", "list", "-o", "json").out == "[]\n"


def test_a_cluster_that_nobody_knows_is_said_to_be_so(run: Callable[..., Any]) -> None:
    for arguments in (("drift", "resume", "nowhere"), ("drift", "list", "--cluster", "nowhere")):
        told = run(*arguments)
        assert told.code == 4
        assert "nowhere" in told.err

"""Conditions of Gateway API objects: a status that is behind never counts, and every requested parent does."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.gatewayapi.conditions import judge, worst


def condition(kind: str, status: str = "True", generation: int = 2, reason: str = "Fine") -> dict[str, Any]:
    return {"type": kind, "status": status, "observedGeneration": generation, "reason": reason}


def gateway(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "Gateway", "metadata": {"generation": 2}, "status": {"conditions": list(conditions)}}


def route(parents: list[dict[str, Any]], reported: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": "HTTPRoute",
        "metadata": {"generation": 2, "namespace": "shop"},
        "spec": {"parentRefs": parents},
        "status": {"parents": reported},
    }


def states(live: dict[str, Any]) -> dict[str, str]:
    return {f"{j.type} {j.where}".strip(): j.state for j in judge(live)}


def test_a_status_that_is_behind_is_stale_whatever_it_says() -> None:
    live = gateway(condition("Accepted", generation=1), condition("Programmed", "False", generation=1))
    assert states(live) == {"Accepted": "stale", "Programmed": "stale"}


@pytest.mark.parametrize(
    ("status", "state"), [("True", "true"), ("False", "false"), ("Unknown", "unknown"), ("?", "unknown")]
)
def test_a_current_status_counts(status: str, state: str) -> None:
    assert states(gateway(condition("Accepted", status), condition("Programmed"))) == {
        "Accepted": state,
        "Programmed": "true",
    }


@pytest.mark.parametrize("status", [{}, {"conditions": None}, {"conditions": []}])
def test_what_no_controller_has_written_is_none(status: dict[str, Any]) -> None:
    assert set(states({**gateway(), "status": status}).values()) == {"none"}


def test_a_route_is_judged_by_the_parents_that_it_requests() -> None:
    one = {"name": "web", "sectionName": "http"}
    other = {"name": "edge", "namespace": "infra"}
    fine = [condition("Accepted"), condition("ResolvedRefs")]
    reported = [{"parentRef": {**one, "kind": "Gateway", "namespace": "shop"}, "conditions": fine}]
    assert states(route([one, other], reported)) == {
        "Accepted Gateway shop/web#http": "true",
        "ResolvedRefs Gateway shop/web#http": "true",
        "Accepted Gateway infra/edge": "none",
        "ResolvedRefs Gateway infra/edge": "none",
    }


def test_the_worst_is_read_first() -> None:
    read_first = worst(
        judge(gateway(condition("Accepted", generation=1), condition("Programmed", "False", reason="Invalid")))
    )
    assert read_first is not None
    assert (read_first.type, read_first.reason) == ("Programmed", "Invalid")
    assert worst(judge({"kind": "ReferenceGrant", "metadata": {}})) is None
    fine = worst(judge(gateway(condition("Accepted"), condition("Programmed"))))
    assert fine is not None
    assert (fine.type, fine.state) == ("Programmed", "true")

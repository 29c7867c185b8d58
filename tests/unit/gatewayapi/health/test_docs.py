"""docs/health.md tells every finding of the registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.gatewayapi.health.rules import ALL, Rule

PAGE = Path(__file__).resolve().parents[4] / "docs" / "health.md"


@pytest.mark.parametrize("rule", ALL, ids=lambda r: r.code)
def test_a_finding_is_on_the_page(rule: Rule) -> None:
    assert f"### {rule.code}\n" in PAGE.read_text(encoding="utf-8")

"""Which block of a page comes from which function, and a page as it should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from gatewright.text import Language
from reference import catalogues, commands, errors, health, manifests, preflight, served

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs"
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

BLOCKS: Final[Mapping[str, Callable[[Language], str]]] = {
    "errors": errors.errors,
    "plan-stops": errors.plan_stops,
    "reasons": errors.reasons,
    "branches": errors.branches,
    "exit-codes": errors.exit_codes,
    "cli": commands.cli,
    "settings": catalogues.settings,
    "manifest-cluster": manifests.fields_of("Cluster"),
    "manifest-team": manifests.fields_of("Team"),
    "manifest-stack": manifests.fields_of("Stack"),
    "manifest-binding": manifests.fields_of("Binding"),
    "manifest-notification": manifests.fields_of("Notification"),
    "preflight": preflight.rules,
    "health": health.findings,
    "metrics-fleet": served.metrics(of_itself=False),
    "metrics-self": served.metrics(of_itself=True),
    "writers": catalogues.writers,
    "bundles": catalogues.bundles,
    "controllers": catalogues.controller_rows,
    "access": catalogues.access,
    "routes": served.routes,
}


def pages() -> list[Path]:
    """Every page that has a generated part."""
    return [p for p in sorted(DOCS.rglob("*.md")) if _BLOCK.search(p.read_text(encoding="utf-8"))]


def rendered(page: Path) -> str:
    """The page as it should be. Raises ``KeyError`` for a block that nothing generates, or for something in the code
    that has no words here."""
    language: Language = "zh" if page.parent.name == "zh" else "en"

    def fill(match: re.Match[str]) -> str:
        return match[1] + BLOCKS[match[2]](language).strip("\n") + "\n" + match[3]

    return _BLOCK.sub(fill, page.read_text(encoding="utf-8"))

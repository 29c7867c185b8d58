"""What a server offers: routes with their permissions, metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatewright.server.app import PREFIX, api_routes
from gatewright.server.metrics import METRICS, Family
from gatewright.server.permissions import permission_of
from gatewright.text import Language, text
from reference.words import headed, prose

_FIRST_OF_ITSELF = "gatewright_build_info"


def routes(language: Language) -> str:
    rows: list[tuple[str, ...]] = []
    for route in api_routes():
        given: Any = route
        about = prose(given.endpoint.__doc__)
        for method in sorted(given.methods):
            rows.append((f"`{method} {PREFIX}{given.path}`", _permission(given), about))
    return headed(language, ("route", "permission", "about"), sorted(rows, key=_path))


def _permission(route: Any) -> str:
    """What the route asks for; a dash where it is for everybody."""
    found = permission_of(route)
    return "-" if found is None else f"`{found}`"


def _path(row: tuple[str, ...]) -> str:
    return row[0].split()[1]


def metrics(*, of_itself: bool) -> Callable[[Language], str]:
    """The metrics of the fleet, or those of Gatewright itself."""
    first = next(number for number, family in enumerate(METRICS) if family.name == _FIRST_OF_ITSELF)
    families = METRICS[first:] if of_itself else METRICS[:first]

    def rows(language: Language) -> str:
        columns = ("metric", "type", "labels", "meaning")
        return headed(language, columns, ((*_shape(f), text(f"metrics.{f.name}", language)) for f in families))

    return rows


def _shape(family: Family) -> tuple[str, str, str]:
    return f"`{family.name}`", family.type, ", ".join(f"`{label}`" for label in family.labels)

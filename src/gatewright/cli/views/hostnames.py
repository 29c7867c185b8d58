"""Hostnames over clusters: who serves them, and where they are routed otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from gatewright.cli.output import rows, table
from gatewright.model.domains import HostnameComparison, PathDifference
from gatewright.text import Language, text

_CLUSTERS: Final = 6
_DIFFERENCES: Final = 8
"""Differences drawn of one hostname; ``-o json`` has all."""


def hostnames(found: Sequence[HostnameComparison], language: Language) -> Iterable[RenderableType]:
    """A row per hostname, then a tree of the differences of each that is not routed alike."""
    if not found:
        yield Text(text("cli.empty.hostnames", language))
        return
    made = table(language, "hostname", "routed", "clusters", "lacking", "gateways")
    yield rows(made, [_row(comparison, language) for comparison in found])
    for comparison in found:
        if comparison.differences:
            yield Text()
            yield _tree(comparison, language)


def _row(found: HostnameComparison, language: Language) -> tuple[str | Text, ...]:
    alone = len(found.clusters) == 1
    kind = "alone" if alone else "alike" if found.same else "differs"
    routed = Text(text(f"cli.routed.{kind}", language), style="yellow" if kind == "differs" else "")
    gateways = sorted({gateway for cluster in found.clusters for gateway in cluster.gateways})
    return (
        found.hostname,
        routed,
        _listed([cluster.cluster for cluster in found.clusters]),
        _listed(found.lacking),
        _listed(gateways),
    )


def _tree(found: HostnameComparison, language: Language) -> Tree:
    drawn = Tree(Text(found.hostname, style="bold"), guide_style="dim")
    for difference in found.differences[:_DIFFERENCES]:
        branch = drawn.add(Text(f"{difference.match}: {text(f'cli.differs.{difference.field}', language)}"))
        for value, clusters in _grouped(difference):
            branch.add(Text.assemble((_listed(clusters), "bold"), f"  {value}"))
    if len(found.differences) > _DIFFERENCES:
        drawn.add(Text(text("cli.word.more", language, count=len(found.differences) - _DIFFERENCES)))
    return drawn


def _grouped(difference: PathDifference) -> list[tuple[str, list[str]]]:
    """The clusters by value: what most have first."""
    groups: dict[str, list[str]] = {}
    for cluster, value in difference.values.items():
        groups.setdefault(value, []).append(cluster)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def _listed(names: Sequence[str]) -> str:
    more = f" (+{len(names) - _CLUSTERS})" if len(names) > _CLUSTERS else ""
    return ", ".join(names[:_CLUSTERS]) + more

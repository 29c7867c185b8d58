"""The map of teams as it is, what ties them, and what would lower that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text
from rich.tree import Tree

from gatewright.cli.output import rows, table
from gatewright.model.domains import Advice, MapRow, PairCoupling, Suggestion
from gatewright.text import Language, text

_PAIRS: Final = 10
_SUGGESTIONS: Final = 20
"""Pairs and suggestions that are drawn; ``-o json`` has all."""
_DOMAINS: Final = 3


def advice(found: Advice, language: Language) -> Iterable[RenderableType]:
    if not found.rows:
        yield Text(text("cli.empty.advice", language))
        return
    made = table(language, "team", "cluster", "namespace", "domains", "routes", "gateways")
    yield rows(made, [_row(row, language) for row in found.rows])
    yield Text()
    yield Text(text("cli.advice.coupling", language, coupling=f"{found.coupling:.2f}"), style="bold")
    if found.pairs:
        yield _pairs(found.pairs, language)
    for note in found.layers:
        yield Text()
        yield Text(note.message.render(language), style="yellow")
    yield from _facts(found, language)
    yield Text()
    yield from _suggestions(found.suggestions, language)


def _row(row: MapRow, language: Language) -> tuple[str | Text, ...]:
    more = f" (+{len(row.domains) - _DOMAINS})" if len(row.domains) > _DOMAINS else ""
    domains = ", ".join(row.domains[:_DOMAINS]) + more
    counts = (str(row.routes), str(row.gateways)) if row.seen else ("?", "?")
    return (row.team or text("cli.word.nobody", language), row.cluster, row.namespace, domains, *counts)


def _pairs(pairs: Sequence[PairCoupling], language: Language) -> Tree:
    drawn = Tree(Text(text("cli.advice.pairs", language)), guide_style="dim")
    for pair in pairs[:_PAIRS]:
        branch = drawn.add(Text(f"{pair.teams[0]} - {pair.teams[1]}: {pair.coupling:.2f}"))
        for evidence in pair.evidence:
            branch.add(Text(evidence.render(language)))
    if len(pairs) > _PAIRS:
        drawn.add(Text(text("cli.word.more", language, count=len(pairs) - _PAIRS)))
    return drawn


def _facts(found: Advice, language: Language) -> Iterable[RenderableType]:
    facts = [
        text("cli.advice.spread", language, domain=s.domain, teams=", ".join(f"{t} {n}" for t, n in s.routes.items()))
        for s in found.spread
    ]
    for use in ("one", "every"):
        clusters = [c.cluster for c in found.clusters if c.use == use]
        if clusters:
            facts.append(text(f"cli.advice.use-{use}", language, clusters=", ".join(clusters)))
    if facts:
        yield Text()
    yield from map(Text, facts)


def _suggestions(found: Sequence[Suggestion], language: Language) -> Iterable[RenderableType]:
    if not found:
        yield Text(text("cli.advice.none", language))
        return
    for number, suggestion in enumerate(found[:_SUGGESTIONS], 1):
        yield Text.assemble((f"{number}. ", "bold"), suggestion.message.render(language))
        for evidence in suggestion.evidence:
            yield Padding(Text(evidence.render(language)), (0, 0, 0, 4))
        if suggestion.command:
            yield Padding(Text(suggestion.command, style="cyan"), (0, 0, 0, 4))
    if len(found) > _SUGGESTIONS:
        yield Text(text("cli.word.more", language, count=len(found) - _SUGGESTIONS))

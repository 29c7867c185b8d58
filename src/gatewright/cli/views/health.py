"""Health as people read it: clusters in a table, the causes below, and the tree of one object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text
from rich.tree import Tree

from gatewright.cli.output import STYLES, rows, table, word
from gatewright.cli.views.moments import age
from gatewright.model.errors import ErrorReport
from gatewright.model.health import (
    SEVERITIES,
    WORST,
    Cause,
    ClusterHealth,
    ConditionFact,
    Counts,
    Found,
    Health,
    HealthFinding,
    Node,
    ObjectHealth,
)
from gatewright.model.status import HealthState
from gatewright.text import Language, text

SIGNS: Final[dict[HealthState, str]] = {
    "healthy": "●", "progressing": "◐", "degraded": "▲", "unhealthy": "✗", "unknown": "?",
}  # fmt: skip
"""Beside the colour and the word, so that none of them stands alone."""


class OneCluster(msgspec.Struct, frozen=True):
    """A cluster with its objects, as ``health --cluster`` shows it."""

    health: ClusterHealth
    objects: tuple[ObjectHealth, ...]


def state(value: HealthState, language: Language) -> Text:
    """Sign and word in the state's colour."""
    return Text(f"{SIGNS[value]} {text(f'observe.state.{value}', language)}", style=STYLES.get(value, ""))


def health(found: Health, language: Language, *, team: str | None = None) -> Iterable[RenderableType]:
    """The fleet (or the team), its clusters, and the few causes that explain the most."""
    if not found.members:
        yield Text(text("cli.empty.clusters", language))
        return
    name = text("cli.health.team", language, team=team) if team else text("cli.health.fleet", language)
    yield Text.assemble((name, "bold"), "  ", state(found.state, language), "  ", counted(found.clusters, language))
    yield Text()
    yield _clusters(found.members, language)
    yield from _unseen(found.members, language)
    yield from _of_teams(found.findings, language)
    yield from _causes(found.causes, language)


def findings(found: Sequence[Found], language: Language) -> Iterable[RenderableType]:
    """Every finding, the worst first."""
    if not found:
        yield Text(text("cli.health.none", language))
    for entry in sorted(found, key=lambda f: -SEVERITIES.index(f.finding.severity)):
        yield from _finding(entry, language)


def line(moment: str, cluster: str, what: Text) -> Text:
    """What changed, as one line of a log."""
    return Text.assemble(f"{moment}  [{cluster}]  ", what)


def became(before: ClusterHealth | None, after: ClusterHealth, language: Language) -> Text:
    """``healthy → degraded``, and whether it answers where that changed."""
    states = [state(seen.state, language) for seen in (before, after) if seen is not None]
    made = Text(" → ").join(states)
    if before is None or before.reachability != after.reachability:
        made.append("  ").append_text(word("reachability", after.reachability, language))
    return made


def told(finding: HealthFinding, language: Language, *, gone: bool) -> Text:
    """A finding in a log: that it came, or that it went."""
    went = Text(text("cli.health.gone", language), style=STYLES["healthy"])
    head = went if gone else word("severity", finding.severity, language)
    return Text.assemble(head, f"  {finding.message.render(language)} ", (f"({finding.code})", "dim"))


def one_cluster(found: OneCluster, language: Language) -> Iterable[RenderableType]:
    """A cluster, its causes, and its objects that are not healthy with what was found of them."""
    yield _clusters([found.health], language)
    yield from _unseen([found.health], language)
    if found.health.state == "unknown" and found.objects:
        yield Text()
        yield Text(text("cli.health.blind", language))
    yield from _causes(found.health.causes, language, cluster=False)
    bad = [o for o in found.objects if o.state != "healthy"]
    if bad:
        yield from _title("cli.health.objects", language)
    for health in sorted(bad, key=lambda o: (WORST.index(o.state), o.ref)):
        yield Text.assemble(state(health.state, language), (f"  {health.ref}", "bold"))
        for line in _details(health.findings, health.conditions, language):
            yield Padding(line, (0, 0, 0, 4))


def explained(found: Sequence[Node], language: Language) -> Iterable[RenderableType]:
    """One tree per cluster."""
    if not found:
        yield Text(text("cli.empty.explain", language))
    for index, node in enumerate(found):
        if index:
            yield Text()
        yield _tree(node, language)


def counted(counts: Counts, language: Language) -> Text:
    """``12 healthy, 1 degraded``; a dash for none at all."""
    parts = [_count(name, count, language) for name in WORST[::-1] if (count := getattr(counts, name))]
    return Text(", ").join(parts) if parts else Text("-")


def _count(name: HealthState, count: int, language: Language) -> Text:
    shown = text("cli.health.count", language, count=count, state=text(f"observe.state.{name}", language))
    return Text(shown, style="" if name == "healthy" else STYLES.get(name, ""))


def _clusters(found: Iterable[ClusterHealth], language: Language) -> RenderableType:
    made = table(language, "cluster", "health", "reachability", "objects", "errors", "warnings", "seen")
    cells = [
        (
            member.cluster,
            state(member.state, language),
            word("reachability", member.reachability, language),
            counted(member.objects, language),
            str(member.errors),
            str(member.warnings),
            age(member.seen_at, language),
        )
        for member in found
    ]
    return rows(made, cells)


def _unseen(found: Iterable[ClusterHealth], language: Language) -> Iterator[RenderableType]:
    """Why clusters are not seen now."""
    for member in found:
        if member.error is not None:
            yield Text()
            yield from _error(member.cluster, member.error, language)


def _error(cluster: str, error: ErrorReport, language: Language) -> Iterator[RenderableType]:
    yield Text.assemble((f"{cluster}: ", "bold"), error.message(language), f" ({error.code})")
    yield Padding(Text(error.remedy(language)), (0, 0, 0, 4))


def _causes(found: Iterable[Cause], language: Language, *, cluster: bool = True) -> Iterator[RenderableType]:
    causes = list(found)
    yield from _title("cli.health.causes", language) if causes else ()
    for cause in causes:
        where = f"  [{cause.cluster}]" if cluster and cause.cluster else ""
        explains = text("cli.health.explains", language, count=cause.explains)
        yield Text.assemble(
            word("severity", cause.severity, language), (f"  {cause.object}", "bold"), where, (f"  {explains}", "dim")
        )
        yield Padding(Text(cause.message.render(language)), (0, 0, 0, 4))
        yield Padding(_remedy(cause.remedy.render(language), language), (0, 0, 0, 4))


def _finding(entry: Found, language: Language) -> Iterator[RenderableType]:
    found = entry.finding
    since = f"  {text('cli.health.since', language, moment=age(found.since, language))}" if found.since else ""
    yield Text.assemble(
        word("severity", found.severity, language),
        (f"  {found.subject}", "bold"),
        f"  [{entry.cluster}]" if entry.cluster else "",
        (f"  {found.code}{since}", "dim"),
    )
    yield Padding(Text(found.message.render(language)), (0, 0, 0, 4))
    yield Padding(_remedy(found.remedy.render(language), language), (0, 0, 0, 4))


def _of_teams(found: Sequence[HealthFinding], language: Language) -> Iterator[RenderableType]:
    """What is wrong with teams themselves: how their clusters differ."""
    yield from _title("cli.health.of-teams", language) if found else ()
    for finding in found:
        yield from _finding(Found("", finding), language)


def _title(key: str, language: Language) -> Iterator[RenderableType]:
    yield Text()
    yield Text(text(key, language), style="bold")


def _remedy(sentence: str, language: Language) -> Text:
    return Text.assemble((f"{text('cli.word.remedy', language)}: ", "bold"), sentence)


def _tree(node: Node, language: Language, tree: Tree | None = None) -> Tree:
    label = _label(node, language, top=tree is None)
    made = Tree(label, guide_style="dim") if tree is None else tree.add(label)
    for line in _details(node.findings, node.conditions, language):
        made.add(line)
    for child in node.children:
        _tree(child, language, made)
    return made


def _label(node: Node, language: Language, *, top: bool) -> Text:
    label = Text.assemble((str(node.ref), "bold"), "  ", state(node.state, language))
    if node.is_cause:
        label.append(f"  ◀ {text('cli.explain.cause', language)}", style="bold red")
    if top and node.cluster and node.ref.kind != "Cluster":
        label.append(f"  [{node.cluster}]")
    if node.note is not None:
        label.append(f"  {node.note.render(language)}", style="dim")
    return label


def _details(
    findings: Iterable[HealthFinding], conditions: Iterable[ConditionFact], language: Language
) -> Iterator[RenderableType]:
    """The conditions that are not as they should be, then the findings, the worst first."""
    for condition in conditions:
        if condition.stale or condition.good is False:
            yield _condition(condition, language)
    for finding in sorted(findings, key=lambda f: -SEVERITIES.index(f.severity)):
        yield _detail(finding, language)


def _condition(found: ConditionFact, language: Language) -> RenderableType:
    what = f"{found.type}={found.status}" + (f" {found.reason}" if found.reason else "")
    told = text("cli.explain.at", language, what=what, where=found.where) if found.where else what
    made = Text(told, style="" if found.good else STYLES["warning"])
    if found.stale:
        made.append(f"  {text('cli.explain.stale', language)}", style=STYLES["warning"])
    if found.message and not found.good:
        made.append(f": {found.message}", style="")
    return made


def _detail(found: HealthFinding, language: Language) -> RenderableType:
    head = Text.assemble(
        word("severity", found.severity, language), f"  {found.message.render(language)} ", (f"({found.code})", "dim")
    )
    if found.since:
        head.append(f"  {text('cli.health.since', language, moment=age(found.since, language))}", style="dim")
    evidence = [Text(text("cli.explain.evidence", language, evidence=line), style="dim") for line in found.evidence]
    return Group(head, *evidence, _remedy(found.remedy.render(language), language))

"""A plan as a pull request reads: its sum, what blocks it, then cluster by cluster what would happen and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from gatewright.cli.output import STYLES, rows, table, word
from gatewright.model.plan import STOPS, ClusterPlan, FieldDifference, Finding, ObjectVerdict, Plan
from gatewright.server.values import PlanAnswer
from gatewright.text import Language, text

MAX_DIFFERENCES: Final = 4
"""Fields shown per object; ``-o json`` has all of them."""
_MAX_VALUE: Final = 48


def plan(made: PlanAnswer, language: Language) -> Iterable[RenderableType]:
    """The plan, and what can be done with it."""
    yield from content(made, language)
    yield Text()
    yield Text(text(f"cli.plan.next.{made.outcome}", language, hash=made.hash[:12]))


def content(made: PlanAnswer, language: Language) -> Iterable[RenderableType]:
    """The plan alone, before a question about it."""
    yield _summary(made, language)
    yield from _blocks(made.plan, language)
    for cluster in made.plan.clusters:
        yield Text()
        yield from _cluster(cluster, language)


def _summary(made: PlanAnswer, language: Language) -> Text:
    outcomes = Counter(cluster.outcome for cluster in made.plan.clusters)
    sentence = text(
        f"cli.plan.summary.{made.plan.action}",
        language,
        hash=made.hash[:12],
        team=made.plan.team,
        change=outcomes["change"],
        nothing=outcomes["nothing"],
        stopped=outcomes["stopped"],
    )
    return Text(sentence, style="bold")


def _blocks(made: Plan, language: Language) -> Iterable[RenderableType]:
    """Everything that forbids to start, with its remedy; then the warnings."""
    for severity in ("block", "warn"):
        lines = [line for c in made.clusters for line in _severe(c, severity, language)]
        if lines:
            yield Text()
            yield Text(text(f"cli.plan.{severity}", language), style=f"bold {STYLES[severity]}")
            yield from lines


def _severe(cluster: ClusterPlan, severity: str, language: Language) -> Iterable[RenderableType]:
    for finding in cluster.findings:
        if finding.severity == severity:
            yield from _finding(cluster.cluster, finding, language)
    if severity == "block":
        stops = [verdict for verdict in cluster.verdicts if verdict.verdict in STOPS]
        for remedy, group in groupby(stops, key=lambda v: "" if v.remedy is None else v.remedy.render(language)):
            yield from _stops(cluster.cluster, list(group), remedy, language)


def _finding(cluster: str, finding: Finding, language: Language) -> Iterable[RenderableType]:
    head = Text.assemble((cluster, "bold"), f"  {finding.code}")
    if finding.object is not None:
        head.append(f"  {finding.object}")
    yield head
    yield Padding(Text(finding.message.render(language)), (0, 0, 0, 4))
    yield Padding(Text(finding.remedy.render(language)), (0, 0, 0, 4))


def _stops(
    cluster: str, verdicts: Sequence[ObjectVerdict], remedy: str, language: Language
) -> Iterable[RenderableType]:
    """Objects that one remedy helps: each with its reason, and the remedy once."""
    for verdict in verdicts:
        yield Text.assemble((cluster, "bold"), "  ", word("verdict", verdict.verdict, language), f"  {verdict.ref}")
        yield Padding(Text(verdict.reason.render(language)), (0, 0, 0, 4))
    if remedy:
        yield Padding(Text.assemble((f"{text('cli.word.remedy', language)}: ", "bold"), remedy), (0, 0, 0, 4))


def _cluster(cluster: ClusterPlan, language: Language) -> Iterable[RenderableType]:
    head = Text.assemble((text("cli.word.cluster", language, cluster=cluster.cluster), "bold"), "  ")
    head.append_text(word("outcome", cluster.outcome, language))
    if cluster.bundle is not None:
        head.append(f"  {cluster.bundle}")
    yield head
    shown = [v for v in cluster.verdicts if v.verdict != "unchanged"]
    if shown:
        groups = groupby(shown, key=lambda v: (v.verdict, v.ref.kind if v.verdict == "create" else v.ref))
        yield rows(table(language, "verdict", "object"), [_cells(list(group), language) for _, group in groups])
    same = len(cluster.verdicts) - len(shown)
    if same:
        yield Text(text("cli.plan.unchanged", language, count=same), style="dim")


def _cells(group: Sequence[ObjectVerdict], language: Language) -> tuple[Text, RenderableType]:
    """One object with its owner, reason and differences; or objects of one kind that are only not there yet."""
    verdict = group[0]
    if verdict.verdict != "create":
        return word("verdict", verdict.verdict, language), Group(*_object(verdict, language))
    kind = verdict.ref.kind
    if len(group) == 1:
        return word("verdict", "create", language), Text(str(verdict.ref))
    names = "\n".join("  " + str(v.ref).removeprefix(f"{kind} ") for v in group)
    return word("verdict", "create", language), Text(f"{kind} ({len(group)})\n{names}")


def _object(verdict: ObjectVerdict, language: Language) -> Iterable[RenderableType]:
    """What stops has its reason above, among what blocks; here it has its differences only."""
    head = Text(str(verdict.ref))
    if verdict.owner is not None:
        head.append(f"  {text('cli.word.owner', language, owner=str(verdict.owner))}", style="bold")
    yield head
    if verdict.verdict not in STOPS:
        yield Padding(Text(verdict.reason.render(language)), (0, 0, 0, 2))
    ordered = sorted(verdict.differences, key=lambda field: field.path.endswith("description"))
    for difference in ordered[:MAX_DIFFERENCES]:
        yield Padding(_difference(difference), (0, 0, 0, 2))
    more = len(ordered) - MAX_DIFFERENCES
    if more > 0:
        yield Text(text("cli.plan.more", language, count=more), style="dim")


def _difference(field: FieldDifference) -> Text:
    return Text.assemble(
        f"{field.path}: ", (_value(field.live), STYLES["delete"]), " → ", (_value(field.wanted), STYLES["create"])
    )


def _value(value: object) -> str:
    if value is None:
        return "-"
    encoded = msgspec.json.encode(value).decode()
    return encoded if len(encoded) <= _MAX_VALUE else encoded[: _MAX_VALUE - 1] + "…"

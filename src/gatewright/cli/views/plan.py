"""A plan as a pull request reads: its sum, what blocks it, then cluster by cluster what would happen and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final, TypeAlias

import msgspec
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gatewright.cli.output import STYLES, rows, table, word
from gatewright.model.plan import STOPS, ClusterPlan, FieldDifference, Finding, ObjectVerdict, Plan
from gatewright.server.values import PlanAnswer
from gatewright.text import Language, text

MAX_DIFFERENCES: Final = 6
"""Fields shown per object; ``-o json`` has all of them."""
_MAX_VALUE: Final = 60
Cells: TypeAlias = tuple[Text, str, str, str | Text]
"""Verdict, object, owner, reason."""


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
        for verdict in cluster.verdicts:
            if verdict.verdict in STOPS:
                yield from _stop(cluster.cluster, verdict, language)


def _finding(cluster: str, finding: Finding, language: Language) -> Iterable[RenderableType]:
    head = Text.assemble((cluster, "bold"), f"  {finding.code}")
    if finding.object is not None:
        head.append(f"  {finding.object}")
    yield head
    yield Padding(Text(finding.message.render(language)), (0, 0, 0, 4))
    yield Padding(Text(finding.remedy.render(language)), (0, 0, 0, 4))


def _stop(cluster: str, verdict: ObjectVerdict, language: Language) -> Iterable[RenderableType]:
    head = Text.assemble((cluster, "bold"), "  ", word("verdict", verdict.verdict, language), f"  {verdict.ref}")
    yield head
    yield Padding(Text(verdict.reason.render(language)), (0, 0, 0, 4))
    if verdict.remedy is not None:
        yield Padding(Text(verdict.remedy.render(language)), (0, 0, 0, 4))


def _cluster(cluster: ClusterPlan, language: Language) -> Iterable[RenderableType]:
    head = Text.assemble((text("cli.word.cluster", language, cluster=cluster.cluster), "bold"), "  ")
    head.append_text(word("outcome", cluster.outcome, language))
    if cluster.bundle is not None:
        head.append(f"  {cluster.bundle}")
    yield head
    shown = [v for v in cluster.verdicts if v.verdict != "unchanged"]
    if shown:
        groups = groupby(shown, key=lambda v: (v.verdict, v.ref.kind if v.verdict == "create" else v.ref))
        cells = [_verdicts(list(group), language) for _, group in groups]
        owned = any(owner for _, _, owner, _ in cells)
        columns = ("verdict", "object", "owner", "why") if owned else ("verdict", "object", "why")
        yield rows(table(language, *columns), cells if owned else [(a, b, d) for a, b, _, d in cells])
    same = len(cluster.verdicts) - len(shown)
    if same:
        yield Text(text("cli.plan.unchanged", language, count=same), style="dim")


def _verdicts(group: Sequence[ObjectVerdict], language: Language) -> Cells:
    """One object with its reason; or objects of one kind, one after another, that are only not there yet."""
    verdict = group[0]
    if verdict.verdict != "create":
        return _verdict(verdict, language)
    kind = verdict.ref.kind
    names = "\n".join(str(v.ref).removeprefix(f"{kind} ") for v in group)
    objects = str(verdict.ref) if len(group) == 1 else f"{kind} ({len(group)})\n{names}"
    return word("verdict", verdict.verdict, language), objects, "", text("cli.plan.absent", language)


def _verdict(verdict: ObjectVerdict, language: Language) -> Cells:
    why = Text(verdict.reason.render(language))
    for difference in verdict.differences[:MAX_DIFFERENCES]:
        why.append("\n").append_text(_difference(difference))
    more = len(verdict.differences) - MAX_DIFFERENCES
    if more > 0:
        why.append("\n" + text("cli.plan.more", language, count=more), style="dim")
    owner = "" if verdict.owner is None else str(verdict.owner)
    return word("verdict", verdict.verdict, language), str(verdict.ref), owner, why


def _difference(field: FieldDifference) -> Text:
    return Text.assemble(
        f"  {field.path}: ", (_value(field.live), STYLES["delete"]), " → ", (_value(field.wanted), STYLES["create"])
    )


def _value(value: object) -> str:
    if value is None:
        return "-"
    encoded = msgspec.json.encode(value).decode()
    return encoded if len(encoded) <= _MAX_VALUE else encoded[: _MAX_VALUE - 1] + "…"

"""A rollout: its clusters in order, each with its steps, how long they took, and why one failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text
from rich.tree import Tree

from gatewright.cli.output import STYLES, rows, table, word
from gatewright.cli.views.moments import age, duration, parsed
from gatewright.model.rollout import RolloutEvent, RolloutStatus, StepStatus, TargetStatus
from gatewright.text import Language, text

_SIGNS: Final = {
    "pending": "○", "running": "◐", "done": "●", "succeeded": "●",
    "failed": "✗", "paused": "‖", "aborted": "■", "skipped": "-",
}  # fmt: skip


class Board:
    """The living view: draws ``status`` as it is at every refresh, with times that go on."""

    def __init__(self, status: RolloutStatus, language: Language) -> None:
        self.status = status
        self._language: Language = language

    def __rich__(self) -> RenderableType:
        return Group(*rollout(self.status, self._language))


def rollouts(found: Sequence[RolloutStatus], language: Language) -> Iterable[RenderableType]:
    if not found:
        yield Text(text("cli.empty.rollouts", language))
        return
    made = table(language, "rollout", "team", "state", "clusters", "plan", "started")
    cells = [
        (
            status.id,
            status.team,
            word("state", status.state, language),
            f"{_finished(status)}/{len(status.targets)}",
            status.plan[:12],
            age(status.created_at, language),
        )
        for status in found
    ]
    yield rows(made, cells)


def rollout(status: RolloutStatus, language: Language) -> Iterable[RenderableType]:
    head = Text.assemble((text("cli.rollout.head", language, id=status.id, team=status.team), "bold"), "  ")
    head.append_text(word("state", status.state, language))
    if status.wish != "run" and status.state == "running":
        head.append(f"  {text(f'cli.rollout.wish.{status.wish}', language)}", style="yellow")
    tree = Tree(head, guide_style="dim")
    for target in status.targets:
        branch = tree.add(_target(target, language))
        if target.state != "pending":
            for step in target.steps:
                branch.add(_step(step, language))
    yield tree
    for target in status.targets:
        if target.error is not None:
            yield Text()
            yield Text.assemble((f"{target.cluster}: ", "bold"), f"{target.error.code}")
            yield Padding(Text(target.error.message(language)), (0, 0, 0, 4))
            yield Padding(Text(target.error.remedy(language)), (0, 0, 0, 4))
    if status.state in ("failed", "paused", "aborted"):
        yield Text()
        yield Text(text(f"cli.rollout.next.{status.state}", language, id=status.id))


def line(event: RolloutEvent, language: Language) -> Text:
    """An event as one line of a log."""
    moment = parsed(event.at)
    clock = moment.astimezone().strftime("%H:%M:%S") if moment else event.at
    where = f"[{event.cluster}] " if event.cluster else ""
    return Text(f"{clock} {where}{event.message.render(language)}")


def _target(target: TargetStatus, language: Language) -> Text:
    started = next((s.started_at for s in target.steps if s.started_at), None)
    ended = None if target.state == "running" else _last_end(target)
    made = Text.assemble((f"{_SIGNS[target.state]} ", STYLES.get(target.state, "")), (target.cluster, "bold"), "  ")
    made.append_text(word("state", target.state, language))
    return (
        made.append(f"  {duration(started, ended)}", style="dim")
        if started and (ended or target.state == "running")
        else made
    )


def _step(step: StepStatus, language: Language) -> Text:
    style = STYLES.get(step.state, "")
    made = Text.assemble((f"{_SIGNS[step.state]} ", style), step.title.render(language))
    if step.runs > 1:
        made.append(f" ({text('cli.rollout.runs', language, count=step.runs)})", style="dim")
    ended = step.ended_at if step.state in ("done", "failed") else None
    if step.state == "running" or ended:
        made.append(f"  {duration(step.started_at, ended)}", style="dim")
    return made


def _last_end(target: TargetStatus) -> str | None:
    return max((s.ended_at for s in target.steps if s.ended_at), default=None)


def _finished(status: RolloutStatus) -> int:
    return sum(1 for target in status.targets if target.state in ("succeeded", "skipped"))

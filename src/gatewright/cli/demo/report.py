"""What the demo found out, as values: checks, scenes, and the report that ``-o json`` prints."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from gatewright.text import Language, Message


class Check(msgspec.Struct, frozen=True):
    """One claim, whether it held, and what was seen in the cluster (names, versions, numbers: no prose)."""

    what: Message
    held: bool
    seen: str = ""


class Scene(msgspec.Struct, frozen=True):
    """One scene after it was played. A scene without a check did not hold: it was not reached, or it broke."""

    id: str
    checks: tuple[Check, ...] = ()
    seconds: float = 0.0

    @property
    def held(self) -> bool:
        return bool(self.checks) and all(check.held for check in self.checks)

    @property
    def title(self) -> Message:
        return Message(f"demo.scene.{self.id}")


class EvidenceView(msgspec.Struct, frozen=True):
    """A check in the person's language."""

    what: str
    held: bool
    seen: str


class SceneView(msgspec.Struct, frozen=True):
    """A scene in the person's language; ``seconds`` of wall time."""

    id: str
    title: str
    held: bool
    evidence: list[EvidenceView]
    seconds: float


class Report(msgspec.Struct, frozen=True):
    """The whole story. ``seconds``: wall time with the preparation."""

    held: bool
    seconds: float
    scenes: list[SceneView]


def report(scenes: Sequence[Scene], seconds: float, language: Language) -> Report:
    """The report; held only if every scene did."""
    return Report(
        held=bool(scenes) and all(scene.held for scene in scenes),
        seconds=round(seconds, 1),
        scenes=[
            SceneView(
                scene.id,
                scene.title.render(language),
                scene.held,
                [EvidenceView(check.what.render(language), check.held, check.seen) for check in scene.checks],
                round(scene.seconds, 1),
            )
            for scene in scenes
        ],
    )

"""The demo's report and words; the story itself is tests/integration/test_story.py."""

from __future__ import annotations

import ast
from pathlib import Path

import msgspec

from gatewright.cli.demo import report
from gatewright.cli.demo import show as demo
from gatewright.cli.demo.report import Check, Scene
from gatewright.cli.demo.stage import Ran
from gatewright.text import message, templates

SOURCES = sorted(Path(report.__file__).parent.glob("*.py"))


def check(held: bool) -> Check:
    return Check(message("demo.check.unbroken"), held, "seen")


def called(name: str) -> set[str]:
    """The first arguments of every ``NAME("...")`` or ``x.NAME("...")`` in the demo."""
    found: set[str] = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if function == name:
                found.add(str(node.args[0].value))
    return found


def test_every_claim_of_a_scene_has_words_and_every_word_a_claim() -> None:
    made = {f"demo.check.{key}" for key in called("check")}
    told = {key for key in called("message") if key.startswith("demo.check.")}
    assert made | told == {key for key in templates() if key.startswith("demo.check.")}


def test_every_scene_has_a_title() -> None:
    played = {f"demo.scene.{name}" for name, _ in demo.SCENES} | {f"demo.scene.{demo.CLEAN}"}
    assert played == {key for key in templates() if key.startswith("demo.scene.")}


def test_a_scene_without_a_check_did_not_hold() -> None:
    assert not Scene("before").held
    assert not Scene("before", (check(True), check(False))).held
    assert Scene("before", (check(True), check(True))).held


def test_the_report_holds_only_if_every_scene_did() -> None:
    good = Scene("before", (check(True),), 1.26)
    assert report.report([good], 2.0, "en").held
    assert not report.report([good, Scene("leave")], 2.0, "en").held
    assert not report.report([], 2.0, "en").held


def test_the_report_is_in_the_persons_language() -> None:
    scenes = [Scene("before", (check(True),), 1.26)]
    english, chinese = (report.report(scenes, 2.04, language) for language in ("en", "zh"))
    assert english.scenes[0].title != chinese.scenes[0].title
    decoded = msgspec.json.decode(msgspec.json.encode(english))
    evidence = {"what": "The scene came to its end.", "held": True, "seen": "seen"}
    assert decoded["seconds"] == 2.0
    assert decoded["scenes"][0] == {
        "id": "before",
        "title": english.scenes[0].title,
        "held": True,
        "evidence": [evidence],
        "seconds": 1.3,
    }


def test_a_sentence_is_found_whichever_way_its_lines_are_folded() -> None:
    out = "What blocks\nshenzhen  conflict\n    The CRD on shenzhen\n    belongs to kubectl. Ask\n    its owner.\n"
    ran = Ran(7, out, "")
    assert ran.sentence("kubectl") == "The CRD on shenzhen belongs to kubectl."
    assert ran.sentence("owner") == "Ask its owner."
    assert ran.sentence("helm") == ""

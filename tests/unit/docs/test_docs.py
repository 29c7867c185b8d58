"""The docs say what the code says: no page out of date, no dead link, no file or command that is not there."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gatewright.gatewayapi.writers import WRITERS
from gatewright.server.settings import SETTINGS
from gatewright.text import templates

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:src|tests|docs|scripts|bench|\.ci)/[\w./-]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@contextmanager
def scripts() -> Iterator[None]:
    """What ``python scripts/make_docs.py`` may import."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        yield
    finally:
        sys.path.remove(str(ROOT / "scripts"))


with scripts():
    reference = importlib.import_module("reference.pages")
    known_errors = importlib.import_module("reference.errors").known_errors
    COMMANDS = {path for path, _, _ in importlib.import_module("reference.commands").commands()}
    words = importlib.import_module("reference.words").words


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", FENCE.sub("", read(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", reference.pages(), ids=name)
def test_generated_parts_are_up_to_date(page: Path) -> None:
    assert read(page) == reference.rendered(page), "run: python scripts/make_docs.py"


def test_every_reference_is_on_a_page() -> None:
    used = {block for page in reference.pages() for block in re.findall(r"<!-- generated: ([a-z-]+) -->", read(page))}
    assert used == set(reference.BLOCKS)


def test_words_are_in_both_languages() -> None:
    files = sorted((ROOT / "scripts" / "reference" / "words").glob("*.json"))
    assert files
    for file in files:
        found = words(file.stem)
        assert [key for key, both in found.items() if sorted(both) != ["en", "zh"] or not all(both.values())] == []


def test_every_error_has_its_place() -> None:
    page = read(ROOT / "docs" / "errors.md")
    assert [e.code for e in known_errors() if f"### {e.code}\n" not in page] == []


def test_every_command_setting_writer_and_finding_has_its_place() -> None:
    commands = read(ROOT / "docs" / "cli.md")
    assert [path for path in COMMANDS if f"### {path}" not in commands] == []
    settings = read(ROOT / "docs" / "settings.md")
    variables = {v for file in (ROOT / "src").rglob("*.py") for v in re.findall(r'"(GATEWRIGHT_[A-Z_]+)"', read(file))}
    assert {v for v in variables | {s.name for s in SETTINGS} if f"`{v}`" not in settings} == set()
    writers = read(ROOT / "docs" / "writers.md")
    assert [w.key for w in WRITERS if f"| `{w.key}` |" not in writers] == []
    findings = {k for k in templates() if k.startswith("preflight.") and not k.endswith(".remedy")}
    rules = read(ROOT / "docs" / "preflight.md")
    assert {code for code in findings if f"### {code}\n" not in rules} == set()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", read(page))):
        if re.match(r"https?://", target):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "zh").glob("*.md")), ids=name)
def test_a_chinese_page_and_its_twin_lead_to_each_other(page: Path) -> None:
    """And they have the same sections and the same code."""
    twin = page.parent.parent / page.name
    assert f"[English](../{page.name})" in read(page)
    assert f"[中文](zh/{page.name})" in read(twin)

    def shape(text: str) -> tuple[list[str], list[str]]:
        code = [line.partition("#")[0].strip() for block in FENCE.findall(text) for line in block.splitlines()]
        return re.findall(r"^#+(?= )", FENCE.sub("", text), re.MULTILINE), code

    assert shape(read(page)) == shape(read(twin))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_that_are_named_exist(page: Path) -> None:
    assert [f for f in FILE.findall(read(page)) if not (ROOT / f).exists()] == []


def is_command(given: str) -> bool:
    """Whether the words after ``gatewright`` begin with those of a command, or of a group of commands."""
    groups = {" ".join(path.split()[:2]) for path in COMMANDS}
    return any("gatewright " + " ".join(given.split()[:n]) in COMMANDS | groups for n in (1, 2))


def test_commands_in_remedies_exist() -> None:
    for key, both in templates().items():
        for sentence in both.values():
            for given in re.findall(r"(?<![\w.:/-])gatewright((?: [a-z][a-z-]*)+)", sentence):
                assert is_command(given), key


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_that_are_named_exist(page: Path) -> None:
    """In code, inline or fenced: ``gatewright WORD [WORD]`` is a command or a group of commands."""
    text = read(page)
    code = [*FENCE.findall(text), *re.findall(r"`([^`\n]+)`", FENCE.sub("", text))]
    for line in (line for part in code for line in part.splitlines()):
        for given in re.findall(r"(?:^|(?<!owner:)[\s(|])gatewright((?: [a-z][a-z-]*)+)", line):
            assert is_command(given), line
    targets = set(re.findall(r"^([a-z]+):", read(ROOT / "Makefile"), re.MULTILINE))
    assert {t for part in code for t in re.findall(r"\bmake ([a-z]+)\b", part)} <= targets


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_voice_is_plain(page: Path) -> None:
    prose = re.sub(r"`[^`]*`|!\[|<!--.*?-->", "", FENCE.sub("", read(page)))
    assert "!" not in prose
    assert "！" not in prose


def test_both_readmes_show_the_same() -> None:
    """The same commands and manifests, the same pages in the same order, the same number of sections."""
    one, other = read(ROOT / "README.md"), read(ROOT / "README.zh-CN.md")

    def code(text: str) -> list[str]:
        blocks = FENCE.findall(text)
        return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]

    def sections(text: str) -> int:
        return len(re.findall(r"^## ", FENCE.sub("", text), re.MULTILINE))

    assert sections(one) == sections(other)
    assert [line for line in code(one) if line.startswith(("make ", "gatewright "))] == [
        line for line in code(other) if line.startswith(("make ", "gatewright "))
    ]

"""``audit``: shown in both languages, narrowed down, and taken away as a file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_the_command_line_s_own_acts_are_shown(run: Run) -> None:
    assert run("audit", "list").out == "No entries.\n"
    run("team", "create", "payments")
    run("team", "delete", "nothing", "--yes")
    out = run("audit", "list").out
    assert "team.create" in out
    assert "refused" in out
    assert "local" in out
    assert "被拒绝" in run("audit", "list", "--outcome", "refused", lang="zh").out
    found = json.loads(run("audit", "list", "--since", "1h", "--outcome", "done", "-o", "json").out)
    assert [(e["what"], e["where"]) for e in found] == [("team.create", "payments")]
    assert json.loads(run("audit", "list", "--until", "1h", "-o", "json").out) == []


def test_the_audit_is_taken_away_as_a_file(run: Run, tmp_path: Path) -> None:
    run("team", "create", "payments")
    file = tmp_path / "audit.csv"
    assert str(file) in run("audit", "export", str(file), "--format", "csv").out.replace("\n", "")
    with file.open(newline="") as opened:
        assert [row["what"] for row in csv.DictReader(opened)] == ["audit.export", "team.create"]
    lines = run("audit", "export", "-", "--what", "team.").out.splitlines()
    assert [json.loads(line)["where"] for line in lines] == ["payments"]
    assert "cli.file-unwritable" in run("audit", "export", str(tmp_path / "no" / "x")).err


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--outcome", "maybe"),
        ("list", "--since", "yesterday"),
        ("list", "--until", "2026-11-22"),
        ("export", "-", "--format", "xlsx"),
    ],
)
def test_what_cannot_be_is_refused(run: Run, arguments: tuple[str, ...]) -> None:
    answer = run("audit", *arguments)
    assert answer.code == 2
    assert arguments[-1] in answer.err

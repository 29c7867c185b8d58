"""``gatewright`` run in this process, with a home of the test's own."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gatewright.cli.main import main


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("team", "list", lang="zh", stdin="...")``."""
    for name in ("GATEWRIGHT_SERVER", "GATEWRIGHT_TOKEN", "GATEWRIGHT_DEBUG", "GATEWRIGHT_DATABASE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWRIGHT_HOME", str(home))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "no-kubeconfig"))

    def ran(*arguments: str, lang: str = "en", stdin: str = "", **environ: str) -> Result:
        for name, value in {"GATEWRIGHT_LANG": lang, **environ}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = main(arguments)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return ran

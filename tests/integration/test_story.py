"""The founding story, as a user runs it: ``gatewright demo``, on real API servers with a real Traefik."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

PROGRAM = (sys.executable, "-c", "import sys; from gatewright.cli.main import main; sys.exit(main())")
MARK = "STORY_TEST_MARK"
SCENES = [
    "before",
    "register",
    "wish",
    "install-first",
    "install-second",
    "install-all",
    "again",
    "same",
    "traffic",
    "health",
    "drift",
    "second-team",
    "outage",
    "leave",
    "clean",
]


class Place:
    """Where a demo runs; every process that it starts carries ``mark`` in its environment, whoever its parent is.

    A network namespace and its veth pair live as long as a process in it, so no process means no namespace.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = secrets.token_hex(8)
        self.environment = {**os.environ, MARK: self.mark, "TMPDIR": str(folder), "GATEWRIGHT_LANG": "en"}

    def processes(self) -> list[str]:
        """The command lines of what runs."""
        wanted = f"{MARK}={self.mark}".encode()
        found: list[str] = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
        return [line for line in found if line]

    def files(self) -> list[str]:
        return [path.name for path in self.folder.iterdir()]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *arguments], env=self.environment, capture_output=True, text=True, timeout=880, check=False
        )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    deadline = time.monotonic() + 10
    while made.processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert made.processes() == []
    assert made.files() == []


def test_the_story_holds_and_leaves_nothing(place: Place) -> None:
    done = place.run("demo", "--once", "-o", "json")
    assert place.processes() == []
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    broken = [(s["id"], e) for s in report["scenes"] for e in s["evidence"] if not e["held"]]
    assert broken == [], done.stderr
    assert [scene["id"] for scene in report["scenes"] if scene["held"]] == SCENES
    assert report["held"]
    assert done.returncode == 0
    assert all(scene["evidence"] and scene["title"] for scene in report["scenes"])


@pytest.mark.parametrize("moment", ["Starting lab", "[beijing] Create 10 CRDs"])
def test_an_interrupt_at_any_moment_leaves_nothing(place: Place, moment: str) -> None:
    with subprocess.Popen(
        [*PROGRAM, "demo", "--port", "0"],
        env=place.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        said = ""
        for line in demo.stdout:
            said += line
            if moment in line:
                demo.send_signal(signal.SIGINT)
                break
        said += demo.stdout.read()
        assert demo.wait(120) == 130, said
    assert "Traceback" not in said
    assert place.processes() == []


def test_kill_9_leaves_no_process(place: Place) -> None:
    with subprocess.Popen(
        [*PROGRAM, "demo", "--port", "0"], env=place.environment, stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdout is not None
        next(line for line in demo.stdout if "1/14" in line)
        demo.kill()
    deadline = time.monotonic() + 40
    while place.processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert place.processes() == []
    for left in place.folder.iterdir():
        subprocess.run(["rm", "-rf", str(left)], check=True)


def test_a_taken_port_is_a_sentence(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = place.run("demo", "--once", "--port", str(port))
    assert done.returncode == 5
    assert f"127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_binaries_and_no_go_is_a_sentence(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    empty = tmp_path_factory.mktemp("cache")
    place.environment |= {
        "GATEWRIGHT_LAB_CACHE": str(empty),
        "PATH": "/nonexistent",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    done = place.run("demo", "--once", "-o", "json")
    assert done.returncode == 9
    assert done.stdout == ""
    assert "Go" in done.stderr
    assert "Traceback" not in done.stderr

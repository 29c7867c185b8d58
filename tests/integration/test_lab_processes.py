"""A lab ends cleanly however it ends, and labs live side by side."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from handles import LabHandle, eventually

from gatewright.lab import process
from gatewright.lab.state import LabState

pytestmark = pytest.mark.integration


class CommandLine:
    """``gatewright lab`` with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {**os.environ, "GATEWRIGHT_LAB_HOME": str(home), "GATEWRIGHT_LANG": "en"}
        self.started: list[subprocess.Popen[str]] = []

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "gatewright.lab", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "gatewright.lab", *arguments]
        started = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.started.append(started)
        return started

    def state(self, name: str) -> LabState:
        answer = json.loads(self.run("status", "--name", name, "-o", "json").stdout)
        return msgspec.convert(answer["lab"], LabState)


@pytest.fixture
def command_line(tmp_path: Path) -> Iterator[CommandLine]:
    made = CommandLine(tmp_path / "home")
    yield made
    for started in made.started:
        started.kill()
        started.communicate()


def until_ready(foreground: subprocess.Popen[str]) -> None:
    assert foreground.stdout is not None
    for line in foreground.stdout:
        if "Ctrl-C" in line:
            return
    pytest.fail("the lab ended before it was ready")


def interface(state: LabState) -> Path:
    """The host's end of the pair to the lab's backends (there is none where the lab has no root rights)."""
    assert state.backend is not None
    _, second, third, _ = state.backend.address.split(".")
    return Path(f"/sys/class/net/gw-{second}-{third}")


def test_a_killed_lab_leaves_no_process_and_down_removes_the_rest(command_line: CommandLine) -> None:
    foreground = command_line.start("up", "--name", "killed", "--clusters", "one")
    until_ready(foreground)
    state = command_line.state("killed")
    children = state.all_processes
    assert {ref.role for ref in children} >= {"etcd", "kube-apiserver", "kube-controller-manager", "echo"}
    assert all(process.is_alive(ref) for ref in children)

    foreground.kill()
    foreground.wait()
    eventually(lambda: not any(process.is_alive(ref) for ref in children), seconds=10, what="no orphans")
    eventually(lambda: not interface(state).exists(), seconds=10, what="no interface left")
    assert "killed" in command_line.run("status").stdout

    assert command_line.run("down", "--name", "killed").returncode == 0
    assert not Path(state.directory).exists()
    unknown = command_line.run("down", "--name", "killed")
    assert (unknown.returncode, "no lab named killed" in unknown.stderr) == (4, True)


def test_an_interrupted_lab_ends_cleanly_beside_another(command_line: CommandLine, lab_process: LabHandle) -> None:
    foreground = command_line.start("up", "--name", "second", "--clusters", "one")
    until_ready(foreground)
    state = command_line.state("second")
    others = {cluster.address for cluster in lab_process.state.clusters}
    assert state.cluster("one").address not in others
    assert lab_process.state.backend is not None
    assert state.backend is not None

    clash = command_line.run("up", "--name", "second")
    assert (clash.returncode, "running already" in clash.stderr) == (5, True)

    foreground.send_signal(signal.SIGINT)
    assert foreground.wait(30) == 0
    assert not any(process.is_alive(ref) for ref in state.all_processes)
    assert not Path(state.directory).exists()
    assert lab_process.state.phase == "ready"


def test_an_interrupt_while_starting_leaves_nothing(command_line: CommandLine) -> None:
    foreground = command_line.start("up", "--name", "hasty", "--clusters", "one")
    directory = command_line.home / "hasty"
    eventually(lambda: (directory / "clusters" / "one" / "pki" / "ca.crt").exists(), what="the start began")
    foreground.send_signal(signal.SIGINT)
    assert foreground.wait(30) == 0
    assert not directory.exists()


def test_a_detached_lab_outlives_its_command_and_goes_down(command_line: CommandLine) -> None:
    done = command_line.run("up", "--name", "quiet", "--clusters", "one", "--detach", "-o", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    state = msgspec.convert(answer["lab"], LabState)
    assert answer["running"]
    assert process.is_alive(state.supervisor)
    kubeconfig = command_line.run("kubeconfig", "--name", "quiet", "--path").stdout.strip()
    kubectl = [state.cluster("one").kubectl, f"--kubeconfig={kubeconfig}", "--context=quiet-one", "get", "namespaces"]
    assert "kube-system" in subprocess.run(kubectl, capture_output=True, text=True, check=True).stdout
    assert command_line.run("down", "--name", "quiet").returncode == 0
    assert not any(process.is_alive(ref) for ref in (state.supervisor, *state.all_processes))
    assert not Path(state.directory).exists()

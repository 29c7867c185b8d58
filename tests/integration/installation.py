"""A Gatewright server as a user runs it, ``gatewright up`` in a process of its own, for tests in a browser.

``Installation(home)`` starts and stops it (``kill`` as the kernel would), on the port that it once had; ``api`` asks it
as the operator. ``administrator`` makes the first person with the set-up code, as the page would.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from gatewright.lab.process import die_with_parent

PASSWORD = "correct horse battery 9"
ADMINISTRATOR = "wright"


class Installation:
    """One server, and its home, which outlives it."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.url = ""
        self.setup_code = ""
        self._environment = {**os.environ, "GATEWRIGHT_HOME": str(home), "GATEWRIGHT_LANG": "en", **environment}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Returns when it listens. The second time, on the same port."""
        port = self.url.rpartition(":")[2] or "0"
        log = (self.home.parent / f"{self.home.name}.log").open("ab")
        command = [sys.executable, "-m", "gatewright.cli", "up", "--port", port, "-o", "json"]
        with log:
            self._process = subprocess.Popen(
                command,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                preexec_fn=die_with_parent,  # also a run that is killed leaves no server
            )
        assert self._process.stdout is not None
        told = b""
        while not _whole(told):
            line = self._process.stdout.readline()
            assert line, f"the server ended: {Path(log.name).read_text()[-2000:]}"
            told += line
        facts = json.loads(told)
        self.url, self.setup_code = facts["url"], facts.get("setup_code") or ""

    def kill(self) -> None:
        """As the kernel would, without a word."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with process:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(how)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Asks as the operator; None for an answer without a body. Raises ``httpx.HTTPStatusError``."""
        token = (self.home / "operator-token").read_text().strip()
        answer = httpx.request(
            method,
            f"{self.url}/api/v1{path}",
            headers={"Authorization": f"Bearer {token}"},
            json=body,
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def administrator(self) -> None:
        """Sets the installation up: ``ADMINISTRATOR`` with ``PASSWORD``."""
        body = {"token": self.setup_code, "name": ADMINISTRATOR, "password": PASSWORD}
        httpx.post(f"{self.url}/api/v1/setup", json=body, timeout=60).raise_for_status()

    def person(self, name: str, **roles: str) -> None:
        """Makes a person with ``PASSWORD`` and, by team, a role in it."""
        self.api("PUT", f"/users/{name}", {"password": PASSWORD})
        for team, role in roles.items():
            self.api("PUT", f"/teams/{team}/members/{name}", {"role": role})

    def until(self, path: str, ready: Callable[[Any], Any], seconds: float = 120) -> Any:
        """Asks again and again until ``ready(answer)``."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.api("GET", path)
            if ready(answer):
                return answer
            assert time.monotonic() < deadline, f"{path}: {str(answer)[:2000]}"
            time.sleep(0.3)


def _whole(told: bytes) -> bool:
    try:
        json.loads(told)
    except ValueError:
        return False
    return True


Install = Callable[..., Installation]

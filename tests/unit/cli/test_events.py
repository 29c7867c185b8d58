"""``events`` and ``notification``: shown in both languages; an address is taken and never shown."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

Run = Callable[..., Any]


class Hook(BaseHTTPRequestHandler):
    seen: list[bytes]
    status: int

    def do_POST(self) -> None:
        type(self).seen.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(type(self).status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[tuple[str, Any]]:
    handler = type("Handler", (Hook,), {"seen": [], "status": 200})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/KEY-of-the-hook", handler
        server.shutdown()
        thread.join()


def test_events_are_told_in_order_and_filtered(run: Run) -> None:
    run("team", "create", "payments")
    run("team", "create", "orders")
    run("team", "delete", "orders", "--yes")
    assert run("events").out.count("\n") == 3
    [last] = run("events", "--limit", "1").out.splitlines()
    assert "info  team.delete  " in last
    assert last.endswith(" deleted team orders.")
    assert " 删除了团队 orders。\n" in run("events", "-n", "1", lang="zh").out
    found = json.loads(run("events", "--team", "orders", "--what", "team.", "-o", "json").out)
    assert [(e["what"], e["team"]) for e in found] == [("team.create", "orders"), ("team.delete", "orders")]
    assert run("events", "--cluster", "nowhere").out == "No events.\n"


def test_a_notification_is_added_tested_changed_and_removed(run: Run, hook: Any, tmp_path: Path) -> None:
    url, handler = hook
    (tmp_path / "url").write_text(url + "\n")
    told = [run("notification", "add", "ops", "--type", "webhook", "--url-file", str(tmp_path / "url"))]
    assert (told[0].code, told[0].out) == (0, "created  Notification ops\n")
    told.append(run("notification", "add", "ops", "--secret-file", "-", "--minimum", "error", stdin="Zq7-signing\n"))
    assert told[-1].out == "updated  Notification ops\n"
    [shown] = json.loads(run("notification", "list", "-o", "json").out)
    assert (shown["type"], shown["minimum"], shown["signed"]) == ("webhook", "error", True)
    told.append(run("notification", "test", "ops"))
    assert told[-1].out == "The test message of notification ops arrived.\n"
    assert b"notification.test" in handler.seen[0]
    handler.status = 503
    failed = run("notification", "test", "ops")
    assert failed.code == 9
    assert "notify.not-delivered" in failed.err
    assert "HTTP 503" in failed.err
    told += [failed, run("notification", "list"), run("export"), run("events"), run("notification", "deliveries")]
    told.append(run("notification", "remove", "ops", "--yes"))
    assert "No notification yet" in run("notification", "list").out
    for result in told:
        assert "KEY" not in result.out + result.err
        assert "Zq7" not in result.out + result.err


def test_a_teams_notification_is_named_with_its_team(run: Run, hook: Any, tmp_path: Path) -> None:
    url, handler = hook
    (tmp_path / "url").write_text(url)
    add = ("notification", "add", "ops", "--type", "webhook", "--url-file", str(tmp_path / "url"))
    run("team", "create", "payments")
    assert run(*add).out == "created  Notification ops\n"
    assert run(*add, "--team", "payments").out == "created  Notification payments.ops\n"
    changed = run("notification", "add", "ops", "--team", "payments", "--minimum", "error")
    assert changed.out == "updated  Notification payments.ops\n"
    listed = json.loads(run("notification", "list", "-o", "json").out)
    assert [(n.get("team", ""), n["minimum"]) for n in listed] == [("", "info"), ("payments", "error")]
    assert len(json.loads(run("notification", "list", "--team", "payments", "-o", "json").out)) == 1
    assert run("notification", "test", "ops", "-t", "payments").out == (
        "The test message of notification payments.ops arrived.\n"
    )
    assert json.loads(handler.seen[0])["notification"] == "payments.ops"
    removed = run("notification", "remove", "ops", "--team", "payments", "--yes")
    assert removed.out == "Notification payments.ops is removed.\n"
    gone = run("notification", "test", "ops", "--team", "payments")
    assert "Team payments has no notification named ops." in gone.err
    assert "gatewright notification list --team payments" in gone.err
    assert run("notification", "deliveries", "--team", "payments").out == "No deliveries.\n"
    assert "unknown-team-notification" in run("notification", "dead", "-t", "payments", "--notification", "ops").err
    assert json.loads(run("notification", "list", "-o", "json").out)[0]["name"] == "ops"


@pytest.mark.parametrize(
    ("arguments", "stdin", "code"),
    [
        (("add", "ops"), "", "cli.bad-value"),
        (("add", "ops", "--type", "slack"), "", "store.notification-without-address"),
        (("add", "ops", "--type", "email", "--url-file", "-"), "http://a/", "server.body"),
        (("add", "ops", "--type", "slack", "--url-file", "-"), "not an address", "notify.address"),
        (("add", "ops", "--type", "slack", "--url-file", "/nowhere/url"), "", "cli.file-unreadable"),
        (("add", "ops", "--type", "webhook", "--url-file", "-", "--secret-file", "-"), "x", "cli.bad-value"),
        (("test", "nobody"), "", "store.unknown-notification"),
        (("remove", "nobody", "--yes"), "", "store.unknown-notification"),
        (("test", "ops", "--team", "nobody"), "", "store.unknown-team"),
        (("list", "--team", "nobody"), "", "store.unknown-team"),
        (("retry", "d-x"), "", "store.unknown-delivery"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(run: Run, arguments: tuple[str, ...], stdin: str, code: str) -> None:
    result = run("notification", *arguments, stdin=stdin)
    assert result.code in (2, 4, 5)
    assert code in result.err
    assert "What to do:" in result.err
    assert run("notification", "dead").out == "No deliveries.\n"


def test_events_are_followed_across_processes_until_ctrl_c(run: Run) -> None:
    run("team", "create", "payments")
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "gatewright.cli", "events", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ, text=True) as process:
        assert process.stdout is not None
        assert "created team payments." in process.stdout.readline()
        run("team", "create", "orders")
        assert "created team orders." in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (out, "Traceback" in err) == ("", False)
    assert process.returncode == 130

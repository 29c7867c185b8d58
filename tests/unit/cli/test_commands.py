"""The commands, from words to exit codes, over the application in this process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

FLEET = """\
apiVersion: gatewright.io/v1alpha1
kind: Team
metadata: {name: payments}
---
apiVersion: gatewright.io/v1alpha1
kind: Stack
metadata: {name: edge}
spec: {team: payments, bundle: {version: v1.6.1}, controller: {name: traefik, version: 3.7.15}}
"""
Run = Callable[..., Any]


def test_manifests_round_trip(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    folder.mkdir()
    (folder / "fleet.yaml").write_text(FLEET)
    (folder / "ignored.txt").write_text("not a manifest")
    assert run("diff", "-f", str(folder)).code == 0
    applied = run("apply", "-f", str(folder))
    assert (applied.code, applied.out.splitlines()) == (0, ["created  Team payments", "created  Stack payments.edge"])
    exported = run("export")
    assert run("diff", "-f", "-", stdin=exported.out).code == 3
    again = run("apply", "-f", "-", "-o", "json", stdin=exported.out)
    assert {change["verb"] for change in json.loads(again.out)} == {"unchanged"}
    assert list(yaml.safe_load_all(exported.out)) == json.loads(run("export", "-o", "json").out)


@pytest.mark.parametrize(
    ("arguments", "code", "exit"),
    [
        (("frob",), "cli.no-such-command", 2),
        (("team", "frob"), "cli.no-such-command", 2),
        (("team", "list", "--frob"), "cli.no-such-option", 2),
        (("team", "create"), "cli.missing-argument", 2),
        (("apply",), "cli.missing-argument", 2),
        (("team", "list", "extra"), "cli.usage", 2),
        (("team", "list", "-o", "xml"), "cli.bad-value", 2),
        (("up", "--port", "99999"), "cli.bad-parameter", 2),
        (("team", "create", "UPPER"), "model.invalid-name", 2),
        (("team", "create", "ok", "-n", "kube-system"), "model.reserved-namespace", 2),
        (("team", "show", "nobody"), "store.unknown-team", 4),
        (("team", "delete", "nobody", "--yes"), "store.unknown-team", 4),
        (("team", "delete", "nobody"), "cli.not-confirmed", 10),
        (("apply", "-f", "/nowhere.yaml"), "cli.file-unreadable", 2),
        (("apply", "-f", "-"), "manifest.", 2),
        (("plan",), "cli.no-team", 2),
        (("plan", "nobody"), "store.unknown-team", 4),
        (("rollout", "start", "12345678"), "store.unknown-plan", 4),
        (("rollout", "show", "r-1"), "store.unknown-rollout", 4),
        (("rollout", "pause", "r-1"), "store.unknown-rollout", 4),
        (("unbind", "payments"), "cli.bad-value", 2),
        (("unbind", "a/b/c"), "cli.bad-value", 2),
        (("use", "/x"), "cli.bad-value", 2),
        (("use", "nobody"), "store.unknown-team", 4),
        (("get", ","), "cli.bad-value", 2),
        (("errors", "kube.unreachible"), "cli.unknown-code", 4),
        (("cluster", "add", "a"), "kube.kubeconfig-none", 2),
        (("cluster", "add", "a", "--kubeconfig", "/nowhere"), "kube.kubeconfig-missing", 2),
        (("cluster", "add", "a", "--kubeconfig", "-"), "cli.file-unreadable", 2),
        (("cluster", "add", "a", "--custody", "mine"), "cli.bad-value", 2),
        (("cluster", "custody", "a", "mine"), "cli.bad-value", 2),
        (("cluster", "show", "ghost"), "store.unknown-cluster", 4),
        (("bundle", "show", "v9.9.9"), "bundle.unknown", 4),
        (("bundle", "show", "v1.6.1", "--channel", "nightly"), "server.parameter", 2),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_bad_input_is_explained(run: Run, arguments: tuple[str, ...], code: str, exit: int, lang: str) -> None:
    result = run(*arguments, lang=lang, stdin="kind: [" if arguments[-1] == "-" and arguments[0] == "apply" else "")
    assert result.code == exit, result.err
    first, sentence, *_ = result.err.splitlines()
    assert first.startswith(f"{'错误' if lang == 'zh' else 'Error'} {code}")
    assert sentence
    assert ("处理办法" if lang == "zh" else "What to do") in result.err
    assert "Traceback" not in result.err
    assert result.out == ""


def test_every_problem_of_a_manifest_is_listed(run: Run) -> None:
    bad = FLEET.replace("name: payments}", "name: UPPER}").replace("version: v1.6.1", "versoin: v1.6.1")
    result = run("apply", "-f", "-", stdin=bad)
    assert result.code == 2
    assert "-:3 metadata.name" in result.err
    assert "-:8 spec.bundle" in result.err


def test_the_context_is_remembered(run: Run) -> None:
    run("team", "create", "payments")
    assert run("use").out.startswith("No team is chosen")
    assert run("use", "payments").code == 0
    assert run("use", "-o", "json").out == '{\n  "team": "payments"\n}\n'
    assert run("use", "payments/nowhere").code == 4
    assert run("plan").code == 2
    assert run("use", "--clear").code == 0
    assert run("plan").err.startswith("Error cli.no-team")


def test_a_damaged_context_is_named(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "home" / "config" / "context.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")
    result = run("use")
    assert (result.code, str(file) in result.err.replace("\n", "")) == (9, True)


def test_a_cluster_comes_and_goes(run: Run, tmp_path: Path, kubernetes: Any) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(kubernetes.kubeconfig())
    added = run("cluster", "add", "shanghai", "--kubeconfig", str(file), "--context", "c")
    assert added.code == 0, added.err
    assert "Kubernetes v1.36.0" in added.out
    twice = run("cluster", "add", "beijing", "--kubeconfig", "-", stdin=kubernetes.kubeconfig())
    assert (twice.code, "store.cluster-exists" in twice.err, "shanghai" in twice.err) == (5, True, True)
    run("team", "create", "payments")
    assert run("bind", "payments", "shanghai", "-n", "pay").out == "created  Binding payments.shanghai\n"
    assert json.loads(run("team", "show", "payments", "-o", "json").out)["bindings"] == [
        {"cluster": "shanghai", "namespace": "pay", "team": "payments"}
    ]
    assert run("use", "payments/shanghai").out == "payments/shanghai\n"
    assert run("cluster", "remove", "shanghai", "--yes").code == 5
    told = json.loads(run("cluster", "custody", "shanghai", "observe", "-o", "json").out)
    assert told["spec"]["custody"] == "observe"
    rotated = run("cluster", "rotate", "shanghai", "--kubeconfig", "-", stdin=kubernetes.kubeconfig(token="another"))
    assert rotated.code == 0, rotated.err
    kubernetes.answers["/api/v1/namespaces/kube-system"]["metadata"]["uid"] = "99999999-2222-3333-4444-555555555555"
    other = run("cluster", "rotate", "shanghai", "--kubeconfig", "-", stdin=kubernetes.kubeconfig())
    assert (other.code, "store.credential-elsewhere" in other.err) == (5, True), other.err


@pytest.mark.parametrize(("status", "code", "exit"), [(401, "kube.unauthorized", 8), (403, "kube.forbidden", 8)])
def test_a_cluster_that_refuses_is_not_kept(run: Run, kubernetes: Any, status: int, code: str, exit: int) -> None:
    kubernetes.answers["/api/v1/namespaces/kube-system"] = status
    result = run("cluster", "add", "shanghai", "--kubeconfig", "-", stdin=kubernetes.kubeconfig())
    assert (result.code, code in result.err, "shanghai" in result.err) == (exit, True, True), result.err
    assert run("cluster", "list", "-o", "json").out == "[]\n"


def test_status_keeps_what_cannot_be_reached(run: Run, kubernetes: Any) -> None:
    run("cluster", "add", "shanghai", "--kubeconfig", "-", "--insecure-skip-tls-verify", stdin=kubernetes.kubeconfig())
    kubernetes.answers.clear()
    result = run("status")
    assert result.code == 0
    assert "TLS not verified" in result.out
    assert "shanghai" in result.out


def test_the_access_that_is_needed(run: Run) -> None:
    documents = list(yaml.safe_load_all(run("cluster", "access", "--namespace", "ops").out))
    assert {d["kind"] for d in documents} >= {"ServiceAccount", "ClusterRole", "ClusterRoleBinding"}
    assert run("cluster", "access", "-n", "UPPER").code == 2


def test_an_error_is_explained_by_its_code(run: Run) -> None:
    assert "cannot be reached" in run("errors", "kube.unreachable").out
    listed = json.loads(run("errors", "-o", "json").out)
    assert len(listed) > 100
    assert all(set(entry["message"]) == {"en", "zh"} for entry in listed)


def test_ctrl_c_is_130(tmp_path: Path) -> None:
    """A real server, interrupted by a real signal."""
    environ = {**os.environ, "GATEWRIGHT_HOME": str(tmp_path), "GATEWRIGHT_LANG": "en"}
    command = [sys.executable, "-c", "import sys; from gatewright.cli.main import main; sys.exit(main())", "up"]
    with subprocess.Popen([*command, "--port", "0", "-o", "json"], stdout=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        told = json.loads(b"".join(iter(process.stdout.readline, b"}\n")) + b"}")
        assert told["url"].startswith("http://127.0.0.1:")
        assert Path(told["token_file"]).stat().st_mode & 0o777 == 0o600
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


def test_a_server_that_is_not_there_or_not_ours(run: Run, kubernetes: Any) -> None:
    gone = run("team", "list", GATEWRIGHT_SERVER="http://127.0.0.1:1")
    assert (gone.code, "cli.server-unreachable" in gone.err) == (9, True)
    other = run("team", "list", GATEWRIGHT_SERVER=kubernetes.server)
    assert (other.code, "cli.not-our-server" in other.err) == (9, True)
    wrong = run("team", "list", GATEWRIGHT_SERVER="localhost:8770")
    assert (wrong.code, "server.setting" in wrong.err) == (2, True)

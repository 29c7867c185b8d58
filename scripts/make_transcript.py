"""Writes the transcript and the picture of the README from a real run on three lab clusters (about two minutes).

    python scripts/make_transcript.py

It makes a lab of its own, puts an unrelated namespace and older CRDs where the story needs them, runs ``gatewright``,
and puts what was printed between ``<!-- transcript: NAME -->`` and ``<!-- end -->`` on the pages, as it is, and the
picture into docs/images. Nothing of it is left running. Go is needed for the files of the older release.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from gatewright.lab.backend import backend_objects

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "docs" / "transcript.md"]
PROGRAM = [sys.executable, "-c", "import sys; from gatewright.cli.main import main; sys.exit(main())"]
CLUSTERS = ("beijing", "shanghai", "shenzhen")
BACKENDS = {"shanghai": "shop-v2"}
"""Clusters whose route names another backend, which is not there."""
WIDTH = 100
_BLOCK = re.compile(r"(<!-- transcript: ([a-z-]+) -->\n```\w*\n).*?(```\n<!-- end -->)", re.DOTALL)
_CURSOR = re.compile(r"\A(?:\x1b\[\??\d*[hlAK]|[\r\n])+")
_SPINNER = re.compile("[\u2800-\u28ff] ")
FLEET = """\
apiVersion: gatewright.io/v1alpha1
kind: Team
metadata: {name: payments}
---
apiVersion: gatewright.io/v1alpha1
kind: Stack
metadata: {name: edge}
spec:
  team: payments
  bundle: {version: v1.6.1, channel: standard}
  controller: {name: traefik, version: 3.7.15, ports: [8000]}
  drift: heal
"""
SHOP = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: payments}
spec:
  gatewayClassName: traefik
  listeners:
  - {name: http, port: 8000, protocol: HTTP, allowedRoutes: {namespaces: {from: Same}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop, namespace: payments}
spec:
  parentRefs: [{name: web}]
  hostnames: [shop.example.com]
  rules: [{backendRefs: [{name: BACKEND, port: 80}]}]
"""
BINDING = """\
---
apiVersion: gatewright.io/v1alpha1
kind: Binding
spec: {team: payments, cluster: CLUSTER, namespace: payments, stack: edge}
"""


class Terminal:
    """Runs ``gatewright`` in a world of its own and keeps what a person would see, with its colours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GATEWRIGHT_", "KUBECONFIG"))}
        cache = {k: v for k, v in os.environ.items() if k == "GATEWRIGHT_LAB_CACHE"}
        lab_home = {"GATEWRIGHT_HOME": str(folder / "home"), "GATEWRIGHT_LAB_HOME": str(folder / "lab")}
        self.environment = {**kept, **cache, **lab_home, "COLUMNS": str(WIDTH)}

    def run(self, line: str, *, colour: bool = True, language: str = "en") -> str:
        """The prompt, the line, and what it printed, with ANSI colours."""
        painted = {"FORCE_COLOR": "1"} if colour else {"NO_COLOR": "1"}
        done = subprocess.run(
            [*PROGRAM, *line.split()[1:]],
            env={**self.environment, **painted, "GATEWRIGHT_LANG": language},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print(f"$ {line}  ({done.returncode})", file=sys.stderr)
        return f"$ {line}\n{without_spinner(done.stdout)}"

    def until(self, line: str, wanted: Callable[[str], bool]) -> None:
        """Asks again until the answer is as ``wanted``. Raises ``TimeoutError`` after a minute."""
        deadline = time.monotonic() + 60
        while not wanted(self.run(line, colour=False)):
            if time.monotonic() > deadline:
                raise TimeoutError(line)
            time.sleep(0.5)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """A server of this world, which the lines in between speak to."""
        environment = {**self.environment, "GATEWRIGHT_PROBE_LOOPBACK": "1", "GATEWRIGHT_LANG": "en"}
        command = [*PROGRAM, "up", "--port", "0"]
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as server:
            try:
                assert server.stdout is not None
                said = re.search(r"http://[\w.:]*\d", server.stdout.readline())
                assert said is not None
                token = (self.folder / "home" / "operator-token").read_text(encoding="utf-8").strip()
                self.environment |= {"GATEWRIGHT_SERVER": said[0], "GATEWRIGHT_TOKEN": token}
                yield
            finally:
                del self.environment["GATEWRIGHT_SERVER"], self.environment["GATEWRIGHT_TOKEN"]
                server.terminate()

    def kubectl(self, state: Mapping[str, str], *arguments: str, given: str = "") -> None:
        command = [state["kubectl"], "--kubeconfig", state["kubeconfig"], *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, input=given, text=True)


def without_spinner(printed: str) -> str:
    """What is left on a terminal: the line that says that something takes a moment is erased when it is over."""
    lines = printed.splitlines(keepends=True)
    spinning = [i for i, line in enumerate(lines) if _SPINNER.match(Text.from_ansi(line).plain.lstrip())]
    return _CURSOR.sub("", "".join(lines[spinning[-1] + 1 :])) if spinning else printed


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="gatewright-transcript-"))
    terminal = Terminal(folder)
    try:
        terminal.run(f"gatewright lab up --name lab --clusters {','.join(CLUSTERS)} --detach", colour=False)
        state = answer(terminal.run("gatewright lab status --name lab -o json", colour=False))["lab"]
        terminal.environment["KUBECONFIG"] = str(Path(state["directory"]) / "kubeconfig")
        clusters = {c["name"]: c for c in state["clusters"]}
        prepare(terminal, clusters)
        blocks = play(terminal)
        with terminal.serving():
            blocks |= watch(terminal, state)
        write(blocks)
    finally:
        terminal.run("gatewright lab down --name lab", colour=False)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def prepare(terminal: Terminal, clusters: Mapping[str, Mapping[str, str]]) -> None:
    """An unrelated namespace of the controller's name on two clusters; older CRDs of kubectl on the third."""
    for name in CLUSTERS[:2]:
        terminal.kubectl(clusters[name], "create", "namespace", "traefik")
    command = ["go", "mod", "download", "-json", "sigs.k8s.io/gateway-api@v1.4.1"]
    module = json.loads(subprocess.run(command, capture_output=True, check=True, cwd="/").stdout)
    files = str(Path(module["Dir"]) / "config" / "crd" / "standard")
    terminal.kubectl(clusters[CLUSTERS[2]], "apply", "--server-side", "-f", files)


def play(terminal: Terminal) -> dict[str, str]:
    """The blocks by name, with colours."""
    bindings = "".join(BINDING.replace("CLUSTER", name) for name in CLUSTERS)
    (terminal.folder / "payments.yaml").write_text(FLEET + bindings, encoding="utf-8")
    added = [terminal.run(f"gatewright cluster add {name} --context lab-{name}") for name in CLUSTERS]
    again = terminal.run("gatewright cluster add capital --context lab-beijing")
    applied = terminal.run("gatewright apply -f payments.yaml")
    one = terminal.run("gatewright plan payments --cluster shanghai")
    one_zh = terminal.run("gatewright plan payments --cluster shanghai", language="zh")
    stopped = terminal.run("gatewright plan payments")
    adopted = terminal.run("gatewright adopt shenzhen --yes")
    ran = terminal.run("gatewright rollout start --team payments --yes", colour=False)
    listed = terminal.run("gatewright rollout list -o json", colour=False)
    shown = terminal.run(f"gatewright rollout show {answer(listed)[0]['id']}")
    nothing = terminal.run("gatewright plan payments")
    status = terminal.run("gatewright status --team payments")
    status_zh = terminal.run("gatewright status --team payments", language="zh")
    left = terminal.run("gatewright plan payments --leave --cluster shanghai")
    return {
        "register": "\n".join((*added, again)),
        "apply": applied,
        "plan": one,
        "plan-zh": one_zh,
        "stopped": stopped,
        "adopt": adopted,
        "rollout": ran,
        "rollout-show": shown,
        "nothing": nothing,
        "status": status,
        "status-zh": status_zh,
        "leave": left,
        "picture": "\n".join((one, status)),
        "picture-zh": "\n".join((one_zh, status_zh)),
    }


def watch(terminal: Terminal, state: Mapping[str, Any]) -> dict[str, str]:
    """What a server sees: a route without its backend on one cluster, and a CRD that somebody changes on another."""
    clusters = {c["name"]: c for c in state["clusters"]}
    backend = state["backend"]
    ports = {entry["cluster"]: entry["port"] for entry in backend["ports"]}
    for name, cluster in clusters.items():
        service, endpoints = backend_objects("payments", "shop", backend["address"], ports[name])
        service["spec"]["ports"][0]["port"] = 80
        route = SHOP.replace("BACKEND", BACKENDS.get(name, "shop"))
        given = "\n---\n".join((route, json.dumps(service), json.dumps(endpoints)))
        terminal.kubectl(cluster, "apply", "-f", "-", given=given)
    terminal.until("gatewright health -o json", lambda told: answer(told)["clusters"] == {"degraded": 1, "healthy": 2})
    seen = {
        "health": terminal.run("gatewright health"),
        "health-zh": terminal.run("gatewright health", language="zh"),
        "explain": terminal.run("gatewright explain httproute/shop --cluster shanghai"),
        "explain-zh": terminal.run("gatewright explain httproute/shop --cluster shanghai", language="zh"),
        "probes": terminal.run("gatewright probes run"),
        "hostnames": terminal.run("gatewright hostnames shop.example.com"),
        "versions": terminal.run("gatewright versions"),
    }
    crd, patch = "crd/grpcroutes.gateway.networking.k8s.io", '{"spec": {"names": {"shortNames": ["gr"]}}}'
    terminal.kubectl(clusters["beijing"], "patch", crd, "--type", "merge", "-p", patch)
    terminal.until("gatewright drift list --closed -o json", lambda told: '"healed"' in told)
    return seen | {
        "drift": terminal.run("gatewright drift list --closed"),
        "drift-zh": terminal.run("gatewright drift list --closed", language="zh"),
        "events": terminal.run("gatewright events --limit 8"),
    }


def answer(printed: str) -> Any:
    """The JSON below the prompt."""
    return json.loads(printed.partition("\n")[2])


def write(blocks: Mapping[str, str]) -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(_BLOCK.sub(lambda m: m[1] + plain(blocks[m[2]]) + m[3], text), encoding="utf-8")
    for name, file in (("picture", "plan-and-status.svg"), ("picture-zh", "plan-and-status.zh.svg")):
        console = Console(record=True, width=WIDTH, file=(sink := open(os.devnull, "w")))  # noqa: SIM115
        with sink:
            console.print(Text.from_ansi(blocks[name]))
        svg = console.export_svg(title="gatewright", unique_id="gatewright")
        # without the fonts that it would fetch from elsewhere
        local = re.sub(r"\s*@font-face \{.*?\n    \}", "", svg, flags=re.DOTALL)
        (ROOT / "docs" / "images" / file).write_text(local, encoding="utf-8")


def plain(block: str) -> str:
    lines = (line.rstrip() for line in Text.from_ansi(block).plain.splitlines())
    return "\n".join(lines).strip("\n") + "\n"


if __name__ == "__main__":
    sys.exit(main())

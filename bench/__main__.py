"""Three questions, each answered as a ratio of two times taken in turns in this run.

1. A fresh install of the v1.6.1 standard CRDs and policy, planned and applied until every kind is served, against
   ``kubectl apply --server-side`` and ``kubectl wait --for=condition=Established`` (goal: at most 0.7).
2. Planning an unchanged cluster, against ``kubectl diff`` on the same files (goal: at most 0.1).
3. Ten clusters in sequence, against ten times one (goal: at most 1).
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

from bench.fleet import Measured, gatewright, install, running_lab
from gatewright.lab.state import ClusterState

ROUNDS = 5
CLUSTERS = 10


def kubectl(cluster: ClusterState, *arguments: str, ok: tuple[int, ...] = (0,)) -> None:
    command = [cluster.kubectl, "--kubeconfig", cluster.kubeconfig, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in ok:
        raise RuntimeError(f"{' '.join(arguments[:3])}: {done.stderr}")


def clean(cluster: ClusterState, files: Path) -> None:
    """Back to a cluster without Gateway API."""
    kubectl(cluster, "delete", "--ignore-not-found", "--wait", "-f", str(files))
    kubectl(cluster, "delete", "--ignore-not-found", "--wait", "namespace", "bench")
    time.sleep(1)


def kubectl_install(cluster: ClusterState, files: Path) -> None:
    kubectl(cluster, "apply", "--server-side", "-f", str(files))
    crds = [f"crd/{name}" for name in crd_names(files)]
    kubectl(cluster, "wait", "--for=condition=Established", "--timeout=60s", *crds)


def crd_names(files: Path) -> list[str]:
    return [p.stem for p in sorted(files.iterdir()) if p.stem.endswith((".k8s.io",)) and "safe" not in p.stem]


async def seconds(action: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await action()
    return time.perf_counter() - start


def show(name: str, ours: list[float], theirs: list[float], goal: float) -> None:
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    print(
        f"{name:<34} {median(ours):8.3f} s {median(theirs):8.3f} s   ratio {ratio:5.2f}   "
        f"goal {goal:4.2f}   {'held' if ratio <= goal else 'MISSED'}",
        flush=True,
    )


async def fresh_install(cluster: ClusterState, files: Path) -> None:
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        clean(cluster, files)
        theirs.append(await seconds(lambda: asyncio.to_thread(kubectl_install, cluster, files)))
        clean(cluster, files)
        async with gatewright([cluster]) as measured:
            ours.append(await seconds(lambda measured=measured: install(measured, [cluster.name])))
    show("fresh install / kubectl apply+wait", ours, theirs, 0.7)


async def unchanged_plan(cluster: ClusterState, files: Path) -> None:
    clean(cluster, files)
    async with gatewright([cluster]) as measured:
        await install(measured, [cluster.name])
        ours: list[float] = []
        theirs: list[float] = []
        diff = ("diff", "--server-side", "--field-manager=gatewright", "-f", str(files))
        for _ in range(ROUNDS):
            theirs.append(await seconds(lambda: asyncio.to_thread(kubectl, cluster, *diff, ok=(0, 1))))
            ours.append(await seconds(lambda: nothing_to_do(measured)))
    show("plan, unchanged / kubectl diff", ours, theirs, 0.1)


async def nothing_to_do(measured: Measured) -> None:
    plan = await measured.rollouts.plan("bench", who="bench")
    if plan.outcome != "nothing":
        raise RuntimeError(f"the plan is {plan.outcome}")


async def ten_in_sequence(clusters: tuple[ClusterState, ...], files: Path) -> None:
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(2):
        for cluster in clusters:
            clean(cluster, files)
        async with gatewright(clusters) as measured:
            one = await seconds(lambda measured=measured: install(measured, [clusters[0].name]))
        clean(clusters[0], files)
        async with gatewright(clusters) as measured:
            names = [cluster.name for cluster in clusters]
            ours.append(await seconds(lambda measured=measured, names=names: install(measured, names)))
        theirs.append(one * len(clusters))
    show(f"{len(clusters)} clusters / {len(clusters)} x one", ours, theirs, 1.0)


async def main() -> None:
    async with running_lab(CLUSTERS) as clusters:
        print(f"{'':<34} {'Gatewright':>10} {'other':>10}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            files = Path(folder)
            async with gatewright(clusters[:1]) as measured:
                for manifest in (*measured.bundle.crds, *measured.bundle.policy):
                    name = f"{manifest['metadata']['name']}"
                    suffix = "" if manifest["kind"] == "CustomResourceDefinition" else f"-{manifest['kind'].lower()}"
                    (files / f"{name}{suffix}.json").write_text(json.dumps(manifest))
            await fresh_install(clusters[0], files)
            await unchanged_plan(clusters[0], files)
            await ten_in_sequence(clusters, files)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

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

from bench.fleet import Measured, Pool, gatewright, install, pool
from gatewright.lab.state import ClusterState

ROUNDS = 5
CLUSTERS = 10


def kubectl(cluster: ClusterState, *arguments: str, ok: tuple[int, ...] = (0,)) -> None:
    command = [cluster.kubectl, "--kubeconfig", cluster.kubeconfig, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in ok:
        raise RuntimeError(f"{' '.join(arguments[:3])}: {done.stderr}")


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


async def fresh_install(labs: Pool, files: Path) -> None:
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        async with labs.clusters(2) as (first, second):
            theirs.append(await seconds(lambda first=first: asyncio.to_thread(kubectl_install, first, files)))
            async with gatewright([second]) as measured:
                ours.append(await seconds(lambda measured=measured, name=second.name: install(measured, [name])))
    show("fresh install / kubectl apply+wait", ours, theirs, 0.7)


async def unchanged_plan(labs: Pool, files: Path) -> None:
    async with labs.clusters(1) as (cluster,), gatewright([cluster]) as measured:
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


async def ten_in_sequence(labs: Pool) -> None:
    """One cluster is timed before the ten and after them, so that a machine that slows down is seen."""
    ones: list[float] = []
    async with labs.clusters(CLUSTERS + 2) as clusters, gatewright(clusters) as measured:
        ones.append(await seconds(lambda: install(measured, [clusters[0].name])))
        names = [cluster.name for cluster in clusters[1:-1]]
        ten = await seconds(lambda: install(measured, names))
        ones.append(await seconds(lambda: install(measured, [clusters[-1].name])))
    show(f"{CLUSTERS} clusters / {CLUSTERS} x one", [ten], [median(ones) * CLUSTERS], 1.0)


async def main() -> None:
    async with pool() as labs:
        print(f"{'':<34} {'Gatewright':>10} {'other':>10}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            files = Path(folder)
            await write_bundle(files)
            await fresh_install(labs, files)
            await unchanged_plan(labs, files)
            await ten_in_sequence(labs)


async def write_bundle(files: Path) -> None:
    async with gatewright([]) as measured:
        for manifest in (*measured.bundle.crds, *measured.bundle.policy):
            suffix = "" if manifest["kind"] == "CustomResourceDefinition" else f"-{manifest['kind'].lower()}"
            (files / f"{manifest['metadata']['name']}{suffix}.json").write_text(json.dumps(manifest))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

"""Real clusters for integration tests.

Fixtures (all synchronous, usable from ``async def`` tests too):

- ``cluster``: one cluster of the test module's own, removed after the module. Prefer this one: about three seconds.
- ``cluster_factory``: ``cluster_factory(kubernetes="1.34")`` makes more of them, removed after the module.
- ``lab``: three shared clusters, ``alpha``, ``beta`` and ``gamma``, made once per run: ``lab.cluster("alpha")``.
  Clean up what you make there, and use namespaces of your own.
- ``gateway_api``: the folder of the v1.6.1 standard CRDs and policy, for ``cluster.kubectl("apply", "-f", ...)``.

All clusters are ``handles.ClusterHandle``s: where it is (``state``, ``kubeconfig``, ``backend``), ``kubectl``,
``apply``, ``json``, ``get`` (HTTP to its gateway), and ``stop_apiserver``, ``start_apiserver``, ``kill_apiserver``.
``manifests`` has objects to apply. One lab process serves the whole run; it ends with pytest, also when that is
killed. Binaries come from the cache; ``python -m gatewright.lab prepare`` fills it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import manifests
import pytest
from handles import ClusterFactory, ClusterHandle, LabHandle, running_lab

from gatewright.lab import places

LONGEST = (
    "test_story.py",
    "browser/test_story.py",
    "test_watchers.py",
    "test_hostile.py",
    "browser/test_axe.py",
    "test_drift.py",
    "browser/test_operations.py",
    "test_faults.py",
    "browser/test_thousand.py",
    "test_kill.py",
    "test_rollout_steps.py",
    "test_schemathesis.py",
    "test_simulator.py",
    "test_leaving.py",
    "browser/test_clusters.py",
    "test_preflight.py",
    "test_adoption.py",
    "test_lab_kubernetes.py",
    "test_probes.py",
    "test_catalogue.py",
    "browser/test_people.py",
    "browser/test_doors.py",
    "browser/test_forms.py",
    "test_rollout_access.py",
)
"""Modules by how long they take: they begin first, so that a run does not end with one worker on a long one."""


# A run waits for processors, not for memory: what is written in Go collects its garbage seldom (a fifth less to do).
os.environ.setdefault("GOGC", "400")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    ranks = {here / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


@pytest.fixture(scope="session")
def lab_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHandle]:
    """The lab's process, with no cluster yet."""
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="session")
def lab(lab_process: LabHandle) -> LabHandle:
    """Three clusters shared by the run: alpha, beta, gamma."""
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda name: lab_process.ask("add-cluster", name), places.default_names(3)))
    return lab_process


@pytest.fixture(scope="module")
def cluster_factory(lab_process: LabHandle) -> Iterator[ClusterFactory]:
    """Makes clusters that are removed after the module; skips if the minor's binaries are not in the cache."""
    made: list[str] = []

    def make(*, kubernetes: str | None = None) -> ClusterHandle:
        if kubernetes and not (places.cache() / "lab" / kubernetes).is_dir():
            pytest.skip(f"run: python -m gatewright.lab prepare --kubernetes {kubernetes}")
        name = f"x{secrets.token_hex(3)}"
        lab_process.ask("add-cluster", name, kubernetes)
        made.append(name)
        return lab_process.cluster(name)

    yield make
    for name in made:
        lab_process.ask("remove-cluster", name)


@pytest.fixture(scope="module")
def cluster(cluster_factory: ClusterFactory) -> ClusterHandle:
    """One cluster of the module's own."""
    return cluster_factory()


@pytest.fixture(scope="session")
def gateway_api() -> Path:
    """The folder with the v1.6.1 standard CRDs and admission policy."""
    return manifests.gateway_api_crds()

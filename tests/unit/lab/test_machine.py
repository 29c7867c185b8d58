"""What a machine lacks is said before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.lab import machine, places, releases
from gatewright.lab.errors import BadName, TooLittleDisk, TooLittleMemory, UnknownKubernetes, WrongPlatform


def test_too_little_memory_says_how_many_clusters_would_fit(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 4000000 kB\nMemAvailable:    1000000 kB\n")
    machine.check_memory(2, meminfo)
    with pytest.raises(TooLittleMemory) as caught:
        machine.check_memory(3, meminfo)
    assert caught.value.report.params == {"available": 1000, "needed": 1350, "clusters": 3, "fitting": 2}
    assert "2" in caught.value.report.remedy("en")
    machine.check_memory(1000, tmp_path / "none")


def test_too_little_disk(tmp_path: Path) -> None:
    machine.check_disk(tmp_path, needed=0)
    with pytest.raises(TooLittleDisk):
        machine.check_disk(tmp_path, needed=10**12)


def test_linux_only() -> None:
    machine.check_platform("linux")
    with pytest.raises(WrongPlatform):
        machine.check_platform("darwin")


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a_b", "a" * 41, "../up", "a b", "名"])
def test_names_that_kubernetes_or_a_folder_would_refuse(name: str) -> None:
    with pytest.raises(BadName):
        places.lab_directory(name)


def test_a_cluster_is_named_once() -> None:
    with pytest.raises(BadName):
        places.checked_names(["a", "b", "a"])


def test_default_names_are_names() -> None:
    names = places.default_names(60)
    assert len(names) == 60
    assert places.checked_names(names) == names
    assert names[:3] == ("alpha", "beta", "gamma")


def test_every_release_has_its_sources() -> None:
    for release in (releases.ETCD, *(releases.kubernetes(minor) for minor in releases.minors())):
        module = (release.sources / "go.mod").read_text()
        assert f" v{release.version}" in module
        assert (release.sources / "go.sum").is_file()
        for package in release.packages.values():
            assert package in module
    with pytest.raises(UnknownKubernetes):
        releases.kubernetes("1.99")

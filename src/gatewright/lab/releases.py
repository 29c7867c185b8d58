"""Which Kubernetes and etcd releases a lab can run, and where official builds of them are published."""

from __future__ import annotations

import platform
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from gatewright.lab.errors import UnknownKubernetes

DEFAULT_MINOR: Final = "1.36"
ETCD_VERSION: Final = "3.6.16"
KUBERNETES_DOWNLOADS: Final = "https://dl.k8s.io"
ETCD_DOWNLOADS: Final = "https://github.com/etcd-io/etcd/releases/download"
KUBERNETES_BINARIES: Final = ("kube-apiserver", "kube-controller-manager", "kubectl")
_VERSIONS: Final = {"1.36": "1.36.3", "1.34": "1.34.4", "1.30": "1.30.14"}


class Release(msgspec.Struct, frozen=True):
    """Something to build or download: ``name`` is its folder in the cache and in ``lab/build``."""

    name: str
    version: str
    packages: dict[str, str]
    """Go package by binary name."""
    minutes: int
    """A cold build on two cores."""

    @property
    def title(self) -> str:
        """As people call it: ``Kubernetes 1.36.3``."""
        return f"{'etcd' if self.name == 'etcd' else 'Kubernetes'} {self.version}"

    @property
    def sources(self) -> Path:
        """The folder with ``go.mod`` and ``go.sum``."""
        return Path(str(resources.files("gatewright.lab"))) / "build" / self.name

    def linker_flags(self) -> str:
        """Kubernetes reports ``v0.0.0-master`` unless its version is linked in."""
        if self.name == "etcd":
            return "-s -w"
        major, minor, _ = self.version.split(".")
        at = "k8s.io/component-base/version"
        stamps = {"gitVersion": f"v{self.version}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
        return " ".join(["-s -w", *(f"-X {at}.{key}={value}" for key, value in stamps.items())])


ETCD: Final = Release("etcd", ETCD_VERSION, {"etcd": "go.etcd.io/etcd/server/v3"}, 1)


def minors() -> tuple[str, ...]:
    """The Kubernetes minors that a lab can run, the default first."""
    return tuple(_VERSIONS)


def kubernetes(minor: str) -> Release:
    """The release of a minor such as ``1.36``. Raises ``UnknownKubernetes``."""
    if minor not in _VERSIONS:
        raise UnknownKubernetes(minor=minor, known=", ".join(_VERSIONS))
    packages = {name: f"k8s.io/kubernetes/cmd/{name}" for name in KUBERNETES_BINARIES}
    return Release(minor, _VERSIONS[minor], packages, 6)


def architecture() -> str:
    """This machine, as Go and the release pages call it."""
    machine = platform.machine().lower()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)

"""Order among versions: of releases (``v1.6.1-rc.1``) and of Kubernetes (``v1.36.2+k3s1``)."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

VersionKey: TypeAlias = tuple[int, int, int, int, str]

_SEMVER: Final = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")
_MINOR: Final = re.compile(r"v?(\d+)\.(\d+)")


def version_key(version: str) -> VersionKey | None:
    """A key that sorts versions as semantic versioning does (a pre-release before its release; pre-releases of one
    version by text); None for what is no version, such as the name of a monthly build."""
    match = _SEMVER.fullmatch(version)
    if match is None:
        return None
    major, minor, patch, pre = match.groups()
    return (int(major), int(minor), int(patch or 0), 0 if pre else 1, pre or "")


def older(version: str, than: str) -> bool:
    """Whether ``version`` precedes ``than``; False where either is no version."""
    left, right = version_key(version), version_key(than)
    return left is not None and right is not None and left < right


def kubernetes_minor(version: str) -> tuple[int, int]:
    """``(1, 36)`` of ``v1.36.2+k3s1`` or ``1.36``. Raises ``ValueError`` for anything else."""
    match = _MINOR.match(version)
    if match is None:
        raise ValueError(f"not a Kubernetes version: {version!r}")
    return int(match[1]), int(match[2])

"""Whether this machine can carry a lab; checked before anything is started."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from gatewright.lab.errors import TooLittleDisk, TooLittleMemory, WrongPlatform

# API server 300 MB, etcd 40, controller manager 60, a gateway controller about 100 when there is one
CLUSTER_MB = 450
_LAB_DISK_MB = 1000


def check_platform(platform: str = sys.platform) -> None:
    """Raises ``WrongPlatform`` anywhere but on Linux."""
    if not platform.startswith("linux"):
        raise WrongPlatform(platform=platform)


def check_memory(clusters: int, meminfo: Path = Path("/proc/meminfo")) -> None:
    """Raises ``TooLittleMemory``; a machine that does not say how much it has is trusted."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return
    if found and int(found[1]) // 1000 < CLUSTER_MB * clusters:
        available, needed = int(found[1]) // 1000, CLUSTER_MB * clusters
        fitting = available // CLUSTER_MB
        raise TooLittleMemory(available=available, needed=needed, clusters=clusters, fitting=fitting)


def check_disk(path: Path, needed: int = _LAB_DISK_MB) -> None:
    """Raises ``TooLittleDisk``; ``needed`` in MB."""
    free = shutil.disk_usage(path).free // 1_000_000
    if free < needed:
        raise TooLittleDisk(path=str(path), free=free, needed=needed)

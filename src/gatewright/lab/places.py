"""Where labs live: the home of their directories, the cache of binaries, and the names they may have."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import platformdirs

from gatewright.lab.errors import BadName

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"),
    *("nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
)


def home() -> Path:
    """The folder with one directory per lab: ``GATEWRIGHT_LAB_HOME``, or the user's state folder."""
    given = os.environ.get("GATEWRIGHT_LAB_HOME")
    return Path(given) if given else Path(platformdirs.user_state_dir("gatewright")) / "lab"


def cache() -> Path:
    """The folder of binaries that labs share and keep: ``GATEWRIGHT_LAB_CACHE``, or the user's cache folder."""
    given = os.environ.get("GATEWRIGHT_LAB_CACHE")
    return Path(given) if given else Path(platformdirs.user_cache_dir("gatewright"))


def lab_directory(name: str) -> Path:
    """The directory of the lab ``name``. Raises ``BadName``."""
    return home() / checked_name(name)


def checked_name(name: str) -> str:
    """``name``, if it is a DNS label of at most 40 characters. Raises ``BadName``."""
    if not _LABEL.fullmatch(name):
        raise BadName(name=name)
    return name


def checked_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names, if each is a label and none occurs twice. Raises ``BadName``."""
    checked: list[str] = []
    for name in names:
        if checked_name(name) in checked:
            raise BadName(name=name)
        checked.append(name)
    return tuple(checked)


def default_names(count: int) -> tuple[str, ...]:
    """``count`` cluster names: alpha, beta, gamma, and after the alphabet ``c25``, ``c26``."""
    more = (f"c{number}" for number in range(len(_GREEK) + 1, count + 1))
    return (*_GREEK[:count], *more)

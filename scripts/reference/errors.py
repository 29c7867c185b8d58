"""Errors, their branches and exit codes, and the reasons that plans give."""

from __future__ import annotations

import importlib
import pkgutil
import re

import gatewright
from gatewright.cli import exits
from gatewright.model.errors import GatewrightError, error_classes
from gatewright.text import Language, templates
from reference.words import headed, prose, shown, two_languages, words


def known_errors() -> list[type[GatewrightError]]:
    """Every error class of the project, by code."""
    for module in pkgutil.walk_packages(gatewright.__path__, "gatewright."):
        if not module.name.endswith((".migrations.env", ".__main__")):
            importlib.import_module(module.name)
    return sorted(set(error_classes(GatewrightError)), key=lambda error: error.code)


def _branches() -> list[type[GatewrightError]]:
    return [c for c in GatewrightError.__subclasses__() if c.__module__ == GatewrightError.__module__]


def _branch(error: type[GatewrightError]) -> str:
    return next(c.__name__ for c in reversed(error.__mro__[:-1]) if c.__mro__[1] is GatewrightError)


def errors(_: Language) -> str:
    lines: list[str] = []
    area = ""
    for error in known_errors():
        first = error.code.partition(".")[0]
        if first != area:
            area = first
            lines += ["", f"## {area}", ""]
        lines += [f"### {error.code}", "", f"Exit {error.exit_code}, HTTP {error.http_status} ({_branch(error)}). "]
        lines[-1] += prose(error.__doc__)
        lines += ["", *two_languages(error.code), ""]
    return "\n".join(lines)


def plan_stops(_: Language) -> str:
    """What a plan says that stops it and is no error: verdicts and clashes (preflight has a page of its own)."""
    keys = sorted(k for k in templates() if k.startswith("planning.") and f"{k}.remedy" in templates())
    return "\n".join(line for key in keys for line in (f"### {key}", "", *two_languages(key), ""))


def reasons(language: Language) -> str:
    """Every reason that a verdict may give."""
    keys = sorted(k for k in templates() if re.match(r"planning\.(namespace|crd|object|policy|class|keep|delete)-", k))
    own = [k for k in keys if not k.endswith(".remedy")]
    return headed(language, ("code", "sentence"), ((f"`{k}`", shown(k, language)) for k in own))


def branches(language: Language) -> str:
    found = sorted(_branches(), key=lambda branch: branch.exit_code)
    rows = ((f"`{b.__name__}`", str(b.http_status), str(b.exit_code)) for b in found)
    return headed(language, ("branch", "http", "exit"), rows)


def exit_codes(language: Language) -> str:
    used = {0, *(b.exit_code for b in GatewrightError.__subclasses__())}
    used |= {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}
    rows = ((str(code), words("exits")[str(code)][language]) for code in sorted(used))
    return headed(language, ("exit", "meaning"), rows)

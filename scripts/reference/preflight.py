"""The rules of preflight with the findings that each may give, read from their source."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from gatewright.planning import leave, preflight
from gatewright.text import Language, templates
from reference.words import prose, shown, word


def findings_of(function: Callable[..., Any]) -> dict[str, set[str]]:
    """The codes that a rule may give, each with its severities."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    known = {k.removeprefix("preflight.") for k in templates() if k.startswith("preflight.")}
    named = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value in known}
    found: dict[str, set[str]] = {}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "finding":
            rule, severity = call.args[0], call.args[1]
            codes = {rule.value} if isinstance(rule, ast.Constant) else named
            levels = {
                n.value for n in ast.walk(severity) if isinstance(n, ast.Constant) and n.value in ("block", "warn")
            }
            for code in codes:
                found.setdefault(str(code), set()).update(str(level) for level in levels)
    return found


def rules(language: Language) -> str:
    lines: list[str] = []
    for rule in (*preflight.RULES, leave._lost_controllers):  # pyright: ignore[reportPrivateUsage]
        for code, levels in sorted(findings_of(rule).items()):
            lines += [f"### preflight.{code}", ""]
            severity = " / ".join(word(level, language) for level in sorted(levels))
            lines += [f"**{severity}**" + (f". {prose(rule.__doc__)}" if language == "en" else ""), ""]
            colon = ": " if language == "en" else "："
            lines += [f"- {word('evidence', language)}{colon}{shown(f'preflight.{code}', language)}"]
            lines += [f"- {word('remedy', language)}{colon}{shown(f'preflight.{code}.remedy', language)}", ""]
    return "\n".join(lines)

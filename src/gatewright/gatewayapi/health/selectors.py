"""Which namespaces a listener or a Gateway lets in (``allowedRoutes.namespaces``, ``allowedListeners.namespaces``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from gatewright.gatewayapi.shapes import AllowedNamespaces, Selector


def matches(selector: Selector | None, labels: Mapping[str, str]) -> bool:
    """``metav1.LabelSelector``: no selector matches nothing, an empty one everything, an unknown operator nothing."""
    if selector is None:
        return False
    wanted = selector.match_labels or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_expression(e, labels) for e in selector.match_expressions or ())


def describe(allowed: AllowedNamespaces | None, default: str = "Same") -> str:
    """For evidence: ``Same``, ``All``, or the selector in kubectl's notation."""
    given = allowed.from_ if allowed else default
    if given != "Selector" or allowed is None or allowed.selector is None:
        return given
    labels = [f"{k}={v}" for k, v in (allowed.selector.match_labels or {}).items()]
    expressions = [
        f"{e.get('key')} {e.get('operator')} ({', '.join(_values(e))})"
        for e in allowed.selector.match_expressions or ()
    ]
    return f"Selector {', '.join(labels + expressions) or '*'}"


def _expression(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = str(expression.get("key", "")), _values(expression)
    match expression.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False


def _values(expression: Mapping[str, Any]) -> tuple[str, ...]:
    found = expression.get("values")
    return tuple(str(v) for v in cast("list[Any]", found)) if isinstance(found, list | tuple) else ()

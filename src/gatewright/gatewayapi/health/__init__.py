"""What is wrong with the Gateway API of a cluster, and why: pure functions over a ``Snapshot``.

``assess`` judges objects, ``affected`` tells which to judge again after a change, ``elapsed`` which after time has
passed, ``summarise`` and ``roll_up`` count them together, and ``explain`` draws the tree.
"""

from __future__ import annotations

from gatewright.gatewayapi.health.assess import ObjectKey, assess
from gatewright.gatewayapi.health.changes import affected, elapsed
from gatewright.gatewayapi.health.explain import explain, explain_cluster
from gatewright.gatewayapi.health.rollup import Summary, of_namespaces, roll_up, summarise, with_findings

__all__ = [
    "ObjectKey",
    "Summary",
    "affected",
    "assess",
    "elapsed",
    "explain",
    "explain_cluster",
    "of_namespaces",
    "roll_up",
    "summarise",
    "with_findings",
]

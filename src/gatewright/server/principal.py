"""Who asks, and the names of what may be asked. Without the web framework, so that a client need not load it."""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

Permission = Literal[
    "api.describe",
    "bundle.pull",
    "bundle.read",
    "cluster.access",
    "cluster.custody",
    "cluster.observation",
    "cluster.read",
    "cluster.register",
    "cluster.remove",
    "cluster.rotate",
    "event.read",
    "fleet.read",
    "manifest.apply",
    "manifest.diff",
    "manifest.export",
    "metrics.read",
    "notification.read",
    "notification.retry",
    "notification.test",
    "notification.write",
    "plan.create",
    "plan.read",
    "probe.read",
    "probe.run",
    "rollout.command",
    "rollout.read",
    "rollout.start",
    "team.read",
    "team.write",
]
ALL: Final[frozenset[str]] = frozenset(get_args(Permission))
SCOPE_KEY: Final = "gatewright.principal"
"""Where a request from inside the process carries its principal in the ASGI scope."""


class Principal(msgspec.Struct, frozen=True):
    """Who asks. ``local``: the operator's own process, whose kubeconfigs may name files and run plugins of this
    machine; never so for a request that came through a socket."""

    name: str
    permissions: frozenset[str] = frozenset()
    local: bool = False


def operator(name: str) -> Principal:
    """The person at this machine, who may do everything."""
    return Principal(name, ALL, local=True)

"""Who asks, and the names of what may be asked. Without the web framework, so that a client need not load it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

import msgspec

Permission = Literal[
    "account.read",
    "account.write",
    "api.describe",
    "audit.export",
    "audit.read",
    "binding.write",
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
    "member.read",
    "member.write",
    "metrics.read",
    "notification.read",
    "notification.retry",
    "notification.test",
    "notification.write",
    "plan.create",
    "plan.read",
    "probe.read",
    "probe.run",
    "role.read",
    "role.write",
    "rollout.command",
    "rollout.read",
    "rollout.start",
    "stack.write",
    "team.read",
    "team.write",
    "user.read",
    "user.write",
]
ALL: Final[frozenset[str]] = frozenset(get_args(Permission))
SCOPE_KEY: Final = "gatewright.principal"
"""Where a request from inside the process carries its principal in the ASGI scope."""


Via = Literal["local", "operator", "session", "token"]


class Principal(msgspec.Struct, frozen=True):
    """Who asks. ``permissions`` hold in the whole installation, in every team too; ``teams``: what holds in one team
    only. ``local``: the operator's own process, whose kubeconfigs may name files and run plugins of this machine;
    never so for a request that came through a socket. ``id``: of the person, or of the token that speaks for them."""

    name: str
    permissions: frozenset[str] = frozenset()
    local: bool = False
    teams: Mapping[str, frozenset[str]] = {}
    via: Via = "operator"
    id: str = ""

    def may(self, permission: str, team: str | None = None) -> bool:
        """Whether this is allowed: in ``team``, or (None) in the whole installation."""
        return permission in self.permissions or (team is not None and permission in self.teams.get(team, ()))

    def teams_with(self, permission: str) -> frozenset[str] | None:
        """The teams in which this is allowed; None: in the whole installation."""
        if permission in self.permissions:
            return None
        return frozenset(team for team, allowed in self.teams.items() if permission in allowed)

    def sees(self, team: str) -> bool:
        """Whether the name of this team may be told: to its members, and to those who may read every team."""
        return "team.read" in self.permissions or bool(self.teams.get(team))


def operator(name: str) -> Principal:
    """The person at this machine, who may do everything."""
    return Principal(name, ALL, local=True, via="local")

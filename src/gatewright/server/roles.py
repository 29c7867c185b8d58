"""What roles allow: those that are built in, and which permissions a role of a team may hold at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from gatewright.model.people import ADMINISTRATOR, INSTALLATION, Role, Scope
from gatewright.server.principal import ALL, Permission

EVERYONE: Final[frozenset[Permission]] = frozenset({"api.describe"})
"""What everybody may who is known at all."""
OWN: Final[frozenset[Permission]] = frozenset({"account.read", "account.write"})
"""What every person may with what is their own, and no role or token grants: their password, sessions and tokens."""
_VIEWER: Final[frozenset[Permission]] = frozenset(
    {
        "bundle.read",
        "cluster.read",
        "event.read",
        "fleet.read",
        "manifest.diff",
        "manifest.export",
        "member.read",
        "notification.read",
        "plan.read",
        "probe.read",
        "rollout.read",
        "team.read",
    }
)
_BUILDS: Final[frozenset[Permission]] = frozenset(
    {
        "manifest.apply",
        "plan.create",
        "probe.run",
        "rollout.command",
        "rollout.start",
        "stack.write",
    }
)
_OWNS: Final[frozenset[Permission]] = frozenset(
    {
        "audit.read",
        "member.write",
        "notification.retry",
        "notification.test",
        "notification.write",
        "role.read",
        "team.write",
    }
)
_DEVELOPER: Final = _VIEWER | _BUILDS
_OWNER: Final = _DEVELOPER | _OWNS
IN_TEAM: Final[frozenset[str]] = _OWNER | {"binding.write"}
"""The permissions that mean something in one team. A team is put on clusters by whoever is in charge of these, so
``binding.write`` is in no built-in role of a team."""


def _role(name: str, scope: Scope, permissions: Iterable[str]) -> Role:
    return Role(name, scope, tuple(sorted(permissions)), builtin=True)


BUILTIN: Final[Mapping[str, Role]] = {
    role.name: role
    for role in (
        _role(ADMINISTRATOR, "installation", ALL - OWN),
        _role("owner", "team", _OWNER),
        _role("developer", "team", _DEVELOPER),
        _role("viewer", "team", _VIEWER),
    )
}


def grantable(scope: Scope) -> frozenset[str]:
    """The permissions that a role of this scope may hold."""
    return ALL - OWN if scope == "installation" else IN_TEAM


def allowed(grants: Mapping[str, str], custom: Mapping[str, Role]) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    """What a person's grants (role by team) allow: in the whole installation, and by team. A role that is gone, or
    that is not for this place, allows nothing."""
    found = {team: _permissions(role, team, custom) for team, role in grants.items()}
    everywhere = found.pop(INSTALLATION, frozenset())
    return everywhere | EVERYONE, {team: permissions for team, permissions in found.items() if permissions}


def _permissions(name: str, team: str, custom: Mapping[str, Role]) -> frozenset[str]:
    role = BUILTIN.get(name) or custom.get(name)
    scope: Scope = "installation" if team == INSTALLATION else "team"
    if role is None or role.scope != scope:
        return frozenset()
    return grantable(scope).intersection(role.permissions)

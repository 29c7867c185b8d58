"""What somebody may ask for by what a body names: every team in it, and the places that teams are put in.

A permission in a team is for what the team has. Where it is (which clusters, which namespaces) decides whoever has the
permission in the whole installation: a binding lets a team see and use what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gatewright.model.desired import Binding, Cluster, Desired, Notification, Stack, Team
from gatewright.observe.directory import Directory
from gatewright.server.desired import Permit
from gatewright.server.errors import ForbiddenError
from gatewright.server.permissions import allow
from gatewright.server.principal import Permission, Principal
from gatewright.server.scope import require_seen
from gatewright.server.services import Services


def require_places(who: Principal, permission: Permission, directory: Directory, bindings: Iterable[Binding]) -> None:
    """Refuses to put a team where it is not yet for whoever has the permission in the team only: a cluster that they
    may not know of as one that does not exist (``UnknownClusterError``), another cluster or namespace as what they may
    not (``ForbiddenError``)."""
    if who.may(permission):
        return
    for wanted in bindings:
        require_seen(who, permission, directory, [wanted.cluster])
        present = {b.namespace for b in directory.bindings.get(wanted.team, ()) if b.cluster == wanted.cluster}
        if not present or (wanted.namespace and wanted.namespace not in present):
            raise ForbiddenError(permission=permission, who=who.name)


def manifests(given: Services, who: Principal, permission: Permission) -> Permit:
    """What refuses manifests that ``who`` may not send: raises as ``allow`` and ``require_places``."""

    async def permit(wanted: Sequence[Desired]) -> None:
        for value in wanted:
            allow(who, permission, _team_of(value))
        if not who.may(permission):
            bindings = [value for value in wanted if isinstance(value, Binding)]
            require_places(who, permission, await given.observatory.directories.read(), bindings)

    return permit


def _team_of(value: Desired) -> str | None:
    """The team that a manifest is about; None: the whole installation."""
    match value:
        case Cluster():
            return None
        case Team():
            return value.name
        case Stack() | Binding():
            return value.team
        case Notification():
            return value.team or None

"""What of the installation somebody may be answered with, from their permissions.

For routes that declare ``require(permission, anywhere=True)``: ``view_of`` for what is watched (``observe.views`` and
its neighbours), ``teams_of`` for what is stored of teams now, ``history_of`` for what is kept of what was. All are None
for whoever holds the permission in the whole installation and asked for no team. Without ``team``, members of several
teams see all of theirs together.

A team that is deleted and made anew under its name is another team: its members find no history from before, whoever
holds the permission in the whole installation finds that of the name.
"""

from __future__ import annotations

from collections.abc import Iterable

from gatewright.observe.audience import Audience, View, require_clusters
from gatewright.observe.directory import Directory
from gatewright.server.principal import Permission, Principal
from gatewright.store.database import Database
from gatewright.store.sql import Teams, Whose


def view_of(who: Principal, permission: Permission, team: str | None = None) -> View:
    """The view that ``who`` may have, of ``team`` where it was asked for (which ``require`` has allowed)."""
    allowed = who.teams_with(permission)
    if allowed is None:
        return team
    return Audience(frozenset({team}) if team else allowed, known_teams(who), team or "")


def teams_of(who: Principal, permission: Permission, team: str | None = None) -> Teams | None:
    """The teams whose things ``who`` may see, ``team`` where it was asked for."""
    return team if team is not None else who.teams_with(permission)


async def history_of(
    database: Database, who: Principal, permission: Permission, team: str | None = None
) -> Whose | None:
    """The teams whose history ``who`` may see, ``team`` where it was asked for."""
    teams = who.teams_with(permission)
    if teams is None:
        return team
    async with database.reading() as unit:
        return await unit.fleet.tenures(teams if team is None else [team])


def known_teams(who: Principal) -> frozenset[str]:
    """The teams that ``who`` belongs to in some way."""
    return frozenset(team for team in who.teams if who.sees(team))


def is_veiled(who: Principal, permission: Permission) -> bool:
    """Whether there may be teams whose names ``who`` must not learn from what the permission shows: it shows all to
    whoever has it in the whole installation."""
    return who.teams_with(permission) is not None


def require_seen(who: Principal, permission: Permission, directory: Directory, clusters: Iterable[str]) -> None:
    """Refuses clusters that ``who`` may not know of as ones that do not exist (``UnknownClusterError``)."""
    require_clusters(directory, view_of(who, permission), clusters)

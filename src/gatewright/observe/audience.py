"""For whom a view is made: for everyone, as one team sees it, or for somebody who may see some teams only.

A view is None (all clusters, whole), the name of a team (what concerns it, and what that hangs on, whosever it is), or
an ``Audience``: what concerns its teams, without anything that is another team's. To an audience a cluster that none of
its teams is bound to does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from gatewright.model.desired import Binding
from gatewright.observe.directory import Directory
from gatewright.store.errors import UnknownBindingError, UnknownClusterError
from gatewright.store.sql import nearest


class Audience(msgspec.Struct, frozen=True):
    """Somebody who may see ``teams`` together. ``known``: the teams whose names may be told to them. ``asked``: the one
    team that they asked for, where it was one."""

    teams: frozenset[str]
    known: frozenset[str]
    asked: str = ""


View: TypeAlias = str | Audience | None


class Member(msgspec.Struct, frozen=True):
    """A cluster in a view. ``namespaces``: what the view has of it, None for all. ``guest``: whoever looks sees nothing
    else of others' than what their own hangs on, and of namespaces that are ``closed`` nothing. ``binding``: where the
    view has one."""

    uid: str
    name: str
    binding: Binding | None = None
    namespaces: frozenset[str] | None = None
    closed: frozenset[str] = frozenset()
    guest: bool = False


def teams_of(directory: Directory, view: View) -> Sequence[str]:
    """The teams of a view, by name; of the whole fleet all. Raises ``UnknownTeamError``."""
    match view:
        case None:
            return list(directory.teams)
        case str():
            directory.of_team(view)
            return [view]
        case Audience():
            if view.asked:
                directory.of_team(view.asked)
            return sorted(team for team in view.teams if team in directory.teams)


def members_of(directory: Directory, view: View, names: Sequence[str] = ()) -> list[Member]:
    """The clusters of a view (these of them), by name. Raises ``UnknownTeamError``, ``UnknownClusterError``."""
    teams = teams_of(directory, view)
    require_clusters(directory, view, names)
    wanted = frozenset(names)
    uids = directory.uids
    if view is None:
        return [Member(uids[name], name) for name in sorted(uids) if not names or name in wanted]
    bindings = bindings_of(directory, teams)
    return [
        _member(directory, view, uids[name], bound)
        for name, bound in sorted(bindings.items())
        if name in uids and (not names or name in wanted)
    ]


def member_of(directory: Directory, view: View, name: str) -> Member:
    """One cluster of a view. Raises as ``members_of``, and ``UnknownBindingError`` where it is none of the team's."""
    members = members_of(directory, view, [name])
    if members:
        return members[0]
    team = view.asked if isinstance(view, Audience) else view
    if not team:
        raise unknown_cluster(directory, view, name)
    bound = ", ".join(binding.cluster for binding in directory.of_team(team)) or "-"
    raise UnknownBindingError(cluster=name, team=team, bound=bound)


def bindings_of(directory: Directory, teams: Iterable[str]) -> Mapping[str, Sequence[Binding]]:
    """The bindings of teams, by cluster."""
    found: dict[str, list[Binding]] = {}
    for team in teams:
        for binding in directory.bindings.get(team, ()):
            found.setdefault(binding.cluster, []).append(binding)
    return found


def visible_clusters(directory: Directory, view: View) -> frozenset[str]:
    """The names of the clusters that whoever looks may know of."""
    if isinstance(view, Audience):
        return frozenset(bindings_of(directory, view.known))
    return frozenset(cluster.name for cluster in directory.clusters.values())


def require_clusters(directory: Directory, view: View, names: Iterable[str]) -> None:
    """Refuses a cluster that whoever looks may not know of as one that does not exist (``UnknownClusterError``)."""
    wanted = list(names)
    visible = visible_clusters(directory, view) if wanted else frozenset[str]()
    for name in wanted:
        if name not in visible:
            raise unknown_cluster(directory, view, name)


def unknown_cluster(directory: Directory, view: View, name: str) -> UnknownClusterError:
    return UnknownClusterError(cluster=name, nearest=nearest(name, visible_clusters(directory, view)))


def closed_namespaces(directory: Directory, cluster: str, known: frozenset[str]) -> frozenset[str]:
    """The namespaces on a cluster that belong to other teams than those that are known."""
    return frozenset(b.namespace for b in directory.on_cluster(cluster) if b.team not in known)


def _member(directory: Directory, view: View, uid: str, bindings: Sequence[Binding]) -> Member:
    first = bindings[0]
    return Member(
        uid,
        first.cluster,
        first if len(bindings) == 1 else None,
        frozenset(binding.namespace for binding in bindings),
        closed_namespaces(directory, first.cluster, view.known) if isinstance(view, Audience) else frozenset(),
        isinstance(view, Audience),
    )

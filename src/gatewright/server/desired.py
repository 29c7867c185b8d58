"""What people want, read and written for the API: single values, and whole sets of manifests.

A set of manifests is applied as a whole or not at all. A Cluster that is not registered yet is connected to first,
which only the operator's own process may ask for: its kubeconfig is a file of that machine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.manifests import defaults
from gatewright.kube import kubeconfig
from gatewright.model import manifest
from gatewright.model.desired import (
    Binding,
    BundleName,
    Change,
    Cluster,
    Custody,
    Desired,
    Notification,
    RegisteredCluster,
    Stack,
    Team,
)
from gatewright.model.errors import NotFoundError
from gatewright.observe.clusters import Clusters
from gatewright.server.errors import ClusterManifestError, ForbiddenError
from gatewright.server.etags import IfMatch
from gatewright.server.notifications import NotificationDesk
from gatewright.server.parameters import Manifests
from gatewright.server.permissions import unknown_team
from gatewright.server.principal import Permission, Principal
from gatewright.server.values import TeamView
from gatewright.store.apply import Registration
from gatewright.store.database import Database
from gatewright.store.sql import Teams, serialize_desired
from gatewright.store.unit import Unit

Permit: TypeAlias = Callable[[Sequence[Desired]], Awaitable[None]]
_WRITES: Final[Mapping[type[Desired], Permission]] = {
    Team: "team.write",
    Stack: "stack.write",
    Binding: "binding.write",
    Notification: "notification.write",
}


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text of one file of manifests; ``file`` is what messages call it."""

    file: str
    text: Manifests


class DesiredState:
    """Reads and writes desired state; every method is one transaction."""

    def __init__(self, database: Database, clusters: Clusters, notifications: NotificationDesk) -> None:
        self._database = database
        self._clusters = clusters
        self._notifications = notifications

    async def clusters(self) -> list[RegisteredCluster]:
        async with self._database.reading() as unit:
            return await unit.fleet.clusters()

    async def cluster(self, name: str) -> RegisteredCluster:
        async with self._database.reading() as unit:
            return await unit.fleet.cluster(name)

    async def set_custody(
        self, name: str, custody: Custody | None, who: str, evidence: Sequence[str], unmoved: IfMatch
    ) -> RegisteredCluster:
        """Records a person's word, with what they were shown before they gave it."""
        async with self._database.transaction() as unit:
            await _require_unmoved(unit, unmoved, Cluster(name))
            await unit.fleet.set_custody(name, custody, who, list(evidence))
            return await unit.fleet.cluster(name)

    async def set_observation(
        self, name: str, read_secrets: bool | None, probes: bool | None, who: str, unmoved: IfMatch
    ) -> RegisteredCluster:
        """Changes what watching may do on a cluster; None: as it is. Raises ``UnknownClusterError``, ``MovedError``."""
        async with self._database.transaction() as unit:
            await _require_unmoved(unit, unmoved, Cluster(name))
            spec = (await unit.fleet.cluster(name)).spec
            wanted = msgspec.structs.replace(
                spec,
                read_secrets=spec.read_secrets if read_secrets is None else read_secrets,
                probes=spec.probes if probes is None else probes,
            )
            await unit.fleet.apply_desired([wanted], who)
            return await unit.fleet.cluster(name)

    async def teams(self, only: frozenset[str] | None = None) -> list[TeamView]:
        """Every team, or those of these that there are."""
        async with self._database.reading() as unit:
            found = await unit.fleet.teams()
            return [await _team_view(unit, team) for team in found if only is None or team.name in only]

    async def team(self, name: str) -> TeamView:
        async with self._database.reading() as unit:
            return await _team_view(unit, await unit.fleet.team(name))

    async def bindings(self, teams: Teams | None) -> list[Binding]:
        """Of one team (``UnknownTeamError``), of several, or all."""
        async with self._database.reading() as unit:
            if isinstance(teams, str):
                await unit.fleet.team(teams)
                return await unit.fleet.bindings(team=teams)
            return [b for b in await unit.fleet.bindings() if teams is None or b.team in teams]

    async def binding(self, team: str, cluster: str) -> Binding:
        async with self._database.reading() as unit:
            return await unit.fleet.binding(team, cluster)

    async def stacks(self, teams: Teams | None) -> list[Stack]:
        """Of one team (``UnknownTeamError``), of several, or all."""
        async with self._database.reading() as unit:
            if isinstance(teams, str):
                await unit.fleet.team(teams)
                return await unit.fleet.stacks(team=teams)
            return [s for s in await unit.fleet.stacks() if teams is None or s.team in teams]

    async def stack(self, team: str, name: str) -> Stack:
        async with self._database.reading() as unit:
            return await unit.fleet.stack(team, name)

    async def put(self, wanted: Desired, who: Principal, unmoved: IfMatch) -> Change:
        """Brings one value to what is wanted. Raises as ``Fleet.apply_desired``, what ``_require_known`` raises,
        ``MovedError``, and ``UnknownTeamError`` for a new team of whoever may not make any."""
        _require_known(wanted)
        async with self._database.transaction() as unit:
            await _require_unmoved(unit, unmoved, wanted, absent=True)
            change = (await unit.fleet.apply_desired([wanted], who.name))[0]
            _require_no_new_team(who, change)
            return change

    async def delete_team(self, team: str, who: str, unmoved: IfMatch) -> None:
        async with self._database.transaction() as unit:
            await _require_unmoved(unit, unmoved, Team(team))
            await unit.fleet.delete_team(team, who)

    async def delete_stack(self, team: str, name: str, who: str, unmoved: IfMatch) -> None:
        async with self._database.transaction() as unit:
            await _require_unmoved(unit, unmoved, Stack(team, name, BundleName("")))
            await unit.fleet.delete_stack(team, name, who)

    async def delete_binding(self, team: str, cluster: str, who: str, unmoved: IfMatch) -> None:
        async with self._database.transaction() as unit:
            await _require_unmoved(unit, unmoved, Binding(team, cluster))
            await unit.fleet.delete_binding(team, cluster, who)

    async def apply(self, documents: Sequence[Document], who: Principal, permit: Permit | None = None) -> list[Change]:
        """All of them or none; one change per manifest, in their order. Connects to clusters that are new. ``permit``
        raises for what ``who`` may not ask for; what changes takes the permission for changing it too.
        Raises ``ForbiddenError``."""
        return await self._apply(documents, who, permit, dry_run=False)

    async def diff(self, documents: Sequence[Document], who: Principal, permit: Permit | None = None) -> list[Change]:
        """What ``apply`` would do."""
        return await self._apply(documents, who, permit, dry_run=True)

    async def export(self, teams: Teams | None, *, clusters: bool = True) -> str:
        """Everything, or a team (several) with their stacks and bindings and the clusters that they are bound to
        (without these if not ``clusters``), as YAML."""
        async with self._database.reading() as unit:
            if isinstance(teams, str):
                await unit.fleet.team(teams)
            everything = await unit.fleet.export()
        named = frozenset({teams}) if isinstance(teams, str) else teams
        found = everything if named is None else list(_of_teams(everything, named))
        return manifest.dump([value for value in found if clusters or not isinstance(value, Cluster)])

    async def _apply(
        self, documents: Sequence[Document], who: Principal, permit: Permit | None, *, dry_run: bool
    ) -> list[Change]:
        sources = ((document.file, document.text) for document in documents)
        wanted = [sourced.desired for sourced in manifest.parse_all(sources)]
        if permit is not None:
            await permit(wanted)
        for value in wanted:
            _require_known(value)
        registrations = await self._registrations(wanted, who)
        async with self._database.transaction() as unit:
            addresses = await self._notifications.addresses(unit, wanted, who)
            changes = await unit.fleet.apply_desired(
                wanted, who.name, registrations=registrations, addresses=addresses, dry_run=dry_run
            )
            for change in () if dry_run else changes:
                _require_write(who, change)
            return changes

    async def _registrations(self, wanted: Iterable[Desired], who: Principal) -> dict[str, Registration]:
        async with self._database.reading() as unit:
            registered = {cluster.name for cluster in await unit.fleet.clusters()}
        new = [value for value in wanted if isinstance(value, Cluster) and value.name not in registered]
        return {cluster.name: await self._connect(cluster, who) for cluster in new}

    async def _connect(self, cluster: Cluster, who: Principal) -> Registration:
        if not who.local:
            raise ClusterManifestError(cluster=cluster.name)
        source = None if cluster.kubeconfig is None else Path(cluster.kubeconfig)
        connection = kubeconfig.load(source, cluster.context, trust="operator")
        if cluster.insecure_skip_tls_verify:
            connection = msgspec.structs.replace(connection, insecure_skip_tls_verify=True)
        return await self._clusters.connect(cluster.name, connection)


def _require_known(wanted: Desired) -> None:
    """Refuses a stack whose release or controller does not exist, long before a plan would.

    Raises ``UnknownBundleError`` and what ``gatewayapi.manifests.defaults`` raises.
    """
    if isinstance(wanted, Stack):
        catalogue().bundle(wanted.bundle)
        if wanted.controller is not None:
            defaults(wanted.controller)


def _require_write(who: Principal, change: Change) -> None:
    """Nobody changes by a manifest what they may not change otherwise. Raises ``ForbiddenError``."""
    if change.verb == "unchanged":
        return
    _require_no_new_team(who, change)
    value = change.after
    team = value.name if isinstance(value, Team) else None if isinstance(value, Cluster) else value.team or None
    for permission in _writes(value, change.before):
        if not who.may(permission, team):
            raise ForbiddenError(permission=permission, who=who.name)


def _require_no_new_team(who: Principal, change: Change) -> None:
    """A permission in a team is not for making it anew once it is gone: what was in it was somebody else's."""
    if isinstance(change.after, Team) and change.before is None and not who.may("team.write"):
        raise unknown_team(who, change.name)


def _writes(value: Desired, before: Desired | None) -> Iterable[Permission]:
    """The permissions that changing ``before`` to ``value`` takes."""
    if not isinstance(value, Cluster):
        return (_WRITES[type(value)],)
    if not isinstance(before, Cluster):
        return ("cluster.register",)
    custody: tuple[Permission, ...] = ("cluster.custody",) if value.custody != before.custody else ()
    rest = msgspec.structs.replace(value, custody=before.custody) != before
    return (*custody, "cluster.observation") if rest else custody


async def _require_unmoved(unit: Unit, unmoved: IfMatch, named: Desired, *, absent: bool = False) -> None:
    """Refuses to change what is not as the person read it (``MovedError``). ``absent``: it need not be there, which is
    another state than any that was read."""
    if not unmoved.given:
        return
    await serialize_desired(unit.session)
    try:
        current = await _current(unit, named)
    except NotFoundError:
        if not absent:
            raise
        current = None
    unmoved.require(f"{type(named).__name__} {named.name}", current)


async def _current(unit: Unit, named: Desired) -> object:
    """What a GET of the value answers now."""
    match named:
        case Cluster():
            return await unit.fleet.cluster(named.name)
        case Team():
            return await _team_view(unit, await unit.fleet.team(named.name))
        case Binding():
            return await unit.fleet.binding(named.team, named.cluster)
        case Stack():
            return await unit.fleet.stack(named.team, named.name)
        case _:
            raise TypeError(type(named).__name__)


async def _team_view(unit: Unit, team: Team) -> TeamView:
    return TeamView(team, await unit.fleet.bindings(team=team.name), await unit.fleet.stacks(team=team.name))


def _of_teams(everything: Sequence[Desired], teams: frozenset[str]) -> Iterable[Desired]:
    bound = {value.cluster for value in everything if isinstance(value, Binding) and value.team in teams}
    for value in everything:
        match value:
            case Cluster():
                mine = value.name in bound
            case Team():
                mine = value.name in teams
            case Binding() | Stack() | Notification():
                mine = value.team in teams
        if mine:
            yield value

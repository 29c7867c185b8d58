"""Brings desired state to what manifests say, inside one transaction, explaining every conflict by its owner.

Manifests are applied in the order cluster, team, stack, binding, so that a file may hold them in any order. The unique
keys of the tables stay the last word: what slips past the checks here is refused by the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.desired import Binding, Change, Cluster, Desired, Notification, Stack, Team, Verb
from gatewright.model.durations import require_duration
from gatewright.model.names import require_label, require_namespace
from gatewright.store.clock import Clock, stamp
from gatewright.store.credentials import Credentials
from gatewright.store.errors import (
    ClusterExistsError,
    ClusterNotRegisteredError,
    NamespaceInUseError,
    NamespaceTakenError,
    NameTakenError,
    UnknownClusterError,
    UnknownStackError,
    UnknownTeamError,
)
from gatewright.store.journal import Journal
from gatewright.store.notifications import Address, Notifications
from gatewright.store.remains import clear_left
from gatewright.store.secrets import Sealed
from gatewright.store.sql import affected, nearest, pack_maybe, row, rows, serialize_desired, upsert
from gatewright.store.tables import BindingRow, ClusterRow, RecordRow, StackRow, TeamRow
from gatewright.store.tenures import beginning
from gatewright.store.values import cluster_of, stack_of, team_of

Owned: TypeAlias = tuple[str, str]
"""A notification by its team (empty: the installation) and its name."""
ORDER: Final[dict[type, int]] = {Cluster: 0, Team: 1, Stack: 2, Binding: 3, Notification: 4}


class Registration(msgspec.Struct, frozen=True):
    """What connecting to a cluster found: its identity and address, and the credential that worked, sealed."""

    uid: str
    server: str
    kubernetes: str = ""
    credential: Sealed | None = None


class Applier:
    """One application of manifests by one person (``who``)."""

    def __init__(
        self,
        session: AsyncSession,
        clock: Clock,
        who: str,
        registrations: Mapping[str, Registration],
        addresses: Mapping[Owned, Address],
    ) -> None:
        self._session = session
        self._clock = clock
        self._now = stamp(clock())
        self._who = who
        self._registrations = registrations
        self._addresses = addresses
        self._journal = Journal(session, clock)
        self._credentials = Credentials(session, clock)
        self._notifications = Notifications(session, clock)

    async def apply(self, desired: Sequence[Desired]) -> list[Change]:
        """See ``Fleet.apply_desired``."""
        await serialize_desired(self._session)
        changes: dict[int, Change] = {}
        for position, wanted in sorted(enumerate(desired), key=lambda pair: ORDER[type(pair[1])]):
            change = await self._apply(wanted)
            changes[position] = change
            if change.verb != "unchanged":
                what = f"{change.kind.lower()}.{change.verb}"
                cluster, team = _about(wanted)
                await self._journal.note(
                    self._who, what, change.name, change.before, change.after, cluster=cluster, team=team
                )
        return [changes[position] for position in range(len(desired))]

    async def _apply(self, wanted: Desired) -> Change:
        match wanted:
            case Cluster():
                return await self._cluster(wanted)
            case Team():
                return await self._team(wanted)
            case Stack():
                return await self._stack(wanted)
            case Binding():
                return await self._binding(wanted)
            case Notification():
                return await self._notification(wanted)

    async def _cluster(self, wanted: Cluster) -> Change:
        require_label(wanted.name, "metadata.name")
        found = await row(self._session, select(ClusterRow).where(ClusterRow.name == wanted.name))
        registration = self._registrations.get(wanted.name)
        if registration is None:
            if found is None:
                raise ClusterNotRegisteredError(cluster=wanted.name)
            registration = Registration(found.id, found.server, found.kubernetes)
        await self._require_identity(wanted.name, found, registration)
        before = None if found is None else cluster_of(found)
        readdressed = found is not None and found.server != registration.server
        if before != wanted or readdressed or registration.kubernetes:
            values = self._cluster_values(wanted, registration, found)
            await upsert(self._session, ClusterRow, ["id"], values, keep=["added_at"])
        if registration.credential is not None:
            await self._credentials.put(registration.uid, registration.credential)
        return _change("Cluster", wanted.name, before, wanted, touched=readdressed)

    async def _require_identity(self, name: str, found: ClusterRow | None, registration: Registration) -> None:
        if found is not None and found.id != registration.uid:
            raise NameTakenError(cluster=name, server=found.server)
        same = await row(self._session, select(ClusterRow).where(ClusterRow.id == registration.uid))
        if same is not None and same.name != name:
            raise ClusterExistsError(cluster=same.name, server=same.server, given=name)

    def _cluster_values(
        self, wanted: Cluster, registration: Registration, found: ClusterRow | None
    ) -> dict[str, object]:
        seen = registration.kubernetes or (found.kubernetes if found is not None else "")
        return {
            "id": registration.uid,
            "name": wanted.name,
            "server": registration.server,
            "insecure": wanted.insecure_skip_tls_verify,
            "custody": wanted.custody,
            "kubeconfig": wanted.kubeconfig,
            "context": wanted.context,
            "read_secrets": wanted.read_secrets,
            "probes": wanted.probes,
            "kubernetes": seen,
            "added_at": self._now,
        }

    async def _team(self, wanted: Team) -> Change:
        require_label(wanted.name, "metadata.name")
        if wanted.default_namespace:
            require_namespace(wanted.default_namespace, "spec.defaultNamespace")
        if wanted.versions is not None:
            require_duration(wanted.versions.for_, "spec.versions.for")
        found = await row(self._session, select(TeamRow).where(TeamRow.name == wanted.name))
        before = None if found is None else team_of(found)
        values = {"default_namespace": wanted.default_namespace, "versions": pack_maybe(wanted.versions)}
        if before is None:
            await clear_left(self._session, self._clock, wanted.name, self._who)
            began = await beginning(self._session, wanted.name, stamp(self._clock()))
            row_values = {"name": wanted.name, "created_at": began, **values}
            await affected(self._session, insert(TeamRow).values(**row_values))
        elif before != wanted:
            change = update(TeamRow).where(TeamRow.name == wanted.name)
            await affected(self._session, change.values(**values))
        return _change("Team", wanted.name, before, wanted)

    async def _stack(self, wanted: Stack) -> Change:
        require_label(wanted.name, "metadata.name")
        await self._require_team(wanted.team)
        found = await row(
            self._session, select(StackRow).where(StackRow.team == wanted.team, StackRow.name == wanted.name)
        )
        before = None if found is None else stack_of(found)
        values = {
            "version": wanted.bundle.version,
            "channel": wanted.bundle.channel,
            "controller": pack_maybe(wanted.controller),
            "drift": wanted.drift,
        }
        if before is None:
            row_values = {"team": wanted.team, "name": wanted.name, "created_at": self._now, **values}
            await affected(self._session, insert(StackRow).values(**row_values))
        elif before != wanted:
            where = (StackRow.team == wanted.team) & (StackRow.name == wanted.name)
            await affected(self._session, update(StackRow).where(where).values(**values))
        return _change("Stack", f"{wanted.team}.{wanted.name}", before, wanted)

    async def _binding(self, wanted: Binding) -> Change:
        team = await self._require_team(wanted.team)
        cluster = await self._require_cluster(wanted.cluster)
        if wanted.stack:
            await self._require_stack(wanted.team, wanted.stack)
        mine = (BindingRow.team == wanted.team) & (BindingRow.cluster_id == cluster.id)
        found = await row(self._session, select(BindingRow).where(mine))
        # A default that changes later must not move a team's objects: the namespace is resolved when the binding is
        # made.
        resolved = wanted.namespace or (team.namespace if found is None else found.namespace)
        after = msgspec.structs.replace(wanted, namespace=require_namespace(resolved, "spec.namespace"))
        before = None
        if found is not None:
            before = Binding(wanted.team, wanted.cluster, found.namespace, found.stack or "")
        if before is None or before.namespace != after.namespace:
            await self._require_namespace_free(cluster, after)
        if before is not None and before.namespace != after.namespace:
            await self._require_nothing_in(cluster, before)
        values = {"namespace": after.namespace, "stack": after.stack or None}
        if before is None:
            key = {"team": wanted.team, "cluster_id": cluster.id, "created_at": self._now}
            await affected(self._session, insert(BindingRow).values(**key, **values))
        elif before != after:
            await affected(self._session, update(BindingRow).where(mine).values(**values))
        return _change("Binding", after.name, before, after)

    async def _notification(self, wanted: Notification) -> Change:
        if wanted.team:
            await self._require_team(wanted.team)
        address = self._addresses.get((wanted.team, wanted.name))
        before = await self._notifications.put(wanted, address)
        return _change("Notification", wanted.full_name, before, wanted, touched=address is not None)

    async def _require_namespace_free(self, cluster: ClusterRow, binding: Binding) -> None:
        query = select(BindingRow.team).where(
            BindingRow.cluster_id == cluster.id, BindingRow.namespace == binding.namespace
        )
        owner = await row(self._session, query)
        if owner is not None:
            namespace = binding.namespace
            raise NamespaceTakenError(cluster=cluster.name, owner=owner, namespace=namespace, team=binding.team)

    async def _require_nothing_in(self, cluster: ClusterRow, binding: Binding) -> None:
        query = select(func.count()).select_from(RecordRow)
        query = query.where(RecordRow.cluster_id == cluster.id, RecordRow.team == binding.team)
        count = await row(self._session, query) or 0
        if count:
            raise NamespaceInUseError(cluster=cluster.name, namespace=binding.namespace, team=binding.team, count=count)

    async def _require_team(self, name: str) -> Team:
        found = await row(self._session, select(TeamRow).where(TeamRow.name == name))
        if found is None:
            raise UnknownTeamError(team=name, nearest=nearest(name, await rows(self._session, select(TeamRow.name))))
        return team_of(found)

    async def _require_cluster(self, name: str) -> ClusterRow:
        found = await row(self._session, select(ClusterRow).where(ClusterRow.name == name))
        if found is None:
            names = await rows(self._session, select(ClusterRow.name))
            raise UnknownClusterError(cluster=name, nearest=nearest(name, names))
        return found

    async def _require_stack(self, team: str, name: str) -> None:
        names = await rows(self._session, select(StackRow.name).where(StackRow.team == team))
        if name not in names:
            raise UnknownStackError(team=team, stack=name, nearest=nearest(name, names))


def _about(wanted: Desired) -> tuple[str, str]:
    """The names of the cluster and the team that a manifest is about, empty for none."""
    match wanted:
        case Cluster():
            return wanted.name, ""
        case Team():
            return "", wanted.name
        case Stack():
            return "", wanted.team
        case Binding():
            return wanted.cluster, wanted.team
        case Notification():
            return "", wanted.team


def _change(kind: str, name: str, before: Desired | None, after: Desired, *, touched: bool = False) -> Change:
    if before is None:
        return Change("create", kind, name, after)
    verb: Verb = "update" if touched or before != after else "unchanged"
    return Change(verb, kind, name, after, before)

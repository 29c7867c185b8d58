"""What people want: clusters, teams, bindings and stacks, read and deleted here; changed by ``store.apply``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import msgspec
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.desired import Binding, Change, Claim, Cluster, Custody, Desired, RegisteredCluster, Stack, Team
from gatewright.model.errors import GatewrightError
from gatewright.model.tenure import Tenures
from gatewright.store.apply import Applier, Owned, Registration
from gatewright.store.clock import Clock
from gatewright.store.errors import (
    ClusterExistsError,
    ClusterHasInstallationError,
    ClusterLockedError,
    StillBoundError,
    UnknownBindingError,
    UnknownClusterError,
    UnknownStackError,
    UnknownTeamError,
)
from gatewright.store.journal import Journal
from gatewright.store.notifications import Address, Notifications
from gatewright.store.people import People
from gatewright.store.remains import clear
from gatewright.store.sql import affected, nearest, row, rows, serialize_desired
from gatewright.store.tables import (
    Base,
    BindingRow,
    ClusterLockRow,
    ClusterRow,
    RecordRow,
    StackRow,
    TeamRow,
)
from gatewright.store.tenures import tenures
from gatewright.store.values import claim_of, registered_of, stack_of, team_of


class Fleet:
    """The desired state of one transaction. Lists are ordered by name."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._journal = Journal(session, clock)
        self._notifications = Notifications(session, clock)

    # Reading

    async def clusters(self) -> list[RegisteredCluster]:
        return [registered_of(r) for r in await rows(self._session, select(ClusterRow).order_by(ClusterRow.name))]

    async def cluster_uids(self) -> list[str]:
        """The UIDs of all clusters, by the clusters' names."""
        return list(await self._session.scalars(select(ClusterRow.id).order_by(ClusterRow.name)))

    async def cluster(self, name: str) -> RegisteredCluster:
        """Raises ``UnknownClusterError`` with the nearest names."""
        found = await row(self._session, select(ClusterRow).where(ClusterRow.name == name))
        if found is None:
            names = await rows(self._session, select(ClusterRow.name))
            raise UnknownClusterError(cluster=name, nearest=nearest(name, names))
        return registered_of(found)

    async def cluster_by_uid(self, uid: str) -> RegisteredCluster | None:
        found = await row(self._session, select(ClusterRow).where(ClusterRow.id == uid))
        return None if found is None else registered_of(found)

    async def teams(self) -> list[Team]:
        return [team_of(r) for r in await rows(self._session, select(TeamRow).order_by(TeamRow.name))]

    async def team(self, name: str) -> Team:
        """Raises ``UnknownTeamError`` with the nearest names."""
        found = await row(self._session, select(TeamRow).where(TeamRow.name == name))
        if found is None:
            raise UnknownTeamError(team=name, nearest=nearest(name, await rows(self._session, select(TeamRow.name))))
        return team_of(found)

    async def tenures(self, teams: Iterable[str] | None = None) -> Tenures:
        """Since when these teams (all) are what they are; without those that do not exist."""
        return await tenures(self._session, teams)

    async def bindings(self, *, team: str | None = None, cluster: str | None = None) -> list[Binding]:
        """All bindings, a team's, a cluster's (by name), or the one of both."""
        query = select(BindingRow, ClusterRow.name).join(ClusterRow, ClusterRow.id == BindingRow.cluster_id)
        if team is not None:
            query = query.where(BindingRow.team == team)
        if cluster is not None:
            query = query.where(ClusterRow.name == cluster)
        found = (await self._session.execute(query.order_by(BindingRow.team, ClusterRow.name))).all()
        self._session.expunge_all()
        return [Binding(b.team, name, b.namespace, b.stack or "") for b, name in found]

    async def binding(self, team: str, cluster: str) -> Binding:
        """Raises ``UnknownTeamError``, ``UnknownClusterError``, ``UnknownBindingError``."""
        await self.team(team)
        await self.cluster(cluster)
        found = await self.bindings(team=team, cluster=cluster)
        if not found:
            others = ", ".join(b.cluster for b in await self.bindings(team=team)) or "-"
            raise UnknownBindingError(cluster=cluster, team=team, bound=others)
        return found[0]

    async def stacks(self, *, team: str | None = None) -> list[Stack]:
        query = select(StackRow).order_by(StackRow.team, StackRow.name)
        return [
            stack_of(r)
            for r in await rows(self._session, query if team is None else query.where(StackRow.team == team))
        ]

    async def stack(self, team: str, name: str) -> Stack:
        """Raises ``UnknownTeamError``, ``UnknownStackError``."""
        await self.team(team)
        found = await row(self._session, select(StackRow).where(StackRow.team == team, StackRow.name == name))
        if found is None:
            names = await rows(self._session, select(StackRow.name).where(StackRow.team == team))
            raise UnknownStackError(team=team, stack=name, nearest=nearest(name, names))
        return stack_of(found)

    async def claims(self, cluster_uid: str) -> list[Claim]:
        """Every team's wish for a cluster, by team; a binding without a stack claims its namespace only."""
        query = (
            select(BindingRow, ClusterRow.name, StackRow)
            .join(ClusterRow, ClusterRow.id == BindingRow.cluster_id)
            .outerjoin(StackRow, (StackRow.team == BindingRow.team) & (StackRow.name == BindingRow.stack))
            .where(BindingRow.cluster_id == cluster_uid)
            .order_by(BindingRow.team)
        )
        found = (await self._session.execute(query)).all()
        self._session.expunge_all()
        return [claim_of(binding, name, cast("StackRow | None", stack)) for binding, name, stack in found]

    async def export(self) -> list[Desired]:
        """Everything that people set, as manifests say it."""
        clusters = [c.spec for c in await self.clusters()]
        notifications = await self._notifications.all()
        return [*clusters, *await self.teams(), *await self.stacks(), *await self.bindings(), *notifications]

    # Changing

    async def apply_desired(
        self,
        desired: Sequence[Desired],
        who: str,
        *,
        registrations: Mapping[str, Registration] | None = None,
        addresses: Mapping[Owned, Address] | None = None,
        dry_run: bool = False,
    ) -> list[Change]:
        """Brings the desired state to what the manifests say, all or nothing; one ``Change`` per manifest, in their
        order.

        ``registrations``: what connecting found, by cluster name, for clusters that are new or have new credentials.
        ``addresses``: the same for notifications, by team and name. ``dry_run`` checks everything and keeps nothing
        (``diff -f``). Raises ``ClusterNotRegisteredError``, ``NotificationWithoutAddressError``,
        ``ClusterExistsError``, ``NameTakenError``, ``NamespaceTakenError``, ``NamespaceInUseError``, the
        ``Unknown*Error`` classes, and those of ``model.names``. The order of the manifests does not matter.
        """
        applier = Applier(self._session, self._clock, who, registrations or {}, addresses or {})
        if not dry_run:
            return await applier.apply(desired)
        mark = self._journal.mark()
        async with self._session.begin_nested() as savepoint:
            changes = await applier.apply(desired)
            await savepoint.rollback()
        self._journal.rewind(mark)
        return changes

    async def register(self, cluster: Cluster, registration: Registration, who: str) -> RegisteredCluster:
        """Adds a cluster. Raises ``ClusterExistsError`` for a UID that is registered, under whatever name or address,
        and ``NameTakenError``."""
        await serialize_desired(self._session)
        existing = await self.cluster_by_uid(registration.uid)
        if existing is not None:
            raise ClusterExistsError(cluster=existing.name, server=existing.server, given=cluster.name)
        await self.apply_desired([cluster], who, registrations={cluster.name: registration})
        return await self.cluster(cluster.name)

    async def set_custody(self, name: str, custody: Custody | None, who: str, evidence: object = None) -> None:
        """Records a person's word about who owns a cluster's CRDs, as desired state and as a decision."""
        cluster = await self.cluster(name)
        await self.apply_desired([msgspec.structs.replace(cluster.spec, custody=custody)], who)
        await self._journal.decide(cluster.uid, "custody", custody or "", who, evidence)

    async def set_kubernetes(self, cluster_uid: str, version: str) -> None:
        """Remembers the Kubernetes version that was seen."""
        await affected(self._session, update(ClusterRow).where(ClusterRow.id == cluster_uid).values(kubernetes=version))

    async def delete_cluster(self, name: str, who: str) -> None:
        """Forgets a cluster, its credential and its observation; nothing in the cluster is touched.

        Raises ``UnknownClusterError``, ``StillBoundError``, ``ClusterLockedError``, ``ClusterHasInstallationError``.
        """
        await serialize_desired(self._session)
        cluster = await self.cluster(name)
        for block in await self.blocks(cluster):
            raise block
        await self._delete(ClusterRow, ClusterRow.id == cluster.uid)
        await self._journal.note(who, "cluster.delete", name, before=cluster.spec, cluster=name)

    async def blocks(self, cluster: RegisteredCluster) -> list[GatewrightError]:
        """Everything for which ``delete_cluster`` refuses, the first as it raises it."""
        found: list[GatewrightError] = []
        bindings = await self.bindings(cluster=cluster.name)
        if bindings:
            found.append(_still_bound(f"Cluster {cluster.name}", bindings, cluster.name))
        lock = await row(self._session, select(ClusterLockRow).where(ClusterLockRow.cluster_id == cluster.uid))
        if lock is not None:
            found.append(ClusterLockedError(cluster=cluster.name, owner=lock.rollout_id))
        count = await self._written(cluster)
        if count:
            teams = ", ".join(sorted({binding.team for binding in bindings}))
            found.append(ClusterHasInstallationError(cluster=cluster.name, count=count, team=teams or "-"))
        return found

    async def delete_team(self, name: str, who: str) -> None:
        """Deletes a team, its stacks, its notifications, its members' roles, and what else would be of a team that is
        made anew under its name (``store.remains``). Raises ``UnknownTeamError``, ``StillBoundError``,
        ``TeamAtWorkError``."""
        await serialize_desired(self._session)
        team = await self.team(name)
        self._require_unbound(f"Team {name}", await self.bindings(team=name))
        await clear(self._session, self._clock, name, who)
        for stack in await self.stacks(team=name):
            await self.delete_stack(name, stack.name, who)
        for notification in await self._notifications.all(team=name):
            await self.delete_notification(name, notification.name, who)
        for grant in await People(self._session, self._clock).revoke_team(name):
            await self._journal.note(who, "member.delete", f"{name}.{grant.user}", before=grant.role, team=name)
        await self._delete(TeamRow, TeamRow.name == name)
        await self._journal.note(who, "team.delete", name, before=team, team=name)

    async def delete_stack(self, team: str, name: str, who: str) -> None:
        """Raises ``UnknownTeamError``, ``UnknownStackError``, ``StillBoundError``."""
        await serialize_desired(self._session)
        stack = await self.stack(team, name)
        users = [b for b in await self.bindings(team=team) if b.stack == name]
        self._require_unbound(f"Stack {team}.{name}", users)
        await self._delete(StackRow, (StackRow.team == team) & (StackRow.name == name))
        await self._journal.note(who, "stack.delete", f"{team}.{name}", before=stack, team=team)

    async def delete_binding(self, team: str, cluster: str, who: str) -> None:
        """Unbinds. Raises the ``Unknown*Error`` classes, and ``ClusterHasInstallationError`` while objects that we
        wrote for this team are recorded on the cluster (a leaving plan removes them first)."""
        await serialize_desired(self._session)
        binding = await self.binding(team, cluster)
        registered = await self.cluster(cluster)
        await self._require_nothing_written(registered, team)
        await self._delete(BindingRow, (BindingRow.team == team) & (BindingRow.cluster_id == registered.uid))
        await self._journal.note(who, "binding.delete", binding.name, before=binding, cluster=cluster, team=team)

    async def delete_notification(self, team: str, name: str, who: str) -> None:
        """Forgets a notification of a team, or (empty) of the installation, its address and its deliveries. Raises
        ``UnknownNotificationError``."""
        await serialize_desired(self._session)
        before = await self._notifications.remove(team, name)
        await self._journal.note(who, "notification.delete", before.full_name, before=before, team=team)

    async def _delete(self, table: type[Base], where: ColumnElement[bool]) -> None:
        await affected(self._session, delete(table).where(where))

    def _require_unbound(self, object: str, bindings: Sequence[Binding], cluster: str | None = None) -> None:
        if bindings:
            raise _still_bound(object, bindings, cluster)

    async def _require_nothing_written(self, cluster: RegisteredCluster, team: str) -> None:
        count = await self._written(cluster, team)
        if count:
            raise ClusterHasInstallationError(cluster=cluster.name, count=count, team=team)

    async def _written(self, cluster: RegisteredCluster, team: str | None = None) -> int:
        query = select(func.count()).select_from(RecordRow).where(RecordRow.cluster_id == cluster.uid)
        return await row(self._session, query if team is None else query.where(RecordRow.team == team)) or 0


def _still_bound(object: str, bindings: Sequence[Binding], cluster: str | None) -> StillBoundError:
    names = ", ".join(b.name for b in bindings[:5])
    return StillBoundError(cluster=cluster, object=object, bindings=names, count=len(bindings))

"""The registered clusters: registering, reaching, and what we know of each without looking at it.

One client per cluster and process, shared by everyone who asks: connections and discovery are kept.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar, Final

import msgspec

from gatewright.kube.client import KubeClient
from gatewright.kube.connection import Connection
from gatewright.kube.transport import ClientOptions
from gatewright.model.desired import Claim, Cluster, Custody, RegisteredCluster
from gatewright.model.errors import GatewrightError, InputError
from gatewright.model.names import require_label
from gatewright.observe.survey import identity
from gatewright.planning.request import Known
from gatewright.store.apply import Registration
from gatewright.store.database import Database
from gatewright.store.errors import CredentialElsewhereError
from gatewright.store.secrets import KeyRing

_MIB: Final = 1 << 20
LIMITS: Final = ClientOptions(max_body=16 * _MIB, max_list=128 * _MIB, max_event=4 * _MIB)
"""An object of etcd has at most one and a half mebibytes; what a dozen kinds of a malicious cluster may bring at once
must fit in memory."""


class NoCredentialError(InputError):
    """A cluster is registered without a credential that this installation could use."""

    code: ClassVar[str] = "observe.no-credential"


class Registered(msgspec.Struct, frozen=True):
    """A cluster, and a team's part of it where a team was asked for."""

    name: str
    uid: str
    insecure: bool
    namespace: str = ""
    stack: str = ""


class Clusters:
    """All clusters of the installation. ``close`` ends the connections."""

    def __init__(self, database: Database, ring: KeyRing, *, options: ClientOptions | None = None) -> None:
        self.database = database
        self._ring = ring
        self._options = options or LIMITS
        self._clients: dict[str, KubeClient] = {}
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        clients, self._clients = list(self._clients.values()), {}
        await asyncio.gather(*(client.close() for client in clients))

    async def connect(self, name: str, connection: Connection) -> Registration:
        """What a cluster says of itself, with its credential sealed. Raises ``ClusterError``; writes nothing."""
        try:
            async with KubeClient(connection, options=self._options) as kube:
                # One after the other: what the first failure left running would open a closed client again.
                uid, version = await identity(kube), await kube.version()
        except GatewrightError as error:
            raise error.within(name) from error
        return Registration(uid, connection.server, version, self._ring.seal(uid, connection.to_secret()))

    async def register(
        self,
        name: str,
        connection: Connection,
        *,
        custody: Custody | None = None,
        read_secrets: bool = False,
        who: str,
    ) -> RegisteredCluster:
        """Adds a cluster. Raises ``ClusterExistsError`` naming what it is called already, ``NameTakenError``,
        ``InvalidNameError``, ``ClusterError``."""
        require_label(name, "metadata.name")
        registration = await self.connect(name, connection)
        insecure = connection.insecure_skip_tls_verify
        cluster = Cluster(name, custody, insecure_skip_tls_verify=insecure, read_secrets=read_secrets)
        async with self.database.transaction() as unit:
            return await unit.fleet.register(cluster, registration, who)

    async def rotate(self, name: str, connection: Connection, *, who: str) -> RegisteredCluster:
        """Replaces the address and credential. Raises ``CredentialElsewhereError`` where the identity is another."""
        async with self.database.reading() as unit:
            present = await unit.fleet.cluster(name)
        registration = await self.connect(name, connection)
        if registration.uid != present.uid:
            raise CredentialElsewhereError(cluster=name, server=connection.server, registered=present.server)
        insecure = connection.insecure_skip_tls_verify
        wanted = msgspec.structs.replace(present.spec, insecure_skip_tls_verify=insecure)
        async with self.database.transaction() as unit:
            await unit.fleet.apply_desired([wanted], who, registrations={name: registration})
            rotated = await unit.fleet.cluster(name)
        await self.forget_client(present.uid)
        return rotated

    async def remove(self, name: str, *, who: str) -> None:
        """Forgets a cluster; nothing in it is touched. Raises as ``Fleet.delete_cluster``."""
        async with self.database.transaction() as unit:
            uid = (await unit.fleet.cluster(name)).uid
            await unit.fleet.delete_cluster(name, who)
        await self.forget_client(uid)

    async def forget_client(self, uid: str) -> None:
        """Closes the shared client; the next use reads the credential anew."""
        client = self._clients.pop(uid, None)
        if client is not None:
            await client.close()

    async def discard(self, uid: str, client: KubeClient) -> None:
        """Closes a client that is not the shared one any more. Whoever went on using it after it was forgotten has
        opened connections again."""
        if self._clients.get(uid) is not client:
            await client.close()

    @contextlib.asynccontextmanager
    async def client(self, name: str) -> AsyncGenerator[KubeClient]:
        """The cluster's client; errors that leave the block name the cluster. Raises ``NoCredentialError``."""
        try:
            yield await self._client(name)
        except GatewrightError as error:
            raise error.within(name) from error

    async def _client(self, name: str) -> KubeClient:
        async with self.database.reading() as unit:
            cluster = await unit.fleet.cluster(name)
            if cluster.uid in self._clients:
                return self._clients[cluster.uid]
            sealed = await unit.credentials.get(cluster.uid)
        if sealed is None:
            raise NoCredentialError(cluster=name)
        connection = Connection.from_secret(self._ring.open(cluster.uid, sealed))
        async with self._opening:
            return self._clients.setdefault(cluster.uid, KubeClient(connection, options=self._options))

    async def connection(self, name: str) -> Connection | None:
        """How a cluster is reached, with its credential; None where none is stored. Raises ``UnknownClusterError`` and
        the ``store.key-*`` errors."""
        async with self.database.reading() as unit:
            cluster = await unit.fleet.cluster(name)
            sealed = await unit.credentials.get(cluster.uid)
        return None if sealed is None else Connection.from_secret(self._ring.open(cluster.uid, sealed))

    async def registered(self, team: str | None = None) -> list[Registered]:
        """Every cluster, or those that a team is bound to (``UnknownTeamError``), by name."""
        async with self.database.reading() as unit:
            rows = await unit.fleet.clusters()
            if team is None:
                return [Registered(row.name, row.uid, row.spec.insecure_skip_tls_verify) for row in rows]
            await unit.fleet.team(team)
            bindings = {binding.cluster: binding for binding in await unit.fleet.bindings(team=team)}
        return [
            Registered(
                row.name,
                row.uid,
                row.spec.insecure_skip_tls_verify,
                bindings[row.name].namespace,
                bindings[row.name].stack,
            )
            for row in rows
            if row.name in bindings
        ]

    async def known(self, uid: str, *, leaving: str | None = None) -> Known:
        """What planning knows of a cluster; ``leaving``: the team that gives its claim up."""
        async with self.database.reading() as unit:
            cluster = await unit.fleet.cluster_by_uid(uid)
            claims = await unit.fleet.claims(uid)
            return Known(
                installation=await unit.journal.installation_uid(),
                custody=None if cluster is None else cluster.spec.custody,
                claims=tuple(claim for claim in claims if claim.team != leaving),
                leaving=_of_team(claims, leaving),
                records=await unit.records.of_cluster(uid),
            )


def _of_team(claims: Sequence[Claim], team: str | None) -> Claim | None:
    return next((claim for claim in claims if claim.team == team), None)

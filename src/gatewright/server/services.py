"""The composition root: everything that the routes use, built once from the settings and closed in order.

``Services`` is also the seam for tests: whatever needs a cluster can be replaced by a small fake.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import yaml

from gatewright.gatewayapi import access
from gatewright.gatewayapi.catalogue import BundleFacts, catalogue
from gatewright.kube import kubeconfig
from gatewright.kube.connection import Connection
from gatewright.model.desired import BundleName
from gatewright.model.names import require_namespace
from gatewright.model.status import ClusterStatus
from gatewright.observe import resources
from gatewright.observe.audience import Audience, View, members_of, teams_of
from gatewright.observe.changes import LiveChange
from gatewright.observe.clusters import Clusters
from gatewright.observe.consistency import Consistency
from gatewright.observe.following import Following
from gatewright.observe.installation import Installations
from gatewright.observe.mappings import Mappings
from gatewright.observe.matrix import FleetMatrix
from gatewright.observe.notifications.notifier import Notifier
from gatewright.observe.notifications.sender import Sender
from gatewright.observe.observatory import Observatory
from gatewright.observe.probed import Probes
from gatewright.observe.probes.addresses import AddressPolicy
from gatewright.observe.probing import Probing
from gatewright.observe.reporting import Reporter
from gatewright.observe.topologies import Topologies
from gatewright.observe.views import Views
from gatewright.rollout.drift import DriftWatch
from gatewright.rollout.drifts import Drifts
from gatewright.rollout.planner import Planner
from gatewright.rollout.removal import Removals
from gatewright.rollout.service import Rollouts
from gatewright.server.audit import AuditTrail
from gatewright.server.desired import DesiredState
from gatewright.server.devices import Devices
from gatewright.server.errors import FolderError
from gatewright.server.eventlog import EventLog
from gatewright.server.ids import Ids
from gatewright.server.logs import configure
from gatewright.server.metrics import Metrics, Sources
from gatewright.server.notifications import NotificationDesk
from gatewright.server.oidc.pending import Pendings
from gatewright.server.oidc.signin import Oidc
from gatewright.server.passwords import Hasher, Passwords
from gatewright.server.people import PeopleDesk
from gatewright.server.principal import Principal
from gatewright.server.registrations import RegistrationDesk
from gatewright.server.sessions import SignIns
from gatewright.server.settings import Settings
from gatewright.server.setup import SetUp
from gatewright.server.tokens import TokenDesk
from gatewright.server.values import BundleRow, Pulled
from gatewright.server.wire import ConnectionBody
from gatewright.store.bundles import BundleStore
from gatewright.store.clock import Clock, system_clock
from gatewright.store.database import Database
from gatewright.store.numbers import StoredNumbers, count
from gatewright.store.secrets import KeyRing


@dataclass(frozen=True)
class Services:
    """What the routes use."""

    settings: Settings
    desired: DesiredState
    clusters: Clusters
    rollouts: Rollouts
    bundles: BundleStore
    observatory: Observatory
    views: Views
    probes: Probes
    consistency: Consistency
    events: EventLog
    notifications: NotificationDesk
    notifier: Notifier
    drifts: Drifts
    metrics: Metrics
    matrix: FleetMatrix
    mappings: Mappings
    topologies: Topologies
    installations: Installations
    removals: Removals
    registrations: RegistrationDesk
    audit: AuditTrail
    sign_ins: SignIns
    people: PeopleDesk
    tokens: TokenDesk
    set_up: SetUp
    oidc: Oidc | None
    ids: Ids

    @property
    def database(self) -> Database:
        return self.clusters.database

    @contextlib.asynccontextmanager
    async def working(self, listens: tuple[str, int]) -> AsyncGenerator[None]:
        """While open, this process does everything that a server does beside answering: it carries rollouts out,
        watches and probes clusters, puts back what drifts, and tells what happens. ``listens``: host and port of the
        server, which probes leave alone."""
        reporter = Reporter(self.observatory)
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self.notifier.driving())
            await stack.enter_async_context(self.rollouts.driving())
            await stack.enter_async_context(reporter.reporting())
            await stack.enter_async_context(self.consistency.keeping())
            await stack.enter_async_context(self._drift_watch().working())
            await stack.enter_async_context(self.observatory.watching())
            probing = self._probing(listens)
            self.metrics.attend(probing.report)
            self.probes.attend(probing)
            await stack.enter_async_context(probing.probing())
            yield

    def _probing(self, listens: tuple[str, int]) -> Probing:
        return Probing(self.observatory, _policy(self.settings, listens))

    def _drift_watch(self) -> DriftWatch:
        watch = DriftWatch(self.clusters, Planner(self.clusters, self.bundles), self.rollouts)
        self.observatory.on_touched(watch.touched)
        self.observatory.on_left(watch.forget)
        return watch

    def connection(self, asked: ConnectionBody, who: Principal) -> Connection:
        """The connection that a person gave. Raises the errors of ``kube.kubeconfig``.

        Only the operator's own process may name files and plugins of this machine.
        """
        if not who.local and (asked.path is not None or asked.kubeconfig is None):
            raise kubeconfig.UploadFileError(field="path")
        # The line end makes it a text, whatever it is: from the operator one line could be the name of a file.
        text = None if asked.kubeconfig is None else f"{asked.kubeconfig}\n"
        source = text if asked.path is None else Path(asked.path)
        found = kubeconfig.load(source, asked.context, trust="operator" if who.local else "uploaded")
        if asked.insecure_skip_tls_verify:
            return msgspec.structs.replace(found, insecure_skip_tls_verify=True)
        return found

    def access(
        self, namespace: str, *, removal: bool, controllers: Sequence[str], secrets: bool, observe_only: bool
    ) -> str:
        """The RBAC that Gatewright needs, as YAML. Raises ``InvalidNameError``, ``ReservedNamespaceError``."""
        require_namespace(namespace, "namespace")
        for name in controllers:
            require_namespace(name, "controller")
        objects = access.access_manifests(
            namespace, removal, controllers or None, secrets=secrets, observe_only=observe_only
        )
        return yaml.safe_dump_all(objects, sort_keys=False)

    def bundle_list(self) -> list[BundleRow]:
        return [
            BundleRow(b.version, b.channel, b.released, b.kubernetes.floor, len(b.crds), b.digest)
            for b in catalogue().bundles
        ]

    def bundle_facts(self, name: BundleName) -> BundleFacts:
        return catalogue().bundle(name)

    async def pull(self, name: BundleName) -> Pulled:
        """Fetches and checks a release."""
        content = await self.bundles.load(name)
        return Pulled(name.version, name.channel, len(content.crds), catalogue().bundle(name).digest)

    async def look(self, view: View) -> list[ClusterStatus]:
        return await self.views.status(view)

    async def resources(
        self, kinds: Sequence[str], view: View, names: Sequence[str], all_namespaces: bool
    ) -> resources.Listing:
        """Objects of the kinds, to an audience of its own namespaces only. Raises ``UnknownTeamError``,
        ``UnknownClusterError``, ``UnknownKindError``."""
        members = members_of(await self.observatory.directories.read(), view, names)
        everywhere = all_namespaces and not isinstance(view, Audience)
        return await resources.get(self.clusters, kinds, members, all_namespaces=everywhere)

    async def changes(self, view: View, after: str) -> AsyncGenerator[LiveChange]:
        """What changes in the clusters of a view, after the change with this id, or from now on. Raises
        ``UnknownTeamError``."""
        teams_of(await self.observatory.directories.read(), view)
        return Following(self.observatory.board, self.observatory.directories, view).changes(after)


def engine_url(settings: Settings) -> str:
    """The database of the durable engine: the same PostgreSQL, or an SQLite file of its own."""
    scheme, _, rest = settings.database.partition("://")
    if scheme.startswith("postgres"):
        return f"postgresql+psycopg://{rest}"
    return f"sqlite:///{settings.home / 'engine.db'}"


@contextlib.asynccontextmanager
async def open_services(
    settings: Settings, *, hasher: Hasher | None = None, clock: Clock = system_clock
) -> AsyncGenerator[Services]:
    """The services on the settings' database, migrated. ``hasher``: of passwords, argon2 unless another is given.

    Raises the ``store.database-*`` and ``store.key-*`` errors, and ``FolderError``.
    """
    configure(debug=settings.debug)
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise FolderError(path=str(settings.home), reason=error.strerror or str(error)) from error
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.open(settings.database, clock=clock))
        await database.migrate()
        async with database.reading() as unit:
            stored = await unit.credentials.any() or await unit.notifications.any_sealed()
        ring = KeyRing.load(settings.home, create=not stored)
        clusters = Clusters(database, ring)
        stack.push_async_callback(clusters.close)
        bundles = BundleStore(settings.bundle_cache, settings.bundles or "go")
        observatory = Observatory(clusters)
        consistency = Consistency(observatory)
        views = Views(observatory, consistency)
        rollouts = Rollouts(clusters, bundles, engine_url(settings), seen=consistency.bundle_on)
        sender = Sender()
        stack.push_async_callback(sender.close)
        notifier = Notifier(database, ring, sender, retention_days=settings.event_days)
        desk = NotificationDesk(database, ring, notifier)
        passwords = Passwords(hasher)
        sign_ins = SignIns(database, passwords, Devices(ring, clock))
        yield Services(
            settings,
            DesiredState(database, clusters, desk),
            clusters,
            rollouts,
            bundles,
            observatory,
            views,
            Probes(observatory, views, _policy(settings)),
            consistency,
            EventLog(database),
            desk,
            notifier,
            Drifts(database),
            _metrics(database, observatory),
            matrix=FleetMatrix(observatory, consistency),
            mappings=Mappings(observatory),
            topologies=Topologies(observatory),
            installations=Installations(observatory),
            removals=Removals(clusters, Planner(clusters, bundles)),
            registrations=RegistrationDesk(database, clusters),
            audit=AuditTrail(database),
            sign_ins=sign_ins,
            people=PeopleDesk(database, passwords, sign_ins),
            tokens=TokenDesk(database),
            set_up=SetUp(database, passwords, sign_ins, settings.setup_file),
            oidc=_oidc(settings, database, ring, sign_ins, clock),
            ids=Ids(ring),
        )


def _oidc(settings: Settings, database: Database, ring: KeyRing, sign_ins: SignIns, clock: Clock) -> Oidc | None:
    if settings.oidc is None:
        return None
    # The protocol takes a while to import, which whoever has no provider need not pay.
    from gatewright.server.oidc.provider import Provider

    return Oidc(settings.oidc, Provider(settings.oidc, clock), Pendings(ring), sign_ins, database, clock)


def _policy(settings: Settings, *own: tuple[str, int]) -> AddressPolicy:
    return AddressPolicy(settings.probe_loopback, settings.probe_exclude, own=own)


def _metrics(database: Database, observatory: Observatory) -> Metrics:
    async def stored() -> StoredNumbers:
        async with database.reading() as unit:
            return await count(unit.session)

    return Metrics(
        Sources(
            clusters=lambda: observatory.board.states().values(),
            watchers=lambda: observatory.watchers,
            stored=stored,
        )
    )

"""The tables, and with them invariant 1: every unique key names its scope.

Nothing that lives inside a cluster is unique across clusters: its key starts with the cluster. Names of clusters and
teams are unique in the installation, a stack's within its team, a notification's within its team or among those of the
installation. ``tests/unit/store/test_scopes.py`` walks this metadata and fails for a unique key that it does not know.
Moments are texts (``store.clock``), values are canonical JSON texts.
Rows never leave the store: the repositories give the values of ``gatewright.model``.
"""

from __future__ import annotations

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    false,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Constraint names are what a migration drops or changes: they must not depend on the database that made them.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {str: Text(), bytes: LargeBinary()}  # noqa: RUF012 - SQLAlchemy reads it so


class MetaRow(Base):
    """Facts about this installation, among them its ``uid``, made when the database is first migrated."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class ClusterRow(Base):
    """A registered cluster. ``id`` is the UID of its kube-system namespace."""

    __tablename__ = "clusters"
    __table_args__ = (UniqueConstraint("name"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    server: Mapped[str]
    insecure: Mapped[bool]
    custody: Mapped[str | None]
    kubeconfig: Mapped[str | None]
    context: Mapped[str | None]
    read_secrets: Mapped[bool] = mapped_column(server_default=false())
    probes: Mapped[bool] = mapped_column(server_default=true())
    kubernetes: Mapped[str]
    added_at: Mapped[str]


class CredentialRow(Base):
    """A cluster's credential, sealed (``store.secrets``)."""

    __tablename__ = "credentials"
    cluster_id: Mapped[str] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"), primary_key=True)
    key_id: Mapped[str]
    wrapped_key: Mapped[bytes]
    ciphertext: Mapped[bytes]
    updated_at: Mapped[str]


class TeamRow(Base):
    """``versions``: JSON of ``SkewPolicy``, absent where the team sets none."""

    __tablename__ = "teams"
    name: Mapped[str] = mapped_column(primary_key=True)
    default_namespace: Mapped[str]
    created_at: Mapped[str]
    versions: Mapped[str | None]


class StackRow(Base):
    """``controller``: JSON of ``ControllerSpec``, absent where the stack is a bundle only."""

    __tablename__ = "stacks"
    team: Mapped[str] = mapped_column(ForeignKey("teams.name"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    channel: Mapped[str]
    controller: Mapped[str | None]
    created_at: Mapped[str]
    drift: Mapped[str] = mapped_column(server_default="report")


class BindingRow(Base):
    """A team on a cluster. ``namespace`` is never empty: the team's default is resolved when the binding is made."""

    __tablename__ = "bindings"
    __table_args__ = (
        UniqueConstraint("cluster_id", "namespace"),
        ForeignKeyConstraint(["team", "stack"], ["stacks.team", "stacks.name"]),
    )
    team: Mapped[str] = mapped_column(ForeignKey("teams.name"), primary_key=True)
    cluster_id: Mapped[str] = mapped_column(ForeignKey("clusters.id"), primary_key=True)
    namespace: Mapped[str]
    stack: Mapped[str | None]
    created_at: Mapped[str]


class RecordRow(Base):
    """An object in a cluster that we created or adopted (``origin``), as our last write left it."""

    __tablename__ = "records"
    cluster_id: Mapped[str] = mapped_column(ForeignKey("clusters.id"), primary_key=True)
    api_group: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    namespace: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    api_version: Mapped[str]
    origin: Mapped[str]
    uid: Mapped[str]
    generation: Mapped[int]
    wanted: Mapped[str]
    team: Mapped[str | None]
    written_at: Mapped[str]


class PlanRow(Base):
    """A plan by its hash; ``body`` is the JSON of ``model.plan.Plan``. Written once, never changed."""

    __tablename__ = "plans"
    hash: Mapped[str] = mapped_column(primary_key=True)
    team: Mapped[str]
    action: Mapped[str]
    created_at: Mapped[str]
    requested_by: Mapped[str]
    body: Mapped[str]


class DecisionRow(Base):
    """A person's explicit word, e.g. to own a cluster's CRDs. Append-only; outlives the cluster."""

    __tablename__ = "decisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    value: Mapped[str]
    evidence: Mapped[str]
    who: Mapped[str]
    at: Mapped[str]


class RolloutRow(Base):
    """``generation`` fences writers; ``last_event`` numbers the events without gaps."""

    __tablename__ = "rollouts"
    id: Mapped[str] = mapped_column(primary_key=True)
    team: Mapped[str] = mapped_column(index=True)
    plan_hash: Mapped[str] = mapped_column(ForeignKey("plans.hash"))
    state: Mapped[str]
    wish: Mapped[str]
    generation: Mapped[int]
    last_event: Mapped[int]
    created_at: Mapped[str] = mapped_column(index=True)
    created_by: Mapped[str]
    touched_at: Mapped[str]


class TargetRow(Base):
    """One cluster of a rollout, at its place in the order. The name is kept: history outlives the cluster."""

    __tablename__ = "targets"
    __table_args__ = (UniqueConstraint("rollout_id", "cluster_id"),)
    rollout_id: Mapped[str] = mapped_column(ForeignKey("rollouts.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[str]
    cluster: Mapped[str]
    state: Mapped[str]
    error: Mapped[str | None]


class StepRow(Base):
    __tablename__ = "steps"
    __table_args__ = (
        ForeignKeyConstraint(
            ["rollout_id", "position"], ["targets.rollout_id", "targets.position"], ondelete="CASCADE"
        ),
    )
    rollout_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    state: Mapped[str]
    runs: Mapped[int]
    started_at: Mapped[str | None]
    ended_at: Mapped[str | None]


class RolloutEventRow(Base):
    __tablename__ = "rollout_events"
    rollout_id: Mapped[str] = mapped_column(ForeignKey("rollouts.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str]
    cluster: Mapped[str]
    kind: Mapped[str]
    message: Mapped[str]


class ClusterLockRow(Base):
    """The one rollout that may write to a cluster (invariant 4)."""

    __tablename__ = "cluster_locks"
    cluster_id: Mapped[str] = mapped_column(primary_key=True)
    rollout_id: Mapped[str] = mapped_column(ForeignKey("rollouts.id"), index=True)
    generation: Mapped[int]
    taken_at: Mapped[str]


class WorkerRow(Base):
    """A process that executes rollouts or watches clusters (``role``). Host, pid and the pid's start time tell it from
    a later process."""

    __tablename__ = "workers"
    id: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    pid_started: Mapped[str]
    heartbeat_at: Mapped[str]
    role: Mapped[str] = mapped_column(server_default="rollout")


class EventRow(Base):
    """What people changed and what the fleet did: who, when, what, where, before and after. Append-only. ``cluster``
    and ``team`` are names, for history outlives both; ``message``: JSON of ``text.Message``."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "subject"),
        Index(None, "at"),
        Index(None, "team", "id"),
        Index(None, "cluster", "id"),
        Index(None, "what", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str]
    who: Mapped[str]
    what: Mapped[str]
    subject: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    cluster: Mapped[str] = mapped_column(server_default="")
    team: Mapped[str] = mapped_column(server_default="")
    severity: Mapped[str] = mapped_column(server_default="info")
    message: Mapped[str | None]


class ClusterStateRow(Base):
    """What the watcher of a cluster last knew of it: ``body`` is compressed JSON (``store.states``). ``revision`` grows
    with every write of the row, ``stored_at`` is when."""

    __tablename__ = "cluster_states"
    cluster_id: Mapped[str] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int]
    stored_at: Mapped[str] = mapped_column(index=True)
    body: Mapped[bytes]


class WatchRow(Base):
    """The one worker that watches a cluster. ``generation`` grows with every change of hands."""

    __tablename__ = "watches"
    cluster_id: Mapped[str] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"), primary_key=True)
    worker: Mapped[str] = mapped_column(index=True)
    generation: Mapped[int]
    taken_at: Mapped[str]


class DriftRow(Base):
    """What others did to an object of ours: the last episode of each object. ``body`` is the JSON of
    ``model.drift.Drift``; ``team`` is whose namespace it is, empty for what belongs to the cluster."""

    __tablename__ = "drifts"
    cluster_id: Mapped[str] = mapped_column(ForeignKey("clusters.id", ondelete="CASCADE"), primary_key=True)
    api_group: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    namespace: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    team: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    found_at: Mapped[str]
    due_at: Mapped[str]
    body: Mapped[str]


class NotificationRow(Base):
    """Whom to tell of what. ``id``: what its address is sealed for; ``team`` is empty for the installation's, so it
    refers to no row. ``events``: JSON list; ``cursor``: the number of the last event that was looked at."""

    __tablename__ = "notifications"
    __table_args__ = (UniqueConstraint("team", "name"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    team: Mapped[str]
    name: Mapped[str]
    type: Mapped[str]
    events: Mapped[str]
    minimum: Mapped[str]
    language: Mapped[str]
    url_file: Mapped[str]
    secret_file: Mapped[str]
    created_at: Mapped[str]
    cursor: Mapped[int]


class NotificationSecretRow(Base):
    """A notification's address and signing secret, sealed (``store.secrets``)."""

    __tablename__ = "notification_secrets"
    notification: Mapped[str] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"), primary_key=True)
    signed: Mapped[bool]
    key_id: Mapped[str]
    wrapped_key: Mapped[bytes]
    ciphertext: Mapped[bytes]
    updated_at: Mapped[str]


class DeliveryRow(Base):
    """One message of one notification (``model.notifications``). A pending row whose ``next_at`` lies ahead settles,
    waits for its next attempt, or is being sent; whoever sends it moves ``next_at`` on first, so that a row whose
    sender died comes up again."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("notification", "event_id"),
        Index(None, "state", "next_at"),
        Index(None, "notification", "subject", "state"),
        Index(None, "event_id"),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    notification: Mapped[str] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    subject: Mapped[str]
    digest: Mapped[str]
    origin: Mapped[str]
    came_back: Mapped[bool]
    alarm: Mapped[bool]
    forced: Mapped[bool]
    state: Mapped[str]
    attempts: Mapped[int]
    created_at: Mapped[str]
    next_at: Mapped[str]
    error: Mapped[str | None]


class ToldRow(Base):
    """What a notification told last of a subject."""

    __tablename__ = "told"
    __table_args__ = (Index(None, "event_id"),)
    notification: Mapped[str] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"))
    digest: Mapped[str]
    alarm: Mapped[bool]


class SkewRow(Base):
    """Since when a team's clusters differ in one way (``model.versions.Skew.key``) more than the team allows.
    ``overdue``: that it has lasted too long was noted."""

    __tablename__ = "skews"
    team: Mapped[str] = mapped_column(ForeignKey("teams.name", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[str]
    overdue: Mapped[bool]


class UserRow(Base):
    """A person. ``issuer`` and ``subject``: who they are to an OpenID provider, both or neither. ``preferences``: a
    JSON object of what their pages look like; ``language``: empty where they chose none."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("name"), UniqueConstraint("issuer", "subject"))
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    display_name: Mapped[str]
    password_hash: Mapped[str | None]
    disabled: Mapped[bool]
    language: Mapped[str]
    preferences: Mapped[str]
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    created_at: Mapped[str]
    last_sign_in_at: Mapped[str | None]


class RoleRow(Base):
    """A role that people made: JSON list of ``permissions``, to grant in the installation or in a team (``scope``)."""

    __tablename__ = "roles"
    name: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str]
    permissions: Mapped[str]
    created_at: Mapped[str]


class GrantRow(Base):
    """The one role of a person in a team; ``team`` is empty for the installation, so nothing can refer to it."""

    __tablename__ = "grants"
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    team: Mapped[str] = mapped_column(primary_key=True, index=True)
    role: Mapped[str] = mapped_column(index=True)
    granted_at: Mapped[str]
    granted_by: Mapped[str]


class SessionRow(Base):
    """A browser in which a person is signed in. ``hash``: SHA-256 of the cookie, which nothing keeps; ``id``: what the
    session is called where it is listed. It ends at the earlier of ``idle_until`` and ``expires_at``."""

    __tablename__ = "sessions"
    __table_args__ = (UniqueConstraint("id"),)
    hash: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    method: Mapped[str]
    created_at: Mapped[str]
    seen_at: Mapped[str]
    idle_until: Mapped[str] = mapped_column(index=True)
    expires_at: Mapped[str]
    address: Mapped[str]
    agent: Mapped[str]


class ApiTokenRow(Base):
    """What lets a program act for a person. ``hash``: SHA-256 of the whole token; ``permissions`` and ``teams``: JSON
    lists of what it is narrowed to, absent where it may what the person may."""

    __tablename__ = "api_tokens"
    __table_args__ = (UniqueConstraint("hash"), UniqueConstraint("user_id", "name"))
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    prefix: Mapped[str]
    hash: Mapped[str]
    permissions: Mapped[str | None]
    teams: Mapped[str | None]
    created_at: Mapped[str]
    expires_at: Mapped[str]
    last_used_at: Mapped[str | None]
    revoked_at: Mapped[str | None]


class AttemptRow(Base):
    """Sign-ins of one name or from one address (``subject`` is a hash of it) that failed or are under way, counted
    from ``since``."""

    __tablename__ = "attempts"
    subject: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    since: Mapped[str] = mapped_column(index=True)


class SetupCodeRow(Base):
    """SHA-256 of a code with which the first administrator may be made; each server of the installation has its own.
    All go as soon as there is an administrator."""

    __tablename__ = "setup_codes"
    hash: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[str]


class AuditRow(Base):
    """What a person did, or was refused (``model.audit.Entry``). Append-only: triggers refuse to change or delete a
    row. ``id`` grows with time and tells no count; ``team`` and ``cluster`` are names, for history outlives both."""

    __tablename__ = "audit"
    __table_args__ = (
        *(Index(None, column, "id") for column in ("team", "cluster", "who", "what", "outcome")),
        Index(None, "at"),
        Index(None, "request"),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[str]
    who: Mapped[str]
    person: Mapped[str]
    via: Mapped[str]
    address: Mapped[str]
    agent: Mapped[str]
    request: Mapped[str]
    route: Mapped[str]
    what: Mapped[str]
    subject: Mapped[str]
    team: Mapped[str]
    cluster: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    outcome: Mapped[str]
    code: Mapped[str]


class RegistrationRow(Base):
    """A cluster that is to be registered by a script. ``hash``: SHA-256 of the token, which is kept nowhere;
    ``options``: JSON of ``store.registrations.Options``; ``state`` is what was last told of it, without its expiry."""

    __tablename__ = "registrations"
    __table_args__ = (UniqueConstraint("hash"), Index(None, "expires_at"))
    id: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str]
    name: Mapped[str]
    options: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[str]
    created_by: Mapped[str]
    expires_at: Mapped[str]
    started_at: Mapped[str | None]
    ended_at: Mapped[str | None]
    error: Mapped[str | None]

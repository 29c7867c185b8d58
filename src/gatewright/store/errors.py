"""What the store refuses, and how the database can fail: one class per code, one sentence per language."""

from __future__ import annotations

from typing import ClassVar

from gatewright.model.errors import (
    BlockedError,
    ConflictError,
    EnvironmentFailure,
    InputError,
    NotFoundError,
    StaleError,
)


class NamespaceTakenError(ConflictError):
    """A binding asks for a namespace that another team's binding holds on the same cluster."""

    code: ClassVar[str] = "store.namespace-taken"


class ClusterExistsError(ConflictError):
    """A cluster with this kube-system UID is registered already, whatever its name or address."""

    code: ClassVar[str] = "store.cluster-exists"


class NameTakenError(ConflictError):
    """Another cluster already has the name."""

    code: ClassVar[str] = "store.name-taken"


class CredentialElsewhereError(ConflictError):
    """A new credential of a cluster leads to another one."""

    code: ClassVar[str] = "store.credential-elsewhere"


class ClusterNotRegisteredError(InputError):
    """A manifest names a cluster that is not registered, and brings no way to reach it."""

    code: ClassVar[str] = "store.cluster-not-registered"


class UnknownClusterError(NotFoundError):
    """No cluster has the name."""

    code: ClassVar[str] = "store.unknown-cluster"


class UnknownTeamError(NotFoundError):
    """No team has the name."""

    code: ClassVar[str] = "store.unknown-team"


class UnknownStackError(NotFoundError):
    """The team has no stack of the name."""

    code: ClassVar[str] = "store.unknown-stack"


class UnknownBindingError(NotFoundError):
    """The team is not bound to the cluster."""

    code: ClassVar[str] = "store.unknown-binding"


class UnknownNotificationError(NotFoundError):
    """No notification of the installation has the name."""

    code: ClassVar[str] = "store.unknown-notification"


class UnknownTeamNotificationError(UnknownNotificationError):
    """The team has no notification of the name."""

    code: ClassVar[str] = "store.unknown-team-notification"


class NotificationWithoutAddressError(ConflictError):
    """A notification is new, and nothing says where to send."""

    code: ClassVar[str] = "store.notification-without-address"


class UnknownDeliveryError(NotFoundError):
    """No delivery has the id."""

    code: ClassVar[str] = "store.unknown-delivery"


class DeliveryNotDeadError(ConflictError):
    """Only what was given up can be sent again."""

    code: ClassVar[str] = "store.delivery-not-dead"


class UnknownPlanError(NotFoundError):
    """No plan has the hash."""

    code: ClassVar[str] = "store.unknown-plan"


class AmbiguousPlanError(InputError):
    """The first characters of a hash fit several plans."""

    code: ClassVar[str] = "store.ambiguous-plan"


class UnknownRolloutError(NotFoundError):
    """No rollout has the id."""

    code: ClassVar[str] = "store.unknown-rollout"


class StillBoundError(ConflictError):
    """A cluster, team or stack is to be deleted, and bindings use it."""

    code: ClassVar[str] = "store.still-bound"


class TeamAtWorkError(ConflictError):
    """A team is to be deleted, and rollouts of it are being carried out."""

    code: ClassVar[str] = "store.team-at-work"


class ClusterHasInstallationError(ConflictError):
    """A cluster or binding is to be deleted, and objects that we wrote for it are still in the cluster."""

    code: ClassVar[str] = "store.cluster-has-installation"


class NamespaceInUseError(ConflictError):
    """A binding is to move to another namespace, and objects that we wrote for it are in the present one."""

    code: ClassVar[str] = "store.namespace-in-use"


class ClusterLockedError(ConflictError):
    """Another rollout holds the cluster."""

    code: ClassVar[str] = "store.cluster-locked"


class RolloutSupersededError(StaleError):
    """The rollout went on under a higher generation; the writer that holds the older one must stop."""

    code: ClassVar[str] = "store.rollout-superseded"


class CommandNotAllowedError(BlockedError):
    """A rollout cannot be paused, resumed, aborted or retried in the state that it is in."""

    code: ClassVar[str] = "store.command-not-allowed"


class ConcurrentChangeError(ConflictError):
    """Two changes contradicted each other at the same moment; the other one was saved."""

    code: ClassVar[str] = "store.concurrent-change"


class DatabaseUrlError(InputError):
    """The address of the database cannot be used."""

    code: ClassVar[str] = "store.database-url"


class DatabaseUnreachableError(EnvironmentFailure):
    """The database cannot be opened, read or written."""

    code: ClassVar[str] = "store.database-unreachable"
    http_status = 503


class DatabaseBusyError(EnvironmentFailure):
    """Another process held the database for longer than we wait."""

    code: ClassVar[str] = "store.database-busy"
    http_status = 503


class DatabaseCrowdedError(EnvironmentFailure):
    """All connections of this process to the database were in use for longer than we wait."""

    code: ClassVar[str] = "store.database-crowded"
    http_status = 503


class DiskFullError(EnvironmentFailure):
    """The database has no room to write; what was being saved was not saved."""

    code: ClassVar[str] = "store.disk-full"


class DatabaseDamagedError(EnvironmentFailure):
    """The file is not a database, or its content is damaged."""

    code: ClassVar[str] = "store.database-damaged"


class DatabaseNewerError(EnvironmentFailure):
    """The database was migrated by a newer Gatewright."""

    code: ClassVar[str] = "store.database-newer"


class DatabaseNotMigratedError(EnvironmentFailure):
    """The tables are missing or older than this Gatewright; ``Database.migrate`` was not run."""

    code: ClassVar[str] = "store.database-not-migrated"


class KeyMissingError(EnvironmentFailure):
    """Credentials are stored, and the key file that opens them is not there."""

    code: ClassVar[str] = "store.key-missing"


class KeyInvalidError(EnvironmentFailure):
    """The key file or variable does not hold keys of 32 bytes in base64."""

    code: ClassVar[str] = "store.key-invalid"


class KeyExposedError(EnvironmentFailure):
    """Other users of the machine may read the key file."""

    code: ClassVar[str] = "store.key-exposed"


class KeyWrongError(EnvironmentFailure):
    """A credential was sealed with a key that is not among those given."""

    code: ClassVar[str] = "store.key-wrong"


class CredentialDamagedError(EnvironmentFailure):
    """A sealed credential does not open: it was changed, or belongs to another cluster."""

    code: ClassVar[str] = "store.credential-damaged"


class UnknownPersonError(NotFoundError):
    """Nobody has the name."""

    code: ClassVar[str] = "people.unknown"


class PersonExistsError(ConflictError):
    """Somebody has the name, or is the same subject of the OpenID provider."""

    code: ClassVar[str] = "people.exists"


class LastAdministratorError(ConflictError):
    """Nobody would be left who can sign in and may do everything."""

    code: ClassVar[str] = "people.last-administrator"


class UnknownMemberError(NotFoundError):
    """The person has no role there."""

    code: ClassVar[str] = "people.unknown-member"


class UnknownRoleError(NotFoundError):
    """No role has the name."""

    code: ClassVar[str] = "people.unknown-role"


class RoleInUseError(ConflictError):
    """Somebody has the role."""

    code: ClassVar[str] = "people.role-in-use"


class UnknownTokenError(NotFoundError):
    """No API token has the id."""

    code: ClassVar[str] = "people.unknown-token"


class TokenExistsError(ConflictError):
    """The person has a token of this name that still holds."""

    code: ClassVar[str] = "people.token-exists"

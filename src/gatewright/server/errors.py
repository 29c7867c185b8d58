"""What the API refuses by itself, before or beside the services behind it."""

from __future__ import annotations

from typing import ClassVar

from gatewright.model.errors import (
    ConflictError,
    DeniedError,
    EnvironmentFailure,
    InputError,
    NotFoundError,
    StaleError,
)


class UnauthenticatedError(DeniedError):
    """No token, or one that is not this server's."""

    code: ClassVar[str] = "server.unauthenticated"
    http_status: ClassVar[int] = 401


class ForbiddenError(DeniedError):
    """The person is known, and may not do this."""

    code: ClassVar[str] = "server.forbidden"


class NoRouteError(NotFoundError):
    """The API has no such path."""

    code: ClassVar[str] = "server.no-route"


class MethodError(InputError):
    """The path is there, and does not understand the method."""

    code: ClassVar[str] = "server.method"
    http_status: ClassVar[int] = 405


class BodyError(InputError):
    """The body is not the JSON that the route documents."""

    code: ClassVar[str] = "server.body"


class BodyTooLargeError(InputError):
    """The body is larger than the API reads."""

    code: ClassVar[str] = "server.body-too-large"
    http_status: ClassVar[int] = 413


class ParameterError(InputError):
    """A parameter of the address has a value that cannot be used."""

    code: ClassVar[str] = "server.parameter"


class UnknownParameterError(InputError):
    """The address carries a query parameter that the route does not have."""

    code: ClassVar[str] = "server.unknown-parameter"


class MediaTypeError(InputError):
    """The body is not sent as JSON."""

    code: ClassVar[str] = "server.media-type"
    http_status: ClassVar[int] = 415


class ContinueError(InputError):
    """The token for the next page is damaged, or belongs to another list."""

    code: ClassVar[str] = "server.continue"


class EventIdError(InputError):
    """``Last-Event-ID`` is no id that this stream gives."""

    code: ClassVar[str] = "server.event-id"


class MovedError(StaleError):
    """The object is not what the person read it as (``If-Match``)."""

    code: ClassVar[str] = "server.moved"
    http_status: ClassVar[int] = 412


class InternalError(EnvironmentFailure):
    """A fault of Gatewright's own; only the kind of it is told."""

    code: ClassVar[str] = "server.internal"


class SettingError(InputError):
    """A setting from the environment has a value that cannot be used."""

    code: ClassVar[str] = "server.setting"


class FolderError(EnvironmentFailure):
    """The data folder or a file in it cannot be made or written."""

    code: ClassVar[str] = "server.folder"


class TokenExposedError(EnvironmentFailure):
    """Other users of the machine may read the token file."""

    code: ClassVar[str] = "server.token-exposed"


class TokenDamagedError(EnvironmentFailure):
    """The token file is empty or too short to be a token."""

    code: ClassVar[str] = "server.token-damaged"


class PortTakenError(ConflictError):
    """Something else listens on the address."""

    code: ClassVar[str] = "server.port-taken"


class AddressError(InputError):
    """This machine has no such address, or may not listen on the port."""

    code: ClassVar[str] = "server.address"


class NotificationManifestError(InputError):
    """A manifest from a socket names the file of an address; it is on another machine."""

    code: ClassVar[str] = "server.notification-manifest"


class ClusterManifestError(InputError):
    """A manifest from a socket names a cluster that is not registered; its kubeconfig is on another machine."""

    code: ClassVar[str] = "server.cluster-manifest"


class SignInRefusedError(UnauthenticatedError):
    """The name or the password is wrong, or the person may not sign in; which of them is not told."""

    code: ClassVar[str] = "people.sign-in-refused"


class TooManyAttemptsError(DeniedError):
    """Too many sign-ins failed with this name or from this address."""

    code: ClassVar[str] = "people.too-many-attempts"
    http_status: ClassVar[int] = 429


class BusyError(EnvironmentFailure):
    """More passwords wait to be checked than this server takes on at once."""

    code: ClassVar[str] = "people.busy"
    http_status: ClassVar[int] = 503


class CsrfError(DeniedError):
    """A request with a session's cookie does not prove that it comes from our own page."""

    code: ClassVar[str] = "people.csrf"


class PasswordError(InputError):
    """The password breaks a rule."""

    code: ClassVar[str] = "people.password"


class SetUpDoneError(ConflictError):
    """There is an administrator already."""

    code: ClassVar[str] = "people.set-up-done"


class SetUpCodeError(DeniedError):
    """The code for setting up is not one of this installation's."""

    code: ClassVar[str] = "people.set-up-code"


class BeyondError(DeniedError):
    """Somebody would give, take or change what they do not hold themselves."""

    code: ClassVar[str] = "people.beyond"


class PermissionNameError(InputError):
    """A permission does not exist, or a role of this scope cannot hold it."""

    code: ClassVar[str] = "people.permission"


class RoleScopeError(InputError):
    """A role of a team is given in the installation, or the other way round."""

    code: ClassVar[str] = "people.role-scope"


class BuiltinRoleError(ConflictError):
    """A role that is built in cannot be changed or deleted."""

    code: ClassVar[str] = "people.builtin-role"


class NoPersonError(DeniedError):
    """Who asks is no person: the operator has no password, sessions or tokens of their own."""

    code: ClassVar[str] = "people.no-person"


class UnknownSessionError(NotFoundError):
    """The person has no session of this id."""

    code: ClassVar[str] = "people.unknown-session"

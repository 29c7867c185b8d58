"""What a person is told when a notification cannot be used."""

from __future__ import annotations

from typing import ClassVar

from gatewright.model.errors import ConflictError, EnvironmentFailure, InputError


class AddressError(InputError):
    """The address of a notification is no http or https address; the address itself is not repeated."""

    code: ClassVar[str] = "notify.address"


class SecretError(InputError):
    """A signing secret is empty, or too long to be one."""

    code: ClassVar[str] = "notify.secret"


class UnsignedTypeError(ConflictError):
    """The service knows no signature, so a signing secret would protect nothing."""

    code: ClassVar[str] = "notify.unsigned-type"


class NotDeliveredError(EnvironmentFailure):
    """The test message did not arrive."""

    code: ClassVar[str] = "notify.not-delivered"
    http_status: ClassVar[int] = 502


class NotificationFileError(InputError):
    """The file that should hold an address or a signing secret cannot be read."""

    code: ClassVar[str] = "notify.file"

"""The address and signing secret of a notification: checked when they are given, sealed when they are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from gatewright.model.desired import NotificationType
from gatewright.model.notifications import Target
from gatewright.observe.notifications.errors import (
    AddressError,
    NotificationFileError,
    SecretError,
    UnsignedTypeError,
)
from gatewright.store.notifications import Address, place
from gatewright.store.secrets import KeyRing

SIGNED: Final[frozenset[NotificationType]] = frozenset({"webhook", "dingtalk", "feishu"})
_LONGEST: Final = 2048


def target(type: NotificationType, url: str, secret: str) -> Target:
    """What a person gave, without white space around it. Raises ``AddressError``, ``SecretError``,
    ``UnsignedTypeError``."""
    address, signing = url.strip(), secret.strip()
    if not _usable(address):
        raise AddressError()
    if secret and (not signing or len(signing) > _LONGEST or not signing.isprintable()):
        raise SecretError()
    if signing and type not in SIGNED:
        raise UnsignedTypeError(type=type)
    return Target(address, signing)


def seal(ring: KeyRing, id: str, given: Target) -> Address:
    """For ``Fleet.apply_desired``; opens only as that of the notification with this id (``Notifications.id_for``)."""
    return Address(id, ring.seal(place(id), msgspec.json.encode(given)), bool(given.secret))


def unseal(ring: KeyRing, address: Address) -> Target:
    """Raises ``KeyWrongError``, ``CredentialDamagedError``."""
    return msgspec.json.decode(ring.open(place(address.id), address.sealed), type=Target)


def _usable(address: str) -> bool:
    if not address or len(address) > _LONGEST or not address.isascii() or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and not parts.fragment


def read_file(path: str) -> str:
    """What a file of the operator's machine holds. Raises ``NotificationFileError``."""
    try:
        with Path(path).expanduser().open("rb") as file:
            return file.read(_LONGEST * 2).decode()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "UTF-8"
        raise NotificationFileError(path=path[:200], reason=reason) from error

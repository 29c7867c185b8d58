"""Notifications for the API: their credentials come in and never go out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from gatewright.model.desired import Change, Desired, Notification, NotificationType
from gatewright.model.events import Severity
from gatewright.model.notifications import Delivery, DeliveryState, NotificationStatus, Target
from gatewright.observe.notifications.notifier import Notifier
from gatewright.observe.notifications.target import read_file, seal, target, unseal
from gatewright.server.errors import NotificationManifestError
from gatewright.server.principal import Principal
from gatewright.store.apply import Address
from gatewright.store.database import Database
from gatewright.store.errors import NotificationWithoutAddressError
from gatewright.store.secrets import KeyRing
from gatewright.text import Language

Pair: TypeAlias = tuple[str, str]


class Wish(msgspec.Struct, frozen=True):
    """What a person asks of a notification. ``url`` None keeps the address, ``secret`` None the signing secret; an
    empty secret takes it away."""

    type: NotificationType
    team: str
    events: tuple[str, ...]
    minimum: Severity
    language: Language
    url: str | None
    secret: str | None


class NotificationDesk:
    """Reads, sets, tests and removes notifications, and shows what became of their messages."""

    def __init__(self, database: Database, ring: KeyRing, notifier: Notifier) -> None:
        self._database = database
        self._ring = ring
        self._notifier = notifier

    async def all(self) -> list[NotificationStatus]:
        async with self._database.reading() as unit:
            return await unit.notifications.statuses()

    async def show(self, name: str) -> NotificationStatus:
        """Raises ``UnknownNotificationError``."""
        async with self._database.reading() as unit:
            await unit.notifications.get(name)
            return next(status for status in await unit.notifications.statuses() if status.name == name)

    async def put(self, name: str, wish: Wish, who: str) -> Change:
        """Makes or changes one. Raises ``NotificationWithoutAddressError`` for a new one without an address, and as
        ``notifications.target.target``."""
        wanted = Notification(name, wish.type, wish.team, wish.events, wish.minimum, wish.language)
        async with self._database.transaction() as unit:
            before = await unit.notifications.find(name)
            sealed = await unit.notifications.sealed(name)
            if before is not None:
                files = {"url_file": before.url_file, "secret_file": before.secret_file}
                wanted = msgspec.structs.replace(wanted, **files)
            if sealed is None and wish.url is None:
                raise NotificationWithoutAddressError(notification=name[:80])
            addresses: dict[str, Address] = {}
            known = Target("") if sealed is None else unseal(self._ring, name, sealed)
            given = target(wish.type, _or(wish.url, known.url), _or(wish.secret, known.secret))
            if given != known:
                addresses[name] = seal(self._ring, name, given)
            return (await unit.fleet.apply_desired([wanted], who, addresses=addresses))[0]

    async def remove(self, name: str, who: str) -> None:
        """Raises ``UnknownNotificationError``."""
        async with self._database.transaction() as unit:
            await unit.fleet.delete_notification(name, who)

    async def test(self, name: str) -> None:
        """Raises ``UnknownNotificationError``, ``NotDeliveredError``."""
        await self._notifier.test(name)

    async def deliveries(
        self, notification: str | None, states: Sequence[DeliveryState], *, before: Pair | None, limit: int
    ) -> list[Delivery]:
        """Newest first."""
        async with self._database.reading() as unit:
            if notification is not None:
                await unit.notifications.get(notification)
            return await unit.deliveries.all(notification=notification, states=states, before=before, limit=limit)

    async def retry(self, id: str) -> Delivery:
        """Raises ``UnknownDeliveryError``, ``DeliveryNotDeadError``."""
        async with self._database.transaction() as unit:
            return await unit.deliveries.retry(id)

    async def addresses(self, wanted: Iterable[Desired], who: Principal) -> dict[str, Address]:
        """The sealed credentials of manifests whose files are new: only the operator's own process may name files.

        Raises ``NotificationManifestError``, ``NotificationFileError``, and as ``notifications.target.target``.
        """
        notifications = [value for value in wanted if isinstance(value, Notification) and value.url_file]
        async with self._database.reading() as unit:
            known = {value.name: value for value in await unit.notifications.all()}
        return {value.name: _from_files(self._ring, value, who) for value in notifications if _moved(value, known)}


def _moved(wanted: Notification, known: dict[str, Notification]) -> bool:
    before = known.get(wanted.name)
    if before is None:
        return True
    return (before.url_file, before.secret_file) != (wanted.url_file, wanted.secret_file)


def _from_files(ring: KeyRing, wanted: Notification, who: Principal) -> Address:
    if not who.local:
        raise NotificationManifestError(notification=wanted.name)
    secret = read_file(wanted.secret_file) if wanted.secret_file else ""
    return seal(ring, wanted.name, target(wanted.type, read_file(wanted.url_file), secret))


def _or(given: str | None, known: str) -> str:
    return known if given is None else given

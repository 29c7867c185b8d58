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
from gatewright.server.errors import NotificationManifestError, NotificationNameError
from gatewright.server.principal import Principal
from gatewright.store.apply import Address
from gatewright.store.database import Database
from gatewright.store.errors import NotificationWithoutAddressError, UnknownDeliveryError, UnknownNotificationError
from gatewright.store.secrets import KeyRing
from gatewright.store.sql import nearest
from gatewright.text import Language

Pair: TypeAlias = tuple[str, str]
Allowed: TypeAlias = frozenset[str] | None
"""The teams for which somebody may do something; None: for all, and for what is no team's."""


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

    async def all(self, teams: Allowed = None) -> list[NotificationStatus]:
        """Every one, or those of these teams."""
        async with self._database.reading() as unit:
            found = await unit.notifications.statuses()
        return [status for status in found if teams is None or status.team in teams]

    async def show(self, name: str, teams: Allowed = None) -> NotificationStatus:
        """Raises ``UnknownNotificationError``, also where it is of none of these teams."""
        found = {status.name: status for status in await self.all(teams)}
        if name not in found:
            raise _unknown(name, found)
        return found[name]

    async def put(self, name: str, wish: Wish, who: str, teams: Allowed = None) -> Change:
        """Makes or changes one. Raises ``NotificationWithoutAddressError`` for a new one without an address,
        ``NotificationNameError`` where the name is one of none of these teams, and as ``notifications.target.target``.
        """
        wanted = Notification(name, wish.type, wish.team, wish.events, wish.minimum, wish.language)
        async with self._database.transaction() as unit:
            before = await unit.notifications.find(name)
            _require_own(before, teams)
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

    async def remove(self, name: str, who: str, teams: Allowed = None) -> None:
        """Raises ``UnknownNotificationError``."""
        await self.show(name, teams)
        async with self._database.transaction() as unit:
            await unit.fleet.delete_notification(name, who)

    async def test(self, name: str, teams: Allowed = None) -> None:
        """Raises ``UnknownNotificationError``, ``NotDeliveredError``."""
        await self.show(name, teams)
        await self._notifier.test(name)

    async def deliveries(
        self,
        notification: str | None,
        states: Sequence[DeliveryState],
        *,
        before: Pair | None,
        limit: int,
        teams: Allowed = None,
    ) -> list[Delivery]:
        """Newest first, of one notification, or of those of these teams. Raises ``UnknownNotificationError``."""
        wanted: str | frozenset[str] | None = notification
        if notification is not None:
            await self.show(notification, teams)
        elif teams is not None:
            wanted = frozenset(status.name for status in await self.all(teams))
        async with self._database.reading() as unit:
            return await unit.deliveries.all(notification=wanted, states=states, before=before, limit=limit)

    async def retry(self, id: str, teams: Allowed = None) -> Delivery:
        """Raises ``UnknownDeliveryError``, also for one of none of these teams, and ``DeliveryNotDeadError``."""
        async with self._database.transaction() as unit:
            notification = await unit.notifications.find((await unit.deliveries.get(id)).notification)
            if teams is not None and (notification is None or notification.team not in teams):
                raise UnknownDeliveryError(delivery=id[:80])
            return await unit.deliveries.retry(id)

    async def require_own(self, wanted: Iterable[Desired], teams: Allowed) -> None:
        """Refuses manifests of notifications whose names are ones of none of these teams
        (``NotificationNameError``)."""
        async with self._database.reading() as unit:
            for value in wanted:
                if isinstance(value, Notification):
                    _require_own(await unit.notifications.find(value.name), teams)

    async def addresses(self, wanted: Iterable[Desired], who: Principal) -> dict[str, Address]:
        """The sealed credentials of manifests whose files are new: only the operator's own process may name files.

        Raises ``NotificationManifestError``, ``NotificationFileError``, and as ``notifications.target.target``.
        """
        notifications = [value for value in wanted if isinstance(value, Notification) and value.url_file]
        async with self._database.reading() as unit:
            known = {value.name: value for value in await unit.notifications.all()}
        return {value.name: _from_files(self._ring, value, who) for value in notifications if _moved(value, known)}


def _unknown(name: str, known: Iterable[str]) -> UnknownNotificationError:
    return UnknownNotificationError(notification=name[:80], nearest=nearest(name, known))


def _require_own(before: Notification | None, teams: Allowed) -> None:
    if before is not None and teams is not None and before.team not in teams:
        raise NotificationNameError(notification=before.name)


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

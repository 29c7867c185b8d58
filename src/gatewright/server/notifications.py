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
from gatewright.store.apply import Owned
from gatewright.store.database import Database
from gatewright.store.errors import UnknownDeliveryError
from gatewright.store.notifications import Address, without_address
from gatewright.store.secrets import KeyRing
from gatewright.store.sql import Teams, serialize_desired
from gatewright.store.unit import Unit
from gatewright.text import Language

Pair: TypeAlias = tuple[str, str]


class Wish(msgspec.Struct, frozen=True):
    """What a person asks of a notification. ``url`` None keeps the address, ``secret`` None the signing secret; an
    empty secret takes it away."""

    type: NotificationType
    events: tuple[str, ...]
    minimum: Severity
    language: Language
    url: str | None
    secret: str | None


class NotificationDesk:
    """Reads, sets, tests and removes notifications, and shows what became of their messages. ``team`` and a name
    address one; an empty team is the installation."""

    def __init__(self, database: Database, ring: KeyRing, notifier: Notifier) -> None:
        self._database = database
        self._ring = ring
        self._notifier = notifier

    async def all(self, teams: Teams | None = None) -> list[NotificationStatus]:
        """Every one, or those of these teams; of one team that there must be (``UnknownTeamError``)."""
        async with self._database.reading() as unit:
            if isinstance(teams, str):
                await unit.fleet.team(teams)
            found = await unit.notifications.statuses()
        named = frozenset({teams}) if isinstance(teams, str) else teams
        return [status for status in found if named is None or status.team in named]

    async def show(self, team: str, name: str) -> NotificationStatus:
        """Raises ``UnknownTeamError``, ``UnknownNotificationError``."""
        async with self._database.reading() as unit:
            await _require_there(unit, team, name)
            found = await unit.notifications.statuses()
        return next(status for status in found if (status.team, status.name) == (team, name))

    async def put(self, team: str, name: str, wish: Wish, who: str) -> Change:
        """Makes or changes one. Raises ``UnknownTeamError``, ``NotificationWithoutAddressError`` for a new one without
        an address, and as ``notifications.target.target``."""
        wanted = Notification(name, wish.type, team, wish.events, wish.minimum, wish.language)
        async with self._database.transaction() as unit:
            await serialize_desired(unit.session)
            if team:
                await unit.fleet.team(team)
            before = await unit.notifications.find(team, name)
            sealed = await unit.notifications.address(team, name)
            if before is not None:
                files = {"url_file": before.url_file, "secret_file": before.secret_file}
                wanted = msgspec.structs.replace(wanted, **files)
            if sealed is None and wish.url is None:
                raise without_address(wanted)
            addresses: dict[Owned, Address] = {}
            known = Target("") if sealed is None else unseal(self._ring, sealed)
            given = target(wish.type, _or(wish.url, known.url), _or(wish.secret, known.secret))
            if given != known:
                addresses[team, name] = seal(self._ring, await unit.notifications.id_for(team, name), given)
            return (await unit.fleet.apply_desired([wanted], who, addresses=addresses))[0]

    async def remove(self, team: str, name: str, who: str) -> None:
        """Raises ``UnknownTeamError``, ``UnknownNotificationError``."""
        async with self._database.transaction() as unit:
            await _require_there(unit, team, name)
            await unit.fleet.delete_notification(team, name, who)

    async def test(self, team: str, name: str) -> None:
        """Raises ``UnknownTeamError``, ``UnknownNotificationError``, ``NotDeliveredError``."""
        async with self._database.reading() as unit:
            await _require_there(unit, team, name)
        await self._notifier.test(team, name)

    async def deliveries(
        self,
        teams: Teams | None,
        notification: str | None,
        states: Sequence[DeliveryState],
        *,
        before: Pair | None,
        limit: int,
    ) -> list[Delivery]:
        """Newest first, of the notifications of these teams, or of all; of one ``notification``: of that of the team in
        ``teams``. Raises ``UnknownTeamError``, ``UnknownNotificationError``."""
        async with self._database.reading() as unit:
            if isinstance(teams, str):
                await _require_there(unit, teams, notification)
            return await unit.deliveries.all(
                teams=teams, notification=notification, states=states, before=before, limit=limit
            )

    async def retry(self, id: str, teams: frozenset[str] | None = None) -> Delivery:
        """Raises ``UnknownDeliveryError``, also for one of none of these teams, and ``DeliveryNotDeadError``."""
        async with self._database.transaction() as unit:
            if teams is not None and (await unit.deliveries.get(id)).team not in teams:
                raise UnknownDeliveryError(delivery=id[:80])
            return await unit.deliveries.retry(id)

    async def addresses(self, unit: Unit, wanted: Iterable[Desired], who: Principal) -> dict[Owned, Address]:
        """The sealed credentials of manifests whose files are new: only the operator's own process may name files.

        In the transaction that applies them. Raises ``NotificationManifestError``, ``NotificationFileError``, and as
        ``notifications.target.target``.
        """
        await serialize_desired(unit.session)
        found: dict[Owned, Address] = {}
        for value in wanted:
            if not isinstance(value, Notification) or not value.url_file:
                continue
            if _moved(value, await unit.notifications.find(value.team, value.name)):
                given = _from_files(value, who)
                found[value.team, value.name] = seal(
                    self._ring, await unit.notifications.id_for(value.team, value.name), given
                )
        return found


async def _require_there(unit: Unit, team: str, name: str | None) -> None:
    """That there is the team (empty: it need not), and its notification where one is named."""
    if team:
        await unit.fleet.team(team)
    if name is not None:
        await unit.notifications.get(team, name)


def _moved(wanted: Notification, before: Notification | None) -> bool:
    """Whether the files are others than those that were read, or were never read."""
    return before is None or (before.url_file, before.secret_file) != (wanted.url_file, wanted.secret_file)


def _from_files(wanted: Notification, who: Principal) -> Target:
    if not who.local:
        raise NotificationManifestError(notification=wanted.full_name, command=wanted.arguments)
    secret = read_file(wanted.secret_file) if wanted.secret_file else ""
    return target(wanted.type, read_file(wanted.url_file), secret)


def _or(given: str | None, known: str) -> str:
    return known if given is None else given

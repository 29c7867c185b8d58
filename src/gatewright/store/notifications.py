"""Notifications as people set them, their sealed credentials, and how each fares."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Final, cast

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.desired import Notification, NotificationType
from gatewright.model.events import Severity
from gatewright.model.names import require_label
from gatewright.model.notifications import NotificationStatus
from gatewright.store.clock import Clock, stamp
from gatewright.store.errors import (
    NotificationWithoutAddressError,
    UnknownNotificationError,
    UnknownTeamNotificationError,
)
from gatewright.store.journal import Journal
from gatewright.store.secrets import KeyRing, Sealed
from gatewright.store.sql import affected, nearest, pack, row, rows, unpack, upsert
from gatewright.store.tables import DeliveryRow, NotificationRow, NotificationSecretRow
from gatewright.text import Language

_PLACE: Final = "notification/"


class Address(msgspec.Struct, frozen=True):
    """Where the messages of the notification with this ``id`` go, sealed for it; ``signed``: with a signing secret."""

    id: str
    sealed: Sealed
    signed: bool


def place(id: str) -> str:
    """What a notification's credential is sealed for: no cluster's id looks like it."""
    return f"{_PLACE}{id}"


class Notifications:
    """The notifications of one transaction. ``team`` and a name address one; an empty team is the installation."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._journal = Journal(session, clock)

    async def all(self, *, team: str | None = None) -> list[Notification]:
        """By team and name; of one team, or all."""
        query = select(NotificationRow).order_by(NotificationRow.team, NotificationRow.name)
        if team is not None:
            query = query.where(NotificationRow.team == team)
        return [notification_of(r) for r in await rows(self._session, query)]

    async def find(self, team: str, name: str) -> Notification | None:
        found = await self._row(team, name)
        return None if found is None else notification_of(found)

    async def get(self, team: str, name: str) -> Notification:
        """Raises ``UnknownNotificationError`` with the nearest names of the same owner."""
        found = await self.find(team, name)
        if found is None:
            raise unknown(team, name, [other.name for other in await self.all(team=team)])
        return found

    async def id_for(self, team: str, name: str) -> str:
        """The id to seal an address for: its own, or one that a new notification may have."""
        found = await self._row(team, name)
        return f"n-{secrets.token_hex(8)}" if found is None else found.id

    async def put(self, wanted: Notification, address: Address | None) -> Notification | None:
        """Brings one to what is wanted and gives what it was. A new one tells of events from now on.

        ``address``: its credentials, sealed for ``id_for``; None to keep those it has. Raises ``InvalidNameError``, and
        ``NotificationWithoutAddressError`` for a new one that brings none.
        """
        require_label(wanted.name, "metadata.name")
        found = await self._row(wanted.team, wanted.name)
        if address is not None and found is not None and address.id != found.id:
            raise ValueError(f"the address is sealed for {address.id}, not for {found.id}")
        if found is None:
            if address is None:
                raise without_address(wanted)
            await self._insert(address.id, wanted)
        elif notification_of(found) != wanted:
            change = update(NotificationRow).where(NotificationRow.id == found.id)
            await affected(self._session, change.values(**_values(wanted)))
        if address is not None:
            await self._seal(address)
        return None if found is None else notification_of(found)

    async def _insert(self, id: str, wanted: Notification) -> None:
        key = {"id": id, "team": wanted.team, "name": wanted.name}
        start = {"cursor": await self._journal.last_event(), "created_at": stamp(self._clock())}
        await affected(self._session, insert(NotificationRow).values(**key, **_values(wanted), **start))

    async def remove(self, team: str, name: str) -> Notification:
        """Forgets it, its credentials and its deliveries; gives what it was. Raises ``UnknownNotificationError``."""
        before = await self.get(team, name)
        await affected(self._session, delete(NotificationRow).where(_is(team, name)))
        return before

    async def statuses(self) -> list[NotificationStatus]:
        """Every notification and how it fares, by team and name."""
        ordered = select(NotificationRow).order_by(NotificationRow.team, NotificationRow.name)
        found = await rows(self._session, ordered)
        signed = set(
            await rows(
                self._session, select(NotificationSecretRow.notification).where(NotificationSecretRow.signed.is_(True))
            )
        )
        query = select(DeliveryRow.notification, DeliveryRow.state, func.count()).group_by(
            DeliveryRow.notification, DeliveryRow.state
        )
        counts = {(one, state): count for one, state, count in (await self._session.execute(query)).all()}
        return [_status(r, r.id in signed, counts) for r in found]

    async def _row(self, team: str, name: str) -> NotificationRow | None:
        return await row(self._session, select(NotificationRow).where(_is(team, name)))

    # Credentials

    async def any_sealed(self) -> bool:
        """Whether any credential is stored: then a missing key is an error and not a new installation."""
        return await row(self._session, select(NotificationSecretRow.notification)) is not None

    async def address(self, team: str, name: str) -> Address | None:
        query = select(NotificationSecretRow).join(
            NotificationRow, NotificationRow.id == NotificationSecretRow.notification
        )
        found = await row(self._session, query.where(_is(team, name)))
        return None if found is None else address_of(found)

    async def rewrap(self, ring: KeyRing) -> int:
        """Wraps every data key with the ring's current key; gives how many were not. Raises ``KeyWrongError``."""
        outdated = await rows(
            self._session, select(NotificationSecretRow).where(NotificationSecretRow.key_id != ring.current)
        )
        for found in map(address_of, outdated):
            await self._seal(msgspec.structs.replace(found, sealed=ring.rewrap(place(found.id), found.sealed)))
        return len(outdated)

    async def _seal(self, address: Address) -> None:
        values = {
            "notification": address.id,
            "signed": address.signed,
            "key_id": address.sealed.key_id,
            "wrapped_key": address.sealed.wrapped_key,
            "ciphertext": address.sealed.ciphertext,
            "updated_at": stamp(self._clock()),
        }
        await upsert(self._session, NotificationSecretRow, ["notification"], values)


def _is(team: str, name: str) -> ColumnElement[bool]:
    return (NotificationRow.team == team) & (NotificationRow.name == name)


def unknown(team: str, name: str, names: Iterable[str]) -> UnknownNotificationError:
    """What is answered for a name that the team, or the installation, gave to none of ``names``."""
    if team:
        return UnknownTeamNotificationError(team=team, notification=name[:80], nearest=nearest(name, names))
    return UnknownNotificationError(notification=name[:80], nearest=nearest(name, names))


def without_address(wanted: Notification) -> NotificationWithoutAddressError:
    return NotificationWithoutAddressError(notification=wanted.full_name, command=wanted.arguments)


def address_of(row: NotificationSecretRow) -> Address:
    return Address(row.notification, Sealed(row.key_id, row.wrapped_key, row.ciphertext), row.signed)


def notification_of(row: NotificationRow) -> Notification:
    return Notification(
        row.name,
        cast(NotificationType, row.type),
        row.team,
        tuple(unpack(row.events, list[str])),
        cast(Severity, row.minimum),
        cast(Language, row.language),
        row.url_file,
        row.secret_file,
    )


def _values(wanted: Notification) -> dict[str, object]:
    return {
        "type": wanted.type,
        "events": pack(list(wanted.events)),
        "minimum": wanted.minimum,
        "language": wanted.language,
        "url_file": wanted.url_file,
        "secret_file": wanted.secret_file,
    }


def _status(row: NotificationRow, signed: bool, counts: dict[tuple[str, str], int]) -> NotificationStatus:
    wanted = notification_of(row)
    return NotificationStatus(
        wanted.name,
        wanted.type,
        wanted.events,
        wanted.minimum,
        wanted.language,
        row.created_at,
        signed,
        counts.get((row.id, "pending"), 0),
        counts.get((row.id, "dead"), 0),
        wanted.team,
    )

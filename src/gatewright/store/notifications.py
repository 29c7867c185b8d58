"""Notifications as people set them, their sealed credentials, and how each fares."""

from __future__ import annotations

from typing import Final, cast

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.desired import Notification, NotificationType
from gatewright.model.events import Severity
from gatewright.model.names import require_label
from gatewright.model.notifications import NotificationStatus
from gatewright.store.clock import Clock, stamp
from gatewright.store.errors import NotificationWithoutAddressError, UnknownNotificationError
from gatewright.store.journal import Journal
from gatewright.store.secrets import KeyRing, Sealed
from gatewright.store.sql import affected, insert_new, nearest, pack, row, rows, unpack, upsert
from gatewright.store.tables import DeliveryRow, NotificationRow, NotificationSecretRow
from gatewright.text import Language

_PLACE: Final = "notification/"


def place(name: str) -> str:
    """What a notification's credential is sealed for: no cluster's id looks like it."""
    return f"{_PLACE}{name}"


class Notifications:
    """The notifications of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._journal = Journal(session, clock)

    async def all(self, *, team: str | None = None) -> list[Notification]:
        """By name; of one team, or all."""
        query = select(NotificationRow).order_by(NotificationRow.name)
        if team is not None:
            query = query.where(NotificationRow.team == team)
        return [notification_of(r) for r in await rows(self._session, query)]

    async def find(self, name: str) -> Notification | None:
        found = await row(self._session, select(NotificationRow).where(NotificationRow.name == name))
        return None if found is None else notification_of(found)

    async def get(self, name: str) -> Notification:
        """Raises ``UnknownNotificationError`` with the nearest names."""
        found = await self.find(name)
        if found is None:
            names = await rows(self._session, select(NotificationRow.name))
            raise UnknownNotificationError(notification=name[:80], nearest=nearest(name, names))
        return found

    async def put(self, wanted: Notification, sealed: Sealed | None, *, signed: bool = False) -> Notification | None:
        """Brings one to what is wanted and gives what it was. A new one tells of events from now on.

        ``sealed``: its credentials, None to keep those it has. Raises ``InvalidNameError``, and
        ``NotificationWithoutAddressError`` for a new one that brings none.
        """
        require_label(wanted.name, "metadata.name")
        before = await self.find(wanted.name)
        if before is None:
            if sealed is None:
                raise NotificationWithoutAddressError(notification=wanted.name)
            cursor = await self._journal.last_event()
            start = {"cursor": cursor, "created_at": stamp(self._clock())}
            await insert_new(self._session, NotificationRow, name=wanted.name, **_values(wanted), **start)
        elif before != wanted:
            mine = NotificationRow.name == wanted.name
            await affected(self._session, update(NotificationRow).where(mine).values(**_values(wanted)))
        if sealed is not None:
            await self._seal(wanted.name, sealed, signed)
        return before

    async def remove(self, name: str) -> Notification:
        """Forgets it, its credentials and its deliveries; gives what it was. Raises ``UnknownNotificationError``."""
        before = await self.get(name)
        await affected(self._session, delete(NotificationRow).where(NotificationRow.name == name))
        return before

    async def statuses(self) -> list[NotificationStatus]:
        """Every notification and how it fares, by name."""
        found = await rows(self._session, select(NotificationRow).order_by(NotificationRow.name))
        signed = set(
            await rows(
                self._session, select(NotificationSecretRow.notification).where(NotificationSecretRow.signed.is_(True))
            )
        )
        query = select(DeliveryRow.notification, DeliveryRow.state, func.count()).group_by(
            DeliveryRow.notification, DeliveryRow.state
        )
        counts = {(name, state): count for name, state, count in (await self._session.execute(query)).all()}
        return [_status(r, r.name in signed, counts) for r in found]

    # Credentials

    async def any_sealed(self) -> bool:
        """Whether any credential is stored: then a missing key is an error and not a new installation."""
        return await row(self._session, select(NotificationSecretRow.notification)) is not None

    async def sealed(self, name: str) -> Sealed | None:
        found = await row(
            self._session, select(NotificationSecretRow).where(NotificationSecretRow.notification == name)
        )
        return None if found is None else _sealed(found)

    async def rewrap(self, ring: KeyRing) -> int:
        """Wraps every data key with the ring's current key; gives how many were not. Raises ``KeyWrongError``."""
        outdated = await rows(
            self._session, select(NotificationSecretRow).where(NotificationSecretRow.key_id != ring.current)
        )
        for found in outdated:
            rewrapped = ring.rewrap(place(found.notification), _sealed(found))
            await self._seal(found.notification, rewrapped, found.signed)
        return len(outdated)

    async def _seal(self, name: str, sealed: Sealed, signed: bool) -> None:
        values = {
            "notification": name,
            "signed": signed,
            "key_id": sealed.key_id,
            "wrapped_key": sealed.wrapped_key,
            "ciphertext": sealed.ciphertext,
            "updated_at": stamp(self._clock()),
        }
        await upsert(self._session, NotificationSecretRow, ["notification"], values)


def notification_of(row: NotificationRow) -> Notification:
    return Notification(
        row.name,
        cast(NotificationType, row.type),
        row.team or "",
        tuple(unpack(row.events, list[str])),
        cast(Severity, row.minimum),
        cast(Language, row.language),
        row.url_file,
        row.secret_file,
    )


def _values(wanted: Notification) -> dict[str, object]:
    return {
        "type": wanted.type,
        "team": wanted.team or None,
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
        counts.get((row.name, "pending"), 0),
        counts.get((row.name, "dead"), 0),
        wanted.team,
    )


def _sealed(row: NotificationSecretRow) -> Sealed:
    return Sealed(row.key_id, row.wrapped_key, row.ciphertext)

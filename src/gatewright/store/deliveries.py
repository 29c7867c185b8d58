"""Deliveries: from events to messages that are sent, once each as far as the network allows.

A notification's cursor moves in the transaction that inserts its deliveries, so every event is looked at exactly once,
by whichever worker comes first. A delivery settles for a while, and later events of its subject are folded into it.
Who claims a delivery moves its next moment behind a lease first: nobody else sends it meanwhile, and if the sender dies
it comes up again, under the same id. Deliveries of one subject go out one after the other, in the order of events.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, cast

import msgspec
from sqlalchemy import ColumnElement, Row, Select, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from gatewright.model.desired import Notification
from gatewright.model.events import Event
from gatewright.model.notifications import (
    Delivery,
    DeliveryState,
    Told,
    concerns,
    is_alarm,
    origin,
    rest,
    says_something,
    state,
    subject,
)
from gatewright.store.clock import Clock, stamp
from gatewright.store.errors import DeliveryNotDeadError, UnknownDeliveryError
from gatewright.store.journal import Journal
from gatewright.store.notifications import Address, address_of, notification_of
from gatewright.store.sql import Teams, affected, among, pack_maybe, row, rows, unpack_maybe, upsert
from gatewright.store.tables import (
    BindingRow,
    ClusterRow,
    DeliveryRow,
    EventRow,
    NotificationRow,
    NotificationSecretRow,
    ToldRow,
)
from gatewright.text import Message

BATCH: Final = 200


class Claim(msgspec.Struct, frozen=True):
    """A delivery that this worker may send now. ``attempt`` fences what is recorded of it."""

    id: str
    attempt: int
    notification: Notification
    event: Event
    address: Address | None


class Deliveries:
    """The deliveries of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._journal = Journal(session, clock)

    # From events to deliveries

    async def behind(self) -> list[str]:
        """The ids of the notifications that have not looked at every event yet."""
        newest = await self._journal.last_event()
        return await rows(self._session, select(NotificationRow.id).where(NotificationRow.cursor < newest))

    async def enqueue(self, notification: str, *, settle: float, limit: int = BATCH) -> int:
        """Looks at the next events for the notification with this id; gives how many, 0 where another worker did.

        ``settle``: seconds for which a message waits for what follows.
        """
        found = await row(self._session, select(NotificationRow).where(NotificationRow.id == notification))
        if found is None:
            return 0
        events = await self._journal.events(after=found.cursor, limit=limit)
        if not events:
            return 0
        mine = (NotificationRow.id == notification) & (NotificationRow.cursor == found.cursor)
        if await affected(self._session, update(NotificationRow).where(mine).values(cursor=events[-1].id)) == 0:
            return 0
        wanted = notification_of(found)
        clusters = await self._clusters(wanted.team)
        for event in events:
            if concerns(wanted, event, clusters):
                await self._take(found.id, is_alarm(wanted, event), event, settle)
        return len(events)

    async def _clusters(self, team: str) -> frozenset[str]:
        query = select(ClusterRow.name).join(BindingRow, BindingRow.cluster_id == ClusterRow.id)
        return frozenset(await rows(self._session, query.where(BindingRow.team == team))) if team else frozenset()

    async def _take(self, notification: str, alarm: bool, event: Event, settle: float) -> None:
        about = subject(event)
        settling = await self._settling(notification, about)
        news: dict[str, object] = {
            "event_id": event.id,
            "digest": state(event),
            "alarm": alarm,
        }
        if settling is not None:
            news["came_back"] = settling.origin != "" and settling.origin == rest(event)
            await affected(self._session, update(DeliveryRow).where(DeliveryRow.id == settling.id).values(**news))
        elif alarm or await self._was_told(notification, about):
            await self._insert(notification, about, origin(event), settle, news)

    async def _insert(self, notification: str, about: str, before: str, settle: float, news: dict[str, object]) -> None:
        now = self._clock()
        self._session.add(
            DeliveryRow(
                id=f"d-{secrets.token_hex(8)}",
                notification=notification,
                subject=about,
                origin=before,
                came_back=False,
                forced=False,
                state="pending",
                attempts=0,
                created_at=stamp(now),
                next_at=stamp(now + timedelta(seconds=settle)),
                error=None,
                **news,
            )
        )
        await self._session.flush()

    async def _settling(self, notification: str, about: str) -> DeliveryRow | None:
        waits = (DeliveryRow.attempts == 0) & DeliveryRow.forced.is_(False) & (DeliveryRow.next_at > self._now())
        return await row(
            self._session, select(DeliveryRow).where(_pending(notification, about), waits).with_for_update()
        )

    async def _was_told(self, notification: str, about: str) -> bool:
        """Whether a mild event may be the end of something that was told, or is about to be."""
        told = await self._told(notification, about)
        if told is not None and told.alarm:
            return True
        return await row(self._session, select(DeliveryRow).where(_pending(notification, about))) is not None

    async def _told(self, notification: str, about: str) -> ToldRow | None:
        mine = (ToldRow.notification == notification) & (ToldRow.subject == about)
        return await row(self._session, select(ToldRow).where(mine))

    # Sending

    async def claim(self, limit: int, *, lease: float) -> list[Claim]:
        """Up to ``limit`` deliveries that are due, for this worker alone during ``lease`` seconds. What would say
        nothing new is skipped here."""
        due = await rows(
            self._session, _due(self._now()).limit(limit).with_for_update(skip_locked=True, of=DeliveryRow)
        )
        claimed = [await self._claim(delivery, lease) for delivery in due]
        return [claim for claim in claimed if claim is not None]

    async def is_due(self) -> bool:
        """Whether something could be claimed."""
        return await row(self._session, _due(self._now())) is not None

    async def _claim(self, delivery: DeliveryRow, lease: float) -> Claim | None:
        if delivery.attempts == 0 and not delivery.forced and not await self._says_something(delivery):
            await self._change(delivery.id, delivery.attempts, state="skipped")
            return None
        event = await self._journal.event(delivery.event_id)
        told = await row(self._session, select(NotificationRow).where(NotificationRow.id == delivery.notification))
        if event is None or told is None:
            return None
        until = stamp(self._clock() + timedelta(seconds=lease))
        await self._change(delivery.id, delivery.attempts, attempts=delivery.attempts + 1, next_at=until)
        await self._remember(delivery)
        mine = NotificationSecretRow.notification == delivery.notification
        secret = await row(self._session, select(NotificationSecretRow).where(mine))
        address = None if secret is None else address_of(secret)
        return Claim(delivery.id, delivery.attempts + 1, notification_of(told), event, address)

    async def _says_something(self, delivery: DeliveryRow) -> bool:
        told = await self._told(delivery.notification, delivery.subject)
        before = None if told is None else Told(told.digest, told.alarm)
        return says_something(delivery.alarm, delivery.digest, delivery.came_back, before)

    async def _remember(self, delivery: DeliveryRow) -> None:
        told = await self._told(delivery.notification, delivery.subject)
        if told is None or told.event_id < delivery.event_id:
            values = {
                "notification": delivery.notification,
                "subject": delivery.subject,
                "event_id": delivery.event_id,
                "digest": delivery.digest,
                "alarm": delivery.alarm,
            }
            await upsert(self._session, ToldRow, ["notification", "subject"], values)

    async def sent(self, claim: Claim) -> None:
        """It arrived."""
        await self._change(claim.id, claim.attempt, state="sent", error=None)

    async def failed(self, claim: Claim, why: Message, again_in: float | None) -> None:
        """It did not arrive: it is sent again after ``again_in`` seconds, or never (None) until a person asks."""
        if again_in is not None:
            later = stamp(self._clock() + timedelta(seconds=again_in))
            await self._change(claim.id, claim.attempt, next_at=later, error=pack_maybe(why))
            return
        if await self._change(claim.id, claim.attempt, state="dead", error=pack_maybe(why)):
            # Nobody heard it: the same state is news when it comes again.
            whose = select(DeliveryRow.notification).where(DeliveryRow.id == claim.id).scalar_subquery()
            mine = (ToldRow.notification == whose) & (ToldRow.event_id == claim.event.id)
            await affected(self._session, delete(ToldRow).where(mine))

    async def _change(self, id: str, attempt: int, **values: object) -> bool:
        mine = (DeliveryRow.id == id) & (DeliveryRow.attempts == attempt) & (DeliveryRow.state == "pending")
        return await affected(self._session, update(DeliveryRow).where(mine).values(**values)) == 1

    # For people

    async def all(
        self,
        *,
        teams: Teams | None = None,
        notification: str | None = None,
        states: Sequence[DeliveryState] = (),
        before: tuple[str, str] | None = None,
        limit: int = 100,
    ) -> list[Delivery]:
        """Newest first, of the notifications of these teams (an empty name: the installation's), those of one name;
        those ``before`` a creation moment and id."""
        query = _shown()
        if teams is not None:
            query = query.where(among(NotificationRow.team, teams))
        if notification is not None:
            query = query.where(NotificationRow.name == notification)
        if states:
            query = query.where(DeliveryRow.state.in_(states))
        if before is not None:
            at, last = before
            same = (DeliveryRow.created_at == at) & (DeliveryRow.id < last)
            query = query.where((DeliveryRow.created_at < at) | same)
        newest = query.order_by(DeliveryRow.created_at.desc(), DeliveryRow.id.desc()).limit(limit)
        found = (await self._session.execute(newest)).all()
        self._session.expunge_all()
        return [_delivery_of(each) for each in found]

    async def get(self, id: str) -> Delivery:
        """Raises ``UnknownDeliveryError``."""
        found = (await self._session.execute(_shown().where(DeliveryRow.id == id))).first()
        if found is None:
            raise UnknownDeliveryError(delivery=id[:80])
        self._session.expunge_all()
        return _delivery_of(found)

    async def retry(self, id: str) -> Delivery:
        """Sends a dead one again, whatever was told since.

        Raises ``UnknownDeliveryError``, ``DeliveryNotDeadError``.
        """
        dead = (DeliveryRow.id == id) & (DeliveryRow.state == "dead")
        values = {"state": "pending", "attempts": 0, "forced": True, "next_at": self._now()}
        if await affected(self._session, update(DeliveryRow).where(dead).values(**values)) == 0:
            found = await self.get(id)
            raise DeliveryNotDeadError(delivery=id, state=found.state)
        return await self.get(id)

    def _now(self) -> str:
        return stamp(self._clock())


def _pending(notification: str, about: str) -> ColumnElement[bool]:
    mine = (DeliveryRow.notification == notification) & (DeliveryRow.subject == about)
    return mine & (DeliveryRow.state == "pending")


def _due(now: str) -> Select[DeliveryRow]:
    earlier = aliased(DeliveryRow)
    first = ~exists().where(
        earlier.notification == DeliveryRow.notification,
        earlier.subject == DeliveryRow.subject,
        earlier.state == "pending",
        earlier.event_id < DeliveryRow.event_id,
    )
    ready: ColumnElement[bool] = (DeliveryRow.state == "pending") & (DeliveryRow.next_at <= now)
    return select(DeliveryRow).where(ready, first).order_by(DeliveryRow.next_at, DeliveryRow.event_id)


def _shown() -> Select[DeliveryRow, EventRow, NotificationRow]:
    query = select(DeliveryRow, EventRow, NotificationRow).join(EventRow, EventRow.id == DeliveryRow.event_id)
    return query.join(NotificationRow, NotificationRow.id == DeliveryRow.notification)


def _delivery_of(found: Row[DeliveryRow, EventRow, NotificationRow]) -> Delivery:
    delivery, event, notification = found
    return Delivery(
        delivery.id,
        notification.name,
        delivery.event_id,
        event.what,
        event.subject,
        cast(DeliveryState, delivery.state),
        delivery.attempts,
        delivery.created_at,
        delivery.next_at,
        event.cluster,
        unpack_maybe(delivery.error, Message),
        notification.team,
    )

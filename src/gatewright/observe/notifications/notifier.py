"""The loop that turns new events into messages and sends them, and keeps the event log from growing for ever.

Every worker may run it: who enqueues and who sends is settled in the database (``store.deliveries``). A message that
did not arrive is sent again after growing waits, eight times over about an hour, and is then kept with its reason until
a person asks for it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Callable
from typing import Final

import msgspec
import structlog

from gatewright.background import cancelled
from gatewright.model.desired import Notification
from gatewright.model.errors import GatewrightError
from gatewright.model.events import RETENTION_DAYS, Event
from gatewright.observe.directory import Directories
from gatewright.observe.notifications.errors import NotDeliveredError
from gatewright.observe.notifications.formats import Letter
from gatewright.observe.notifications.sender import Failure, Sender
from gatewright.observe.notifications.target import unseal
from gatewright.observe.veil import Veil
from gatewright.store.clock import stamp, system_clock
from gatewright.store.database import Database
from gatewright.store.deliveries import Claim
from gatewright.store.journal import PRUNE_AT_ONCE
from gatewright.store.notifications import Address
from gatewright.store.secrets import KeyRing
from gatewright.text import message

_SPREAD: Final = 0.25
_LEAVING_SECONDS: Final = 3.0
_PRUNE_SECONDS: Final = 3600.0


class Pace(msgspec.Struct, frozen=True):
    """How fast and how often, in seconds. ``settle``: how long a message waits for what follows; ``lease``: after which
    a message whose sender died is sent by another, longer than any attempt; ``wait``: before the second attempt."""

    settle: float = 10.0
    poll: float = 0.5
    lease: float = 60.0
    wait: float = 30.0
    attempts: int = 8
    at_once: int = 8


class Notifier:
    """The notifications of one process. ``driving`` sends; ``test`` works without it."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        sender: Sender,
        *,
        pace: Pace | None = None,
        retention_days: int = RETENTION_DAYS,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._directories = Directories(database)
        self._ring = ring
        self._sender = sender
        self._pace = pace or Pace()
        self._retention_days = retention_days
        self._chance = chance
        self._sending: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger("gatewright.notifications")

    @contextlib.asynccontextmanager
    async def driving(self) -> AsyncGenerator[None]:
        """While open, this process sends messages and prunes the event log."""
        tasks = [
            asyncio.create_task(work, name=name) for name, work in (("notify", self.run()), ("prune", self.prune()))
        ]
        try:
            yield
        finally:
            await cancelled(*tasks)

    async def run(self) -> None:
        """Sends until it is cancelled; then lets what is under way arrive, for a moment."""
        try:
            while True:
                ticket = self._database.bell.ticket()
                try:
                    await self.step()
                except GatewrightError as error:  # the database is busy or gone: the next look tries again
                    self._log.warning("notifications wait for the database", code=error.code)
                except Exception:
                    self._log.exception("notifications failed unexpectedly")
                await self._wait(ticket)
        finally:
            await self._leave()

    async def step(self) -> int:
        """Looks once at new events and at what is due, and begins to send; gives how many messages."""
        async with self._database.reading() as unit:
            behind = await unit.deliveries.behind()
        for notification in behind:
            await self._enqueue(notification)
        free = self._pace.at_once - len(self._sending)
        async with self._database.reading() as unit:
            due = await unit.deliveries.is_due()
        if not due or free <= 0:
            return 0
        async with self._database.transaction() as unit:
            claims = await unit.deliveries.claim(free, lease=self._pace.lease)
        for claim in claims:
            task = asyncio.create_task(self._deliver(claim), name=f"delivery {claim.id}")
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return len(claims)

    async def idle(self) -> None:
        """Waits until nothing is being sent."""
        while self._sending:
            await asyncio.wait(set(self._sending))

    async def prune(self) -> None:
        """Deletes old events, now and every hour, until it is cancelled."""
        while True:
            with contextlib.suppress(GatewrightError):
                await self._prune()
            await asyncio.sleep(_PRUNE_SECONDS)

    async def _prune(self) -> None:
        deleted = PRUNE_AT_ONCE
        while deleted == PRUNE_AT_ONCE:
            async with self._database.transaction() as unit:
                deleted = await unit.journal.prune(days=self._retention_days)

    async def test(self, team: str, name: str) -> None:
        """Sends a message that says it is a test, at once. Raises ``UnknownNotificationError``,
        ``NotDeliveredError``."""
        async with self._database.reading() as unit:
            notification = await unit.notifications.get(team, name)
            address = await unit.notifications.address(team, name)
        at = stamp(system_clock())
        told = message("notify.test", name=notification.full_name)
        event = Event(0, at, "gatewright", "notification.test", notification.full_name, team=team, message=told)
        letter = Letter("d-test", notification.full_name, event, notification.language)
        failure = await self._send(notification, address, letter)
        if failure is not None:
            named = {"notification": notification.full_name, "command": notification.arguments}
            raise NotDeliveredError(**named, why=failure.why)

    async def _enqueue(self, notification: str) -> None:
        looked = 1
        while looked:
            async with self._database.transaction() as unit:
                looked = await unit.deliveries.enqueue(notification, settle=self._pace.settle)

    async def _letter(self, claim: Claim) -> Letter:
        """The message; to a team without what is other teams'."""
        notification, event = claim.notification, claim.event
        if notification.team:
            event = Veil(frozenset({notification.team}), await self._directories.read()).over(event)
        return Letter(claim.id, notification.full_name, event, notification.language)

    async def _deliver(self, claim: Claim) -> None:
        try:
            letter = await self._letter(claim)
            failure = await self._send(claim.notification, claim.address, letter)
            async with self._database.transaction() as unit:
                if failure is None:
                    await unit.deliveries.sent(claim)
                else:
                    await unit.deliveries.failed(claim, failure.why, self._again(claim.attempt, failure))
        except GatewrightError as error:  # not recorded: it comes up again when its lease ends
            self._log.warning("a delivery could not be recorded", delivery=claim.id, code=error.code)
        except Exception:
            self._log.exception("a delivery failed unexpectedly", delivery=claim.id)

    async def _send(self, notification: Notification, address: Address | None, letter: Letter) -> Failure | None:
        try:
            opened = None if address is None else unseal(self._ring, address)
        except (GatewrightError, msgspec.DecodeError):
            opened = None
        if opened is None:
            return Failure(message("notify.reason.credential"))
        return await self._sender.send(notification.type, opened, letter)

    def _again(self, attempt: int, failure: Failure) -> float | None:
        if attempt >= self._pace.attempts:
            return None
        return wait(attempt, self._pace.wait, self._chance(), failure.retry_after)

    async def _wait(self, ticket: asyncio.Event) -> None:
        heard = asyncio.ensure_future(ticket.wait())
        try:
            await asyncio.wait({heard, *self._sending}, timeout=self._pace.poll, return_when=asyncio.FIRST_COMPLETED)
        finally:
            heard.cancel()

    async def _leave(self) -> None:
        if self._sending:
            _, late = await asyncio.wait(set(self._sending), timeout=_LEAVING_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def wait(attempt: int, first: float, chance: float, retry_after: float | None = None) -> float:
    """Seconds until the next attempt after the failed ``attempt`` (from 1): doubling from ``first``, a quarter more or
    less by ``chance`` (0 to 1) so that many do not come back at once, and never before the service wants it."""
    doubled = first * 2.0 ** (attempt - 1)
    return max(doubled * (1 - _SPREAD + 2 * _SPREAD * chance), retry_after or 0.0)

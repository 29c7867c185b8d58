"""Registrations by a script: one-time tokens by their SHA-256, and what became of them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import ClassVar, Final, cast

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.errors import ErrorReport, NotFoundError
from gatewright.model.registration import RegistrationState, RegistrationStatus
from gatewright.store.clock import Clock, moment, stamp
from gatewright.store.sql import affected, insert_new, pack, row, unpack, unpack_maybe
from gatewright.store.tables import RegistrationRow
from gatewright.text import Language

LASTING: Final = timedelta(minutes=30)
_KEPT: Final = timedelta(days=7)


class UnknownRegistrationError(NotFoundError):
    """No registration has the id or the token, or it is long over."""

    code: ClassVar[str] = "registration.unknown"


class RegistrationOverError(NotFoundError):
    """The token was used, is too old, or is of somebody who may no longer register clusters."""

    code: ClassVar[str] = "registration.over"


class Options(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the account in the cluster may do (``gatewayapi.access``), and the language of the script. ``person``: who
    has to have the right to register still when the script runs; empty for the operator."""

    namespace: str = "gatewright"
    removal: bool = False
    secrets: bool = False
    observe_only: bool = False
    language: Language = "en"
    person: str = ""


class Found(msgspec.Struct, frozen=True):
    """A registration that may be carried out now."""

    status: RegistrationStatus
    options: Options


class Registrations:
    """The registrations of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def create(self, name: str, options: Options, who: str) -> tuple[RegistrationStatus, str]:
        """A new one and its token, which is told only here. Those that are long over are forgotten."""
        now = self._clock()
        old = RegistrationRow.expires_at < stamp(now - _KEPT)
        await affected(self._session, delete(RegistrationRow).where(old))
        token, made = secrets.token_urlsafe(32), secrets.token_hex(8)
        await insert_new(
            self._session,
            RegistrationRow,
            id=made,
            hash=_digest(token),
            name=name,
            options=pack(options),
            state="waiting",
            created_at=stamp(now),
            created_by=who,
            expires_at=stamp(now + LASTING),
            started_at=None,
            ended_at=None,
            error=None,
        )
        return await self.get(made), token

    async def get(self, id: str) -> RegistrationStatus:
        """By its id. Raises ``UnknownRegistrationError``."""
        found = await row(self._session, select(RegistrationRow).where(RegistrationRow.id == id))
        if found is None:
            raise UnknownRegistrationError()
        return self._status(found)

    async def open(self, token: str) -> Found:
        """By its token, while it holds. Raises ``UnknownRegistrationError``, ``RegistrationOverError``."""
        found = await row(self._session, select(RegistrationRow).where(RegistrationRow.hash == _digest(token)))
        if found is None:
            raise UnknownRegistrationError()
        status = self._status(found)
        if status.state in ("registered", "expired"):
            raise RegistrationOverError()
        return Found(status, unpack(found.options, Options))

    async def start(self, id: str) -> None:
        """The script was fetched."""
        await self._set(id, state="started", started_at=stamp(self._clock()), error=None)

    async def fail(self, id: str, error: ErrorReport) -> None:
        """What the script sent led nowhere; it may be run again."""
        await self._set(id, state="failed", error=pack(error))

    async def finish(self, id: str) -> bool:
        """The cluster is registered, and the token used; False where it was before."""
        return await self._set(id, state="registered", ended_at=stamp(self._clock()), error=None)

    async def _set(self, id: str, **values: object) -> bool:
        mine = (RegistrationRow.id == id) & (RegistrationRow.state != "registered")
        return await affected(self._session, update(RegistrationRow).where(mine).values(**values)) == 1

    def _status(self, found: RegistrationRow) -> RegistrationStatus:
        state = cast(RegistrationState, found.state)
        if state != "registered" and moment(found.expires_at) <= self._clock():
            state = "expired"
        return RegistrationStatus(
            found.id,
            found.name,
            state,
            found.created_at,
            found.expires_at,
            found.created_by,
            unpack(found.options, Options).namespace,
            found.name if state == "registered" else "",
            found.started_at or "",
            found.ended_at or "",
            unpack_maybe(found.error, ErrorReport),
        )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

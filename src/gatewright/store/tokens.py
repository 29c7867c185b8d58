"""API tokens, by their SHA-256."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import msgspec
from sqlalchemy import Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.people import ApiToken
from gatewright.store.clock import Clock, moment, stamp
from gatewright.store.errors import TokenExistsError, UnknownTokenError
from gatewright.store.sql import affected, insert_new, pack, pack_maybe, row, unpack_maybe
from gatewright.store.tables import ApiTokenRow, UserRow

_TOUCH_EVERY: Final = timedelta(minutes=5)


class FoundToken(msgspec.Struct, frozen=True):
    """A token that still holds, of a person whom the caller looks at. ``due``: it is time to note that it is used."""

    token: ApiToken
    user_id: str
    due: bool


class Tokens:
    """The API tokens of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def create(
        self,
        user_id: str,
        name: str,
        *,
        prefix: str,
        hash: str,
        permissions: Iterable[str] | None,
        teams: Iterable[str] | None,
        lasting: timedelta,
    ) -> ApiToken:
        """A new one, in the place of one of the same name that no longer holds. Raises ``TokenExistsError``."""
        now = stamp(self._clock())
        mine = (ApiTokenRow.user_id == user_id) & (ApiTokenRow.name == name)
        over = ApiTokenRow.revoked_at.is_not(None) | (ApiTokenRow.expires_at <= now)
        await affected(self._session, delete(ApiTokenRow).where(mine, over))
        made_id = secrets.token_hex(8)
        made = await insert_new(
            self._session,
            ApiTokenRow,
            id=made_id,
            user_id=user_id,
            name=name,
            prefix=prefix,
            hash=hash,
            permissions=pack_maybe(None if permissions is None else sorted(set(permissions))),
            teams=pack_maybe(None if teams is None else sorted(set(teams))),
            created_at=now,
            expires_at=stamp(self._clock() + lasting),
            last_used_at=None,
            revoked_at=None,
        )
        if not made:
            raise TokenExistsError(token=name)
        return await self.get(made_id)

    async def find(self, hash: str) -> FoundToken | None:
        """The token with this hash, None where there is none, it has expired, or it was revoked."""
        found = await row(self._session, select(ApiTokenRow).where(ApiTokenRow.hash == hash))
        now = self._clock()
        if found is None or found.revoked_at is not None or found.expires_at <= stamp(now):
            return None
        due = found.last_used_at is None or now - moment(found.last_used_at) >= _TOUCH_EVERY
        return FoundToken(_token(found, ""), found.user_id, due)

    async def touch(self, id: str) -> None:
        """It was used."""
        await self._update(id, last_used_at=stamp(self._clock()))

    async def all(self, user_id: str | None = None) -> list[ApiToken]:
        """A person's, or everybody's, by person and name; those that no longer hold too."""
        query = _tokens().order_by(UserRow.name, ApiTokenRow.name)
        query = query if user_id is None else query.where(ApiTokenRow.user_id == user_id)
        return [_token(found, name) for found, name in (await self._session.execute(query)).all()]

    async def get(self, id: str) -> ApiToken:
        """Raises ``UnknownTokenError``."""
        found = (await self._session.execute(_tokens().where(ApiTokenRow.id == id))).first()
        if found is None:
            raise UnknownTokenError(token=id[:80])
        return _token(found[0], found[1])

    async def revoke(self, id: str) -> None:
        """It holds no longer; it stays in the list."""
        await self._update(id, revoked_at=stamp(self._clock()))

    async def leave(self, team: str) -> list[ApiToken]:
        """Narrows tokens no longer to a team that goes, and revokes those that were for no other; gives these."""
        narrowed = ApiTokenRow.teams.contains(pack(team), autoescape=True)
        found = (await self._session.execute(_tokens().where(narrowed, ApiTokenRow.revoked_at.is_(None)))).all()
        over: list[ApiToken] = []
        for token in (_token(one, user) for one, user in found):
            rest = [other for other in token.teams or () if other != team]
            if rest:
                await self._update(token.id, teams=pack(rest))
            else:
                await self.revoke(token.id)
                over.append(token)
        return over

    async def _update(self, id: str, **values: object) -> None:
        await affected(self._session, update(ApiTokenRow).where(ApiTokenRow.id == id).values(**values))


def _tokens() -> Select[ApiTokenRow, str]:
    return select(ApiTokenRow, UserRow.name).join(UserRow, UserRow.id == ApiTokenRow.user_id)


def _token(row: ApiTokenRow, user: str) -> ApiToken:
    permissions, teams = unpack_maybe(row.permissions, list[str]), unpack_maybe(row.teams, list[str])
    return ApiToken(
        row.id,
        user,
        row.name,
        row.prefix,
        None if permissions is None else tuple(permissions),
        None if teams is None else tuple(teams),
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
    )

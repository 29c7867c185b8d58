"""People, their roles and the roles that people made. Who may change them is the caller's to know."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import cast

import msgspec
from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.names import require_label
from gatewright.model.people import (
    ADMINISTRATOR,
    INSTALLATION,
    Grant,
    Person,
    Preferences,
    Role,
    Scope,
    require_display_name,
    require_person_name,
)
from gatewright.store.clock import Clock, stamp
from gatewright.store.errors import (
    LastAdministratorError,
    PersonExistsError,
    RoleInUseError,
    UnknownMemberError,
    UnknownPersonError,
    UnknownRoleError,
)
from gatewright.store.sql import affected, insert_new, nearest, pack, row, rows, serialize_desired, unpack, upsert
from gatewright.store.tables import ApiTokenRow, GrantRow, RoleRow, SessionRow, UserRow


class People:
    """The people of one transaction. What may contradict another change takes the lock of desired state: a team must
    not go while somebody is let into it."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def all(self) -> list[Person]:
        """By name."""
        found = await rows(self._session, select(UserRow).order_by(UserRow.name))
        grants: dict[str, dict[str, str]] = {}
        for grant in await rows(self._session, select(GrantRow)):
            grants.setdefault(grant.user_id, {})[grant.team] = grant.role
        return [person_of(user, grants.get(user.id, {})) for user in found]

    async def find(self, name: str) -> Person | None:
        return await self._one(select(UserRow).where(UserRow.name == name))

    async def get(self, name: str) -> Person:
        """Raises ``UnknownPersonError``."""
        found = await self.find(name)
        if found is None:
            raise UnknownPersonError(user=name[:80])
        return found

    async def by_id(self, id: str) -> Person | None:
        return await self._one(select(UserRow).where(UserRow.id == id))

    async def by_subject(self, issuer: str, subject: str) -> Person | None:
        """Who a subject of an OpenID provider is here."""
        return await self._one(select(UserRow).where(UserRow.issuer == issuer, UserRow.subject == subject))

    async def _one(self, query: Select[UserRow]) -> Person | None:
        found = await row(self._session, query)
        return None if found is None else person_of(found, await self._grants_of(found.id))

    async def _grants_of(self, id: str) -> dict[str, str]:
        return {g.team: g.role for g in await rows(self._session, select(GrantRow).where(GrantRow.user_id == id))}

    async def create(
        self,
        name: str,
        display_name: str = "",
        *,
        password_hash: str | None = None,
        issuer: str | None = None,
        subject: str | None = None,
    ) -> Person:
        """Somebody new, who may nothing yet. Raises ``PersonExistsError`` (for the name, or for issuer and subject),
        ``PersonNameError`` or ``DisplayNameError``."""
        made_id = secrets.token_hex(8)
        made = await insert_new(
            self._session,
            UserRow,
            id=made_id,
            name=require_person_name(name),
            display_name=require_display_name(display_name),
            password_hash=password_hash,
            disabled=False,
            language="",
            preferences=pack(Preferences()),
            issuer=issuer,
            subject=subject,
            created_at=stamp(self._clock()),
            last_sign_in_at=None,
        )
        if not made:
            raise PersonExistsError(user=name)
        return await self.get(name)

    async def change(self, person: Person, *, display_name: str | None = None, disabled: bool | None = None) -> Person:
        """None: as it is. Disabling ends the person's sessions. Raises ``LastAdministratorError``."""
        values: dict[str, object] = {}
        if display_name is not None:
            values["display_name"] = require_display_name(display_name)
        if disabled is not None:
            values["disabled"] = disabled
        if values:
            await serialize_desired(self._session)
            await self._update(person.id, **values)
            await self.require_administrator(person)
        if disabled:
            await affected(self._session, delete(SessionRow).where(SessionRow.user_id == person.id))
        return await self.get(person.name)

    async def link(self, person: Person, issuer: str, subject: str) -> None:
        """From now on this subject of an OpenID provider is this person."""
        await self._update(person.id, issuer=issuer, subject=subject)

    async def set_preferences(self, id: str, preferences: Preferences) -> None:
        await self._update(id, preferences=pack(preferences), language=preferences.language or "")

    async def password_hash(self, name: str) -> str | None:
        """What a password is checked against; None where there is no such person, or they have none."""
        return await row(self._session, select(UserRow.password_hash).where(UserRow.name == name))

    async def set_password(self, id: str, hash: str) -> None:
        await self._update(id, password_hash=hash)

    async def signed_in(self, id: str) -> None:
        """Notes when."""
        await self._update(id, last_sign_in_at=stamp(self._clock()))

    async def remove(self, name: str) -> Person:
        """Forgets a person with their grants, sessions and tokens; gives who it was. Raises ``UnknownPersonError``,
        ``LastAdministratorError``."""
        await serialize_desired(self._session)
        before = await self.get(name)
        for table in (GrantRow, SessionRow, ApiTokenRow):
            await affected(self._session, delete(table).where(table.user_id == before.id))
        await affected(self._session, delete(UserRow).where(UserRow.id == before.id))
        await self.require_administrator(before)
        return before

    async def _update(self, id: str, **values: object) -> None:
        await affected(self._session, update(UserRow).where(UserRow.id == id).values(**values))

    # Administrators

    async def administrators(self) -> int:
        """How many people can sign in and may do everything."""
        held = (GrantRow.team == INSTALLATION) & (GrantRow.role == ADMINISTRATOR)
        able = ~UserRow.disabled & (UserRow.password_hash.is_not(None) | UserRow.issuer.is_not(None))
        query = select(func.count()).select_from(GrantRow).join(UserRow, UserRow.id == GrantRow.user_id)
        return await row(self._session, query.where(held, able)) or 0

    async def require_administrator(self, before: Person) -> None:
        """Passes where somebody is left who may do everything, or ``before`` was nobody who could.

        Raises ``LastAdministratorError``. Called after the change, under the lock.
        """
        could = before.grants.get(INSTALLATION) == ADMINISTRATOR and not before.disabled
        if could and (before.password or before.issuer) and not await self.administrators():
            raise LastAdministratorError(user=before.name)

    # Grants

    async def grant(self, person: Person, team: str, role: str, who: str) -> None:
        """The person's one role in ``team`` (``INSTALLATION``: everywhere). Raises ``LastAdministratorError``."""
        await serialize_desired(self._session)
        values = {"user_id": person.id, "team": team, "role": role}
        when = {"granted_at": stamp(self._clock()), "granted_by": who}
        await upsert(self._session, GrantRow, ["user_id", "team"], {**values, **when})
        await self.require_administrator(person)

    async def revoke(self, person: Person, team: str) -> None:
        """Raises ``UnknownMemberError`` where there is nothing to take, ``LastAdministratorError``."""
        await serialize_desired(self._session)
        mine = (GrantRow.user_id == person.id) & (GrantRow.team == team)
        if not await affected(self._session, delete(GrantRow).where(mine)):
            raise UnknownMemberError(user=person.name, team=team)
        await self.require_administrator(person)

    async def given_by(self, person: Person) -> dict[str, str]:
        """Who gave the person their roles, by team."""
        mine = select(GrantRow).where(GrantRow.user_id == person.id)
        return {grant.team: grant.granted_by for grant in await rows(self._session, mine)}

    async def revoke_team(self, team: str) -> list[Grant]:
        """Takes everybody's role in a team that goes; gives what they were."""
        before = await self.members(team)
        await affected(self._session, delete(GrantRow).where(GrantRow.team == team))
        return before

    async def members(self, team: str) -> list[Grant]:
        """Who has a role in the team, by name."""
        query = select(UserRow, GrantRow.role).join(GrantRow, GrantRow.user_id == UserRow.id)
        found = await self._session.execute(query.where(GrantRow.team == team).order_by(UserRow.name))
        return [Grant(user.name, team, role, user.display_name, user.disabled) for user, role in found.all()]

    # Roles that people made

    async def roles(self) -> dict[str, Role]:
        """By name."""
        return {r.name: role_of(r) for r in await rows(self._session, select(RoleRow).order_by(RoleRow.name))}

    async def put_role(self, role: Role) -> None:
        """Makes or changes a role. Raises ``InvalidNameError``, and ``RoleInUseError`` for another scope than that of
        a role that somebody has."""
        require_label(role.name, "name")
        await serialize_desired(self._session)
        before = (await self.roles()).get(role.name)
        if before is not None and before.scope != role.scope:
            await self._require_unused(role.name)
        values = {"name": role.name, "scope": role.scope, "permissions": pack(sorted(role.permissions))}
        await upsert(
            self._session, RoleRow, ["name"], {**values, "created_at": stamp(self._clock())}, keep=["created_at"]
        )

    async def remove_role(self, name: str) -> None:
        """Raises ``UnknownRoleError``, ``RoleInUseError``."""
        await serialize_desired(self._session)
        await self._require_unused(name)
        if not await affected(self._session, delete(RoleRow).where(RoleRow.name == name)):
            raise unknown_role(name, await self.roles())

    async def _require_unused(self, name: str) -> None:
        query = select(func.count()).select_from(GrantRow).where(GrantRow.role == name)
        if count := await row(self._session, query) or 0:
            raise RoleInUseError(role=name, count=count)


def unknown_role(name: str, known: Iterable[str]) -> UnknownRoleError:
    """With the nearest names."""
    return UnknownRoleError(role=name[:80], nearest=nearest(name, known))


def person_of(row: UserRow, grants: Mapping[str, str]) -> Person:
    preferences = msgspec.json.decode(row.preferences, type=Preferences)
    return Person(
        row.id,
        row.name,
        row.display_name,
        row.disabled,
        row.password_hash is not None,
        row.issuer or "",
        row.created_at,
        row.last_sign_in_at,
        preferences,
        grants,
    )


def role_of(row: RoleRow) -> Role:
    return Role(row.name, cast(Scope, row.scope), tuple(unpack(row.permissions, list[str])))

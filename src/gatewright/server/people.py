"""People, roles and members for the API: nobody gives, takes or changes what they do not hold themselves."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gatewright.model.names import require_label
from gatewright.model.people import INSTALLATION, Grant, Person, Preferences, Role, Scope
from gatewright.server.errors import (
    BeyondError,
    BuiltinRoleError,
    NoPersonError,
    PermissionNameError,
    RoleScopeError,
    SignInRefusedError,
)
from gatewright.server.passwords import Passwords, require_good
from gatewright.server.principal import Principal
from gatewright.server.roles import BUILTIN, allowed, grantable
from gatewright.server.sessions import Origin, SignIns
from gatewright.store.database import Database
from gatewright.store.people import unknown_role
from gatewright.store.unit import Unit


class Wish(msgspec.Struct, frozen=True):
    """What is asked of a person; None: as it is. ``role``: in the installation, empty for none."""

    display_name: str | None = None
    role: str | None = None
    disabled: bool | None = None
    password: str | None = None


class PeopleDesk:
    """Reads and changes people; every method is one transaction."""

    def __init__(self, database: Database, passwords: Passwords, sign_ins: SignIns) -> None:
        self._database = database
        self._passwords = passwords
        self._sign_ins = sign_ins

    async def all(self) -> list[Person]:
        async with self._database.reading() as unit:
            return await unit.people.all()

    async def get(self, name: str) -> Person:
        """Raises ``UnknownPersonError``."""
        async with self._database.reading() as unit:
            return await unit.people.get(name)

    async def any_administrator(self) -> bool:
        """Whether setting up is over."""
        async with self._database.reading() as unit:
            return await unit.people.administrators() > 0

    async def put(self, name: str, wish: Wish, who: Principal) -> Person:
        """Makes or changes a person. Raises ``PersonNameError``, ``PasswordError``, ``UnknownRoleError``,
        ``RoleScopeError``, ``BeyondError``, ``LastAdministratorError``."""
        hashed = None if wish.password is None else await self._passwords.hash(require_good(wish.password, name))
        async with self._database.transaction() as unit:
            before = await unit.people.find(name)
            if before is None:
                person = await unit.people.create(name, wish.display_name or "", password_hash=hashed)
            else:
                await _require_not_above(unit, who, before)
                person = before
            person = await unit.people.change(person, display_name=wish.display_name, disabled=wish.disabled)
            if before is not None and hashed is not None:
                await unit.people.set_password(person.id, hashed)
                await unit.sessions.end_all(person.id)
            if wish.role is not None and wish.role != person.grants.get(INSTALLATION, ""):
                await _set_role(unit, who, person, INSTALLATION, wish.role)
            after = await unit.people.get(name)
            if await unit.people.administrators():
                await unit.setup_codes.forget()
            await _note(unit, who, before, after)
            if before is not None and hashed is not None:
                await unit.journal.note(who.name, "user.password", name)
            return after

    async def remove(self, name: str, who: Principal) -> None:
        """Raises ``UnknownPersonError``, ``BeyondError``, ``LastAdministratorError``."""
        async with self._database.transaction() as unit:
            await _require_not_above(unit, who, await unit.people.get(name))
            before = await unit.people.remove(name)
            await unit.journal.note(who.name, "user.delete", name, before=told(before))

    async def set_password(self, name: str, password: str, who: Principal) -> None:
        """Gives somebody a new password and ends their sessions. Raises ``UnknownPersonError``, ``PasswordError``,
        ``BeyondError``."""
        hashed = await self._passwords.hash(require_good(password, name))
        async with self._database.transaction() as unit:
            person = await unit.people.get(name)
            await _require_not_above(unit, who, person)
            await unit.people.set_password(person.id, hashed)
            await unit.sessions.end_all(person.id)
            await unit.journal.note(who.name, "user.password", name)

    async def change_own_password(self, who: Principal, old: str, new: str, origin: Origin, session: str) -> None:
        """Takes the old password for it, and ends the other sessions. Raises ``SignInRefusedError``,
        ``TooManyAttemptsError``, ``PasswordError``, ``NoPersonError``."""
        require_person(who)
        require_good(new, who.name)
        person = await self._sign_ins.check(who.name, old, origin, known=f"person/{who.id}")
        hashed = await self._passwords.hash(new)
        async with self._database.transaction() as unit:
            if person.id != who.id:
                raise SignInRefusedError()
            await unit.people.set_password(person.id, hashed)
            await unit.sessions.end_all(person.id, but=session)
            await unit.journal.note(who.name, "user.password", who.name)

    async def set_preferences(self, who: Principal, preferences: Preferences) -> None:
        """Raises ``NoPersonError``."""
        require_person(who)
        async with self._database.transaction() as unit:
            await unit.people.set_preferences(who.id, preferences)

    # Roles

    async def roles(self) -> list[Role]:
        """Those that are built in, then the others by name."""
        async with self._database.reading() as unit:
            return [*BUILTIN.values(), *(await unit.people.roles()).values()]

    async def put_role(self, name: str, scope: Scope, permissions: Iterable[str], who: Principal) -> Role:
        """Makes or changes a role. Raises ``BuiltinRoleError``, ``PermissionNameError``, ``BeyondError``,
        ``RoleInUseError``, ``InvalidNameError``."""
        if require_label(name, "name") in BUILTIN:
            raise BuiltinRoleError(role=name)
        role = Role(name, scope, tuple(sorted(set(permissions))))
        if unknown := set(role.permissions) - grantable(scope):
            raise PermissionNameError(permission=min(unknown)[:80], scope=scope)
        async with self._database.transaction() as unit:
            before = (await unit.people.roles()).get(name)
            for wanted in (role, before):
                if wanted is not None:
                    _require_held(who, wanted.permissions, None)
            if before == role:
                return role
            await unit.people.put_role(role)
            verb = "role.create" if before is None else "role.update"
            await unit.journal.note(who.name, verb, name, before=before, after=role)
        return role

    async def remove_role(self, name: str, who: Principal) -> None:
        """Raises ``BuiltinRoleError``, ``UnknownRoleError``, ``RoleInUseError``, ``BeyondError``."""
        if name in BUILTIN:
            raise BuiltinRoleError(role=name)
        async with self._database.transaction() as unit:
            known = await unit.people.roles()
            if name not in known:
                raise unknown_role(name, known)
            _require_held(who, known[name].permissions, None)
            await unit.people.remove_role(name)
            await unit.journal.note(who.name, "role.delete", name, before=known[name])

    # Members of teams

    async def members(self, team: str) -> list[Grant]:
        """Raises ``UnknownTeamError``."""
        async with self._database.reading() as unit:
            await unit.fleet.team(team)
            return await unit.people.members(team)

    async def put_member(self, team: str, user: str, role: str, who: Principal) -> Grant:
        """Gives a person their one role in a team. Raises ``UnknownTeamError``, ``UnknownPersonError``,
        ``UnknownRoleError``, ``RoleScopeError``, ``BeyondError``."""
        async with self._database.transaction() as unit:
            await unit.fleet.team(team)
            person = await unit.people.get(user)
            if person.grants.get(team) != role:
                await _set_role(unit, who, person, team, role)
            return Grant(user, team, role, person.display_name, person.disabled)

    async def remove_member(self, team: str, user: str, who: Principal) -> None:
        """Raises ``UnknownTeamError``, ``UnknownPersonError``, ``UnknownMemberError``, ``BeyondError``."""
        async with self._database.transaction() as unit:
            await unit.fleet.team(team)
            await _set_role(unit, who, await unit.people.get(user), team, "")


def require_person(who: Principal) -> None:
    """Raises ``NoPersonError`` for the operator, who has no account."""
    if not who.id:
        raise NoPersonError(who=who.name)


def told(person: Person) -> dict[str, object]:
    """What the journal says of a person."""
    return {
        "display_name": person.display_name,
        "role": person.grants.get(INSTALLATION, ""),
        "disabled": person.disabled,
        "password": person.password,
        "issuer": person.issuer,
    }


async def _note(unit: Unit, who: Principal, before: Person | None, after: Person) -> None:
    if before is None:
        await unit.journal.note(who.name, "user.create", after.name, after=told(after))
    elif told(before) != told(after):
        await unit.journal.note(who.name, "user.update", after.name, before=told(before), after=told(after))


async def _set_role(unit: Unit, who: Principal, person: Person, team: str, name: str) -> None:
    """Gives, changes or (empty name) takes a role, both of which ``who`` must hold themselves."""
    known = {**BUILTIN, **await unit.people.roles()}
    before = person.grants.get(team, "")
    for role in (name, before):
        if role and role not in known and role == name:
            raise unknown_role(name, known)
        if role in known:
            _require_held(who, known[role].permissions, team)
    scope: Scope = "installation" if team == INSTALLATION else "team"
    if name and known[name].scope != scope:
        raise RoleScopeError(role=name, scope=scope)
    if name:
        await unit.people.grant(person, team, name, who.name)
    else:
        await unit.people.revoke(person, team)
    if team != INSTALLATION:
        verb = "member.delete" if not name else "member.update" if before else "member.create"
        where = f"{team}.{person.name}"
        await unit.journal.note(who.name, verb, where, before=before or None, after=name or None, team=team)


async def _require_not_above(unit: Unit, who: Principal, person: Person) -> None:
    """Whoever may change a person could become them, and so must hold whatever they hold. Raises ``BeyondError``."""
    everywhere, teams = allowed(person.grants, await unit.people.roles())
    _require_held(who, everywhere, None)
    for team, permissions in teams.items():
        _require_held(who, permissions, team)


def _require_held(who: Principal, permissions: Iterable[str], team: str | None) -> None:
    """Raises ``BeyondError`` naming what ``who`` lacks."""
    lacking = sorted(p for p in permissions if not who.may(p, team or None))
    if lacking:
        raise BeyondError(who=who.name, permissions=", ".join(lacking[:5]), count=len(lacking))

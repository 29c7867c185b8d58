"""Signing in and out, and recognising who is signed in by the cookie of their browser."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from fastapi import Request, Response

from gatewright.model.addresses import canonical, ip
from gatewright.model.people import MAX_NAME, Method, OpenSession, Person
from gatewright.server import cookies, devices
from gatewright.server.devices import Devices
from gatewright.server.errors import BusyError, SignInRefusedError, TooManyAttemptsError, UnknownSessionError
from gatewright.server.passwords import Passwords
from gatewright.server.principal import Principal
from gatewright.server.roles import OWN, allowed
from gatewright.store.database import Database
from gatewright.store.origin import about, recognised
from gatewright.store.sessions import LONGEST
from gatewright.store.unit import Unit

COOKIE: Final = "gatewright_session"
FAILURES: Final = 5
"""With one name from one address, or from a browser in which the person has signed in before."""
FAILURES_PER_ADDRESS: Final = 20
FAILURES_PER_NAME: Final = 100
"""With one name, from strangers everywhere: what guessing from many addresses comes to, some thousands a day."""


class Origin(msgspec.Struct, frozen=True):
    """From where somebody signs in. ``network``: what failures are counted for."""

    address: str
    agent: str

    @property
    def network(self) -> str:
        """The address; of IPv6 the part that one household or machine has for itself."""
        address = ip(self.address)
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False))
        return canonical(self.address)


def origin_of(request: Request) -> Origin:
    """From where a request comes."""
    address = request.client.host if request.client else "-"
    return Origin(address[:80], request.headers.get("user-agent", "")[:200])


def digest(secret: str) -> str:
    """What the database keeps of a secret of 256 random bits, which needs no slow hash."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


class Entered(msgspec.Struct, frozen=True):
    """A session that has just begun; ``cookie`` is told once. ``device``: by which the browser is known again."""

    person: Person
    cookie: str
    device: str


class SignIns:
    """Sessions for the API. ``passwords`` checks them, ``devices`` knows browsers again; every method is a transaction
    of its own or a few."""

    def __init__(self, database: Database, passwords: Passwords, devices: Devices) -> None:
        self._database = database
        self._passwords = passwords
        self._devices = devices

    async def enter(self, name: str, password: str, origin: Origin, *, device: str = "") -> Entered:
        """Signs in with a password; ``device``: the cookie of the browser for that, empty where it has none.

        Raises ``SignInRefusedError``, ``TooManyAttemptsError``, ``BusyError``.
        """
        name = name.strip().lower()[: MAX_NAME + 1]
        known = self._devices.known(device, name)
        person = await self.check(name, password, origin, known=f"device/{known}" if known else "")
        async with self._database.transaction() as unit:
            # The person may have been disabled or given another password while the old one was checked.
            now = await unit.people.find(name)
            if now is None or now.id != person.id or now.disabled or not now.password:
                raise SignInRefusedError()
            return await self.open(unit, now, "password", origin)

    async def check(self, name: str, password: str, origin: Origin, *, known: str = "") -> Person:
        """The person whose name and password these are. ``known``: what the failures of somebody who is no stranger
        are counted under, which those of strangers do not fill. Raises as ``enter``.

        What counts, and what success gives back, is the same whether the name exists or not, so that no count tells.
        """
        subjects = {known: FAILURES} if known else _of_strangers(name, origin.network)
        await self._take(subjects)
        async with self._database.reading() as unit:
            person = await unit.people.find(name)
            hashed = await unit.people.password_hash(name)
        try:
            right = await self._passwords.matches(hashed, password)
        except BusyError:
            await self._give_back(subjects)
            raise
        if not right or person is None or hashed is None or person.disabled:
            await self._refused(person, origin)
            raise SignInRefusedError()
        await self._give_back(subjects)
        if self._passwords.outdated(hashed):
            await self._renew(person, hashed, password)
        return person

    async def _take(self, subjects: Mapping[str, int]) -> None:
        """Counts an attempt under each subject, or under none where one is at its limit: who is stopped by their
        address fills no name."""
        async with self._database.transaction() as unit:
            for subject, limit in subjects.items():
                if seconds := await unit.attempts.take(subject, limit):
                    raise TooManyAttemptsError(seconds=seconds, minutes=-(-seconds // 60))
            await unit.attempts.prune()

    async def _give_back(self, subjects: Iterable[str]) -> None:
        async with self._database.transaction() as unit:
            for subject in subjects:
                await unit.attempts.give_back(subject)

    async def _renew(self, person: Person, hashed: str, password: str) -> None:
        """Keeps a newer kind of hash of the same password, if it is still that; the next sign-in does where this one
        would have to wait."""
        try:
            renewed = await self._passwords.hash(password)
        except BusyError:
            return
        async with self._database.transaction() as unit:
            if await unit.people.password_hash(person.name) == hashed:
                await unit.people.set_password(person.id, renewed)

    async def _refused(self, person: Person | None, origin: Origin) -> None:
        """A name that nobody has is not noted: it may be a password in the wrong place."""
        name = "-" if person is None else person.name
        about(where="" if person is None else name)
        async with self._database.transaction() as unit:
            after = {"address": origin.address, "agent": origin.agent}
            await unit.journal.note(name, "session.refused", name, after=after, severity="warning")

    async def open(self, unit: Unit, person: Person, method: Method, origin: Origin) -> Entered:
        """Begins a session of ``person``, whoever proved it to be them, in the caller's transaction."""
        recognised(person.name, person=person.id, via="session")
        cookie = secrets.token_urlsafe(32)
        opened = await unit.sessions.open(digest(cookie), person.id, method, address=origin.address, agent=origin.agent)
        await unit.people.signed_in(person.id)
        after = {"session": opened, "method": method, "address": origin.address, "agent": origin.agent}
        await unit.journal.note(person.name, "session.create", person.name, after=after)
        return Entered(person, cookie, self._devices.make(person.name))

    async def recognise(self, cookie: str) -> Principal | None:
        """Who is signed in with this cookie, None where nobody is. Notes now and then that the session is in use."""
        key = digest(cookie)
        async with self._database.reading() as unit:
            found = await unit.sessions.find(key)
            person = None if found is None else await unit.people.by_id(found.user_id)
            who = None if person is None or person.disabled else await principal_of(unit, person)
        if who is not None and found is not None and found.due:
            async with self._database.transaction() as unit:
                await unit.sessions.touch(key)
        return who

    async def current(self, cookie: str) -> str:
        """The id of the session with this cookie, empty where it has ended."""
        async with self._database.reading() as unit:
            found = await unit.sessions.find(digest(cookie))
        return "" if found is None else found.id

    async def all(self, who: Principal) -> list[OpenSession]:
        async with self._database.reading() as unit:
            return await unit.sessions.of(who.id)

    async def leave(self, who: Principal, cookie: str) -> None:
        """Ends the session with this cookie, if it has not ended."""
        async with self._database.transaction() as unit:
            found = await unit.sessions.find(digest(cookie))
            if found is not None and await unit.sessions.end(who.id, found.id):
                await unit.journal.note(who.name, "session.delete", who.name, before={"session": found.id})

    async def end(self, who: Principal, id: str) -> None:
        """Raises ``UnknownSessionError``."""
        async with self._database.transaction() as unit:
            if not await unit.sessions.end(who.id, id):
                raise UnknownSessionError(session=id[:80])
            await unit.journal.note(who.name, "session.delete", who.name, before={"session": id})

    async def end_others(self, who: Principal, cookie: str) -> None:
        """Ends the person's sessions except that with this cookie."""
        current = await self.current(cookie)
        async with self._database.transaction() as unit:
            if count := await unit.sessions.end_all(who.id, but=current):
                await unit.journal.note(who.name, "session.delete", who.name, before={"sessions": count})


def _of_strangers(name: str, network: str) -> dict[str, int]:
    """What the failures of somebody nobody knows are counted under, with the limit of each: the narrowest first."""
    return {
        f"pair/{network}/{name}": FAILURES,
        f"address/{network}": FAILURES_PER_ADDRESS,
        f"name/{name}": FAILURES_PER_NAME,
    }


async def principal_of(unit: Unit, person: Person) -> Principal:
    """What a person may who is signed in."""
    custom = await unit.people.roles() if person.grants else {}
    everywhere, teams = allowed(person.grants, custom)
    return Principal(person.name, everywhere | OWN, teams=teams, via="session", id=person.id)


def hand_out(request: Request, entered: Entered | None) -> None:
    """Gives the cookies of a session to the browser with the answer. None makes the browser forget the session; that
    somebody signed in there before it goes on knowing."""

    def finish(response: Response) -> None:
        cookies.give(request, response, COOKIE, entered.cookie if entered else "", LONGEST)
        if entered is not None:
            cookies.give(request, response, devices.COOKIE, entered.device, devices.LIFETIME)

    request.state.finish = finish

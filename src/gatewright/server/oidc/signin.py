"""Signing in with the provider: off to it, back from it, and who that is here.

A person is known by issuer and subject, never by a name or an address that the provider could give to somebody else. A
person who is new may do nothing unless a group of theirs has a role. What the groups say is done at each sign-in, where
nobody gave the person a role by hand.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlencode, urlsplit, urlunsplit

import msgspec
import structlog

from gatewright.model.people import ADMINISTRATOR, INSTALLATION, MAX_DISPLAY_NAME, MAX_NAME, RESERVED, Person
from gatewright.model.sentences import by_groups
from gatewright.server.oidc.errors import PersonDisabledError, ProviderRefusedError, SignInLostError
from gatewright.server.oidc.options import OidcOptions, Rule
from gatewright.server.oidc.pending import Pendings
from gatewright.server.people import told
from gatewright.server.roles import BUILTIN
from gatewright.server.sessions import Entered, Origin, SignIns
from gatewright.store.clock import Clock
from gatewright.store.database import Database
from gatewright.store.errors import PersonExistsError, UnknownTeamError
from gatewright.store.origin import about
from gatewright.store.unit import Unit

if TYPE_CHECKING:
    from gatewright.server.oidc.provider import Provider

CALLBACK: Final = "/api/v1/oidc/callback"
BY_GROUPS: Final = "openid groups"
"""Who gave a role that a group has: no person's name, for it has a space."""
_LONGEST_BASE: Final = MAX_NAME - 8
_TRIES: Final = 100


class Off(msgspec.Struct, frozen=True):
    """The way to the provider. ``cookie``: what the browser must bring back."""

    location: str
    cookie: str


class Back(msgspec.Struct, frozen=True):
    """A session that has just begun, and the page to go on with."""

    entered: Entered
    return_to: str


class Oidc:
    """Sign-ins with one provider."""

    def __init__(
        self, options: OidcOptions, provider: Provider, pendings: Pendings, sign_ins: SignIns, database: Database,
        clock: Clock,
    ) -> None:  # fmt: skip
        self.label = options.label
        self._options = options
        self._provider = provider
        self._pendings = pendings
        self._sign_ins = sign_ins
        self._database = database
        self._clock = clock

    async def start(self, reached: str, return_to: str) -> Off:
        """``reached``: scheme and host of the request. Raises as ``Provider.described``."""
        described = await self._provider.described()
        redirect = (self._options.public_url or reached) + CALLBACK
        pending = self._pendings.begin(redirect, return_to, self._clock())
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._options.client_id,
                "redirect_uri": redirect,
                "scope": self._options.scopes,
                "state": pending.state,
                "nonce": pending.nonce,
                "code_challenge": pending.challenge,
                "code_challenge_method": "S256",
            }
        )
        return Off(_with_query(described.authorization_endpoint, query), self._pendings.seal(pending))

    async def finish(self, cookie: str, given: Mapping[str, str], origin: Origin) -> Back:
        """``given``: the parameters that the browser brings from the provider.

        Raises ``SignInLostError``, ``ProviderRefusedError``, ``IdTokenError``, ``PersonDisabledError``, and as
        ``Provider.described``.
        """
        pending = self._pendings.open(cookie, given.get("state", ""), self._clock())
        if error := given.get("error"):
            raise ProviderRefusedError(reason=error[:80])
        code, issuer = given.get("code"), given.get("iss")
        # another provider's answer, mixed up with this one's (RFC 9207)
        if not code or (issuer is not None and issuer != self._options.issuer):
            raise SignInLostError()
        claims = await self._provider.exchange(code, pending.verifier, pending.redirect, pending.nonce)
        return Back(await self._enter(claims, origin), pending.return_to)

    async def _enter(self, claims: Mapping[str, Any], origin: Origin) -> Entered:
        subject = str(claims["sub"])
        async with self._database.transaction() as unit:
            person = await unit.people.by_subject(self._options.issuer, subject)
            if person is None:
                person = await self._create(unit, subject, claims)
            about(where=person.name)
            if person.disabled:
                raise PersonDisabledError(user=person.name)
            await _follow(unit, person, self._options.rules, groups_of(claims, self._options.groups_claim))
            return await self._sign_ins.open(unit, await unit.people.get(person.name), "oidc", origin)

    async def _create(self, unit: Unit, subject: str, claims: Mapping[str, Any]) -> Person:
        for name in names_of(claims, subject):
            try:
                person = await unit.people.create(
                    name, _display_name(claims), issuer=self._options.issuer, subject=subject
                )
            except PersonExistsError:
                known = await unit.people.by_subject(self._options.issuer, subject)
                if known is not None:
                    return known
                continue
            await unit.journal.note(person.name, "user.create", person.name, after=told(person))
            return person
        raise SignInLostError()


# Who somebody is


def names_of(claims: Mapping[str, Any], subject: str) -> Iterator[str]:
    """Names for somebody new, best first: what the provider calls them, then the same with a number. None of them says
    anything of who they are."""
    given = next(filter(None, (_plain(claims.get(key)) for key in ("preferred_username", "email", "name"))), "person")
    if given not in RESERVED:
        yield given
    for number in range(2, _TRIES):
        yield f"{given}-{number}"
    yield f"person-{hashlib.sha256(subject.encode()).hexdigest()[:16]}"


def _plain(value: object) -> str:
    if not isinstance(value, str):
        return ""
    name = re.sub(r"[^a-z0-9._@+-]+", "-", value.strip().lower().partition("@")[0])[:_LONGEST_BASE]
    return name.strip("._@+-")


def _display_name(claims: Mapping[str, Any]) -> str:
    given = claims.get("name")
    shown = "".join(c for c in given if c.isprintable()) if isinstance(given, str) else ""
    return shown.strip()[:MAX_DISPLAY_NAME].strip()


def groups_of(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """The groups that the token names under ``path``, whose dots lead into objects (``realm_access.roles``)."""
    found: object = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = cast(Mapping[str, object], found).get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    listed = cast(Iterable[object], found) if isinstance(found, list | tuple) else ()
    return frozenset(group for group in listed if isinstance(group, str))


# What somebody may


async def _follow(unit: Unit, person: Person, rules: Iterable[Rule], groups: frozenset[str]) -> None:
    """Gives the roles that groups have and takes those that they had; what somebody gave by hand stays."""
    wanted = await _wanted(unit, rules, groups)
    given_by = await unit.people.given_by(person)
    for team in {*wanted, *given_by}:
        before, after = person.grants.get(team, ""), wanted.get(team, "")
        if given_by.get(team, BY_GROUPS) != BY_GROUPS or before == after or await _is_last(unit, person, team):
            continue
        if after:
            await unit.people.grant(person, team, after, BY_GROUPS)
        else:
            await unit.people.revoke(person, team)
        await _note(unit, person, team, before, after)


async def _wanted(unit: Unit, rules: Iterable[Rule], groups: frozenset[str]) -> dict[str, str]:
    """The role by team. A rule about a team or a role that is not there gives nothing."""
    known = {**BUILTIN, **await unit.people.roles()}
    wanted: dict[str, str] = {}
    for rule in rules:
        if rule.group not in groups or rule.team in wanted:
            continue
        role = known.get(rule.role)
        scope = "installation" if rule.team == INSTALLATION else "team"
        if role is None or role.scope != scope or not await _exists(unit, rule.team):
            structlog.get_logger("gatewright.oidc").warning("group rule without effect", team=rule.team, role=rule.role)
            continue
        wanted[rule.team] = rule.role
    return wanted


async def _exists(unit: Unit, team: str) -> bool:
    if team == INSTALLATION:
        return True
    try:
        await unit.fleet.team(team)
    except UnknownTeamError:
        return False
    return True


async def _is_last(unit: Unit, person: Person, team: str) -> bool:
    """Whether nobody could administer this installation without them."""
    held = team == INSTALLATION and person.grants.get(INSTALLATION) == ADMINISTRATOR
    return held and await unit.people.administrators() <= 1


async def _note(unit: Unit, person: Person, team: str, before: str, after: str) -> None:
    said = by_groups(person.name, team, after)
    if team == INSTALLATION:
        now = await unit.people.get(person.name)
        await unit.journal.note(
            person.name, "user.update", person.name, before=told(person), after=told(now), message=said
        )
        return
    verb = "member.delete" if not after else "member.update" if before else "member.create"
    where = f"{team}.{person.name}"
    await unit.journal.note(
        person.name, verb, where, before=before or None, after=after or None, team=team, message=said
    )


def _with_query(url: str, query: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query, fragment=""))

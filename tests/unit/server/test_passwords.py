"""Passwords, requests from other pages, and what roles and tokens come to: the parts that need no server."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import Request
from hypothesis import example, given
from hypothesis import strategies as st
from people import PlainHasher

from gatewright.model.people import INSTALLATION, ApiToken, Role
from gatewright.server import csrf
from gatewright.server.errors import BusyError, CsrfError, PasswordError
from gatewright.server.passwords import LONGEST, SHORTEST, Argon2, Passwords, require_good
from gatewright.server.principal import ALL, Principal
from gatewright.server.roles import BUILTIN, EVERYONE, IN_TEAM, OWN, allowed, grantable
from gatewright.server.sessions import Origin
from gatewright.server.tokens import narrowed

CHEAP = Argon2(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
TEAMS = st.sampled_from(["payments", "orders", "search"])
SETS = st.frozensets(st.sampled_from(sorted(ALL)))


# Passwords


async def test_argon2_knows_the_password_again_and_no_other() -> None:
    passwords = Passwords(CHEAP)
    hashed = await passwords.hash("correct-staple-1789")
    assert hashed.startswith("$argon2id$")
    assert await passwords.matches(hashed, "correct-staple-1789")
    assert not await passwords.matches(hashed, "correct-staple-1788")
    assert not await passwords.matches("damaged", "correct-staple-1789")
    assert not await passwords.matches(None, "correct-staple-1789")
    assert not passwords.outdated(hashed)
    assert Argon2().outdated(hashed)


def test_the_decoy_costs_what_a_hash_costs() -> None:
    hasher = PasswordHasher()
    decoy, real = Argon2(hasher).decoy(), hasher.hash("x")
    assert not hasher.check_needs_rehash(decoy)
    assert [len(part) for part in decoy.split("$")] == [len(part) for part in real.split("$")]
    assert decoy.split("$")[:4] == real.split("$")[:4]
    assert not Argon2(hasher).matches(decoy, "")


class Slow(PlainHasher):
    """Waits until it is let go, and knows how many did at once."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.lock = threading.Lock()
        self.now = self.most = 0

    def matches(self, hash: str, password: str) -> bool:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.go.wait(60)
        with self.lock:
            self.now -= 1
        return super().matches(hash, password)


async def test_few_are_checked_at_once_some_wait_and_the_rest_is_refused() -> None:
    hasher = Slow()
    passwords = Passwords(hasher)
    waiting = [asyncio.create_task(passwords.matches("plain:x", "x")) for _ in range(32)]
    await asyncio.sleep(0)
    with pytest.raises(BusyError):
        await passwords.matches("plain:x", "x")
    hasher.go.set()
    assert all(await asyncio.gather(*waiting))
    assert hasher.most <= 2
    assert await passwords.matches("plain:x", "x")


@given(st.text(max_size=LONGEST + 50), st.sampled_from(["ada", "administrator", "a@b.example"]))
def test_a_password_is_long_enough_or_refused(password: str, name: str) -> None:
    try:
        require_good(password, name)
    except PasswordError:
        return
    assert SHORTEST <= len(password) <= LONGEST
    assert password.casefold() != name
    assert len(set(password.casefold())) >= 4


@pytest.mark.parametrize(
    "password", ["correct-staple-1789", "我的密码有十二个字符这么长呢", "ada lovelace wrote notes"]
)
def test_good_passwords_are_good(password: str) -> None:
    assert require_good(password, "ada") == password


# Requests that another page makes


def request(method: str = "POST", **headers: str) -> Request:
    given_headers = [(k.replace("_", "-").encode(), v.encode()) for k, v in {"host": "gw.test:8770", **headers}.items()]
    return Request({"type": "http", "method": method, "headers": given_headers})


@pytest.mark.parametrize("origin", ["http://gw.test:8770", "https://gw.test:8770", "https://GW.test:8770"])
def test_our_origin_is_ours_behind_a_proxy_too(origin: str) -> None:
    csrf.require_token(request(origin=origin, x_csrf_token=csrf.token_of("c")), "c")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://gw.test",
        "http://gw.test:1",
        "http://evil.test",
        "http://gw.test:8770.evil.test",
        "gw.test:8770",
    ],
)
def test_another_origin_is_not_ours(origin: str) -> None:
    with pytest.raises(CsrfError):
        csrf.require_token(request(origin=origin, x_csrf_token=csrf.token_of("c")), "c")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_needs_no_token(method: str) -> None:
    csrf.require_token(request(method, sec_fetch_site="cross-site"), "c")


@given(st.text(max_size=80), st.text(max_size=80))
@example("", "\0")
def test_only_the_sessions_own_token_is_taken(cookie: str, other: str) -> None:
    cookie, other = cookie.encode("ascii", "ignore").decode(), other.encode("ascii", "ignore").decode()
    assert (csrf.token_of(cookie) == csrf.token_of(other)) == (cookie == other)
    assert csrf.token_of(cookie) != cookie


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("in-process", "in-process"),
    ],
)
def test_failures_count_for_a_network(address: str, network: str) -> None:
    assert Origin(address, "").network == network


# Roles and tokens


def test_the_built_in_roles_are_what_they_are_called() -> None:
    held = {name: set(role.permissions) for name, role in BUILTIN.items()}
    assert held["administrator"] == ALL - OWN
    assert held["viewer"] < held["developer"] < held["owner"] <= IN_TEAM < held["administrator"]
    reading = {name for name in held["viewer"] if name.rpartition(".")[2] in ("read", "diff", "export")}
    assert held["viewer"] == reading
    assert not {"member.write", "team.write"} & held["developer"]
    assert not {p for p in held["owner"] if p.startswith(("user.", "cluster.r", "cluster.c"))} - {"cluster.read"}


@given(
    st.dictionaries(st.one_of(st.just(INSTALLATION), TEAMS), st.sampled_from([*BUILTIN, "wide", "narrow", "gone"])),
    SETS,
    SETS,
)
def test_nothing_is_allowed_that_no_role_for_the_place_allows(
    grants: dict[str, str], wide: frozenset[str], narrow: frozenset[str]
) -> None:
    custom = {"wide": Role("wide", "installation", tuple(wide)), "narrow": Role("narrow", "team", tuple(narrow))}
    everywhere, teams = allowed(grants, custom)
    known = {**BUILTIN, **custom}
    held = known.get(grants.get(INSTALLATION, ""))
    expected = set(held.permissions) if held is not None and held.scope == "installation" else set[str]()
    assert everywhere == (expected & grantable("installation")) | EVERYONE
    assert not everywhere & OWN
    assert teams.keys() <= grants.keys() - {INSTALLATION}
    for team, permissions in teams.items():
        assert permissions <= IN_TEAM & set(known[grants[team]].permissions)


@given(
    SETS,
    st.dictionaries(TEAMS, SETS),
    st.none() | st.frozensets(st.sampled_from(sorted(ALL - OWN))),
    st.none() | st.frozensets(TEAMS),
)
def test_a_token_is_never_more_than_its_person_nor_than_it_was_made_for(
    everywhere: frozenset[str],
    held: dict[str, frozenset[str]],
    permissions: frozenset[str] | None,
    teams: frozenset[str] | None,
) -> None:
    person = Principal("olga", everywhere | EVERYONE | OWN, teams=held, via="session", id="p")
    made: Any = None if permissions is None else tuple(permissions)
    only: Any = None if teams is None else tuple(teams)
    who = narrowed(person, ApiToken("t", "olga", "ci", "", made, only, "", "", None, None))
    assert (who.name, who.via, who.id, who.local) == ("olga", "token", "t", False)
    for permission in ALL:
        for team in (None, "payments", "orders", "search", "others"):
            wanted = permission not in OWN and (permissions is None or permission in permissions)
            placed = teams is None or team in teams
            expected = (person.may(permission, team) and wanted and placed) or permission in EVERYONE
            assert who.may(permission, team) == expected, (permission, team)

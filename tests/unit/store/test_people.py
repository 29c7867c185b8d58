"""People, sessions, tokens and attempts, on both databases; two who change the same at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from gatewright.model.desired import Team
from gatewright.model.names import InvalidNameError
from gatewright.model.people import (
    ADMINISTRATOR,
    INSTALLATION,
    DisplayNameError,
    Person,
    PersonNameError,
    Preferences,
    ReservedPersonNameError,
    Role,
)
from gatewright.store.attempts import WINDOW
from gatewright.store.database import Database
from gatewright.store.errors import (
    LastAdministratorError,
    PersonExistsError,
    RoleInUseError,
    TokenExistsError,
    UnknownMemberError,
    UnknownPersonError,
    UnknownRoleError,
    UnknownTokenError,
)
from gatewright.store.tables import ApiTokenRow, AttemptRow, GrantRow, SessionRow
from gatewright.store.unit import Unit


async def make(db: Database, name: str, *, role: str = "", team: str = INSTALLATION, key: str | None = "k") -> Person:
    async with db.transaction() as unit:
        person = await unit.people.create(name, password_hash=key)
        if role:
            await unit.people.grant(person, team, role, "test")
        return await unit.people.get(name)


async def token(unit: Unit, person: Person, name: str = "ci", hash: str = "h", **by: float) -> str:
    lasting = timedelta(**(by or {"days": 1}))
    made = await unit.tokens.create(
        person.id, name, prefix="gwt_12345678", hash=hash, permissions=["team.read"], teams=None, lasting=lasting
    )
    return made.id


async def test_a_person_as_a_whole(db: Database) -> None:
    olga = await make(db, "olga@example.com", role="owner", team="payments")
    assert (olga.password, olga.disabled, olga.issuer, olga.grants) == (True, False, "", {"payments": "owner"})
    async with db.transaction() as unit:
        await unit.people.set_preferences(olga.id, Preferences("dark", "zh", {"fleet": "x"}))
        await unit.people.link(olga, "https://id.example", "s1")
        await unit.people.signed_in(olga.id)
        await unit.people.change(olga, display_name="  Olga Ö ")
    async with db.reading() as unit:
        now = await unit.people.by_subject("https://id.example", "s1")
        assert now is not None
        assert (now.display_name, now.preferences.theme, now.preferences.pages) == ("Olga Ö", "dark", {"fleet": "x"})
        assert now.last_sign_in_at is not None
        assert await unit.people.all() == [now]
        assert await unit.people.by_id(now.id) == now
        assert await unit.people.by_subject("https://id.example", "s2") is None


async def test_names_and_subjects_belong_to_one(db: Database) -> None:
    await make(db, "olga")
    async with db.transaction() as unit:
        await unit.people.create("sub", issuer="https://id.example", subject="s1")
    for wish in ({"name": "olga"}, {"name": "new", "issuer": "https://id.example", "subject": "s1"}):
        with pytest.raises(PersonExistsError):
            async with db.transaction() as unit:
                await unit.people.create(**wish)
    async with db.transaction() as unit:
        await unit.people.create("other", issuer="https://other.example", subject="s1")
    for bad in ("", "Olga", "o lga", "-olga", "olga.", "o" * 65, "ö", "a/b", "a\nb"):
        with pytest.raises(PersonNameError):
            async with db.transaction() as unit:
                await unit.people.create(bad)
    for reserved in ("operator", "gatewright"):
        with pytest.raises(ReservedPersonNameError):
            async with db.transaction() as unit:
                await unit.people.create(reserved)
    for shown in ("x" * 101, "a\x00b", "a\u202eb"):
        with pytest.raises(DisplayNameError):
            async with db.transaction() as unit:
                await unit.people.create("fine", shown)
    with pytest.raises(UnknownPersonError):
        async with db.transaction() as unit:
            await unit.people.remove("nobody")


async def test_whoever_goes_takes_everything_along(db: Database) -> None:
    await make(db, "root", role=ADMINISTRATOR)
    olga = await make(db, "olga", role="owner", team="payments")
    async with db.transaction() as unit:
        await unit.sessions.open("s", olga.id, "password", address="a", agent="b")
        await token(unit, olga)
        await unit.people.remove("olga")
    async with db.reading() as unit:
        for table in (SessionRow, ApiTokenRow, GrantRow):
            query = select(func.count()).select_from(table).where(table.user_id == olga.id)
            assert (await unit.session.execute(query)).scalar() == 0


async def test_a_team_that_goes_takes_its_grants_along(db: Database) -> None:
    async with db.transaction() as unit:
        await unit.fleet.apply_desired([Team("payments"), Team("orders")], "ann")
    olga = await make(db, "olga", role="owner", team="payments")
    async with db.transaction() as unit:
        await unit.people.grant(olga, "orders", "viewer", "ann")
        await unit.fleet.delete_team("payments", "ann")
    async with db.reading() as unit:
        assert (await unit.people.get("olga")).grants == {"orders": "viewer"}
        what = [event.what for event in await unit.journal.events(team="payments")]
        assert what == ["team.create", "member.delete", "team.delete"]


Change = Callable[[Unit, Person], Awaitable[Any]]
LOSSES: dict[str, Change] = {
    "removed": lambda unit, person: unit.people.remove(person.name),
    "disabled": lambda unit, person: unit.people.change(person, disabled=True),
    "demoted": lambda unit, person: unit.people.grant(person, INSTALLATION, "other", "test"),
    "without": lambda unit, person: unit.people.revoke(person, INSTALLATION),
}


@pytest.mark.parametrize("loss", LOSSES)
async def test_of_two_administrators_who_remove_each_other_at_once_one_stays(db: Database, loss: str) -> None:
    ann = await make(db, "ann", role=ADMINISTRATOR)
    ben = await make(db, "ben", role=ADMINISTRATOR)

    async def lose(person: Person) -> bool:
        try:
            async with db.transaction() as unit:
                await LOSSES[loss](unit, person)
        except LastAdministratorError:
            return False
        return True

    assert sorted(await asyncio.gather(lose(ann), lose(ben))) == [False, True]
    async with db.reading() as unit:
        assert await unit.people.administrators() == 1


async def test_only_those_who_can_sign_in_count_as_administrators(db: Database) -> None:
    ann = await make(db, "ann", role=ADMINISTRATOR)
    await make(db, "paper", role=ADMINISTRATOR, key=None)
    with pytest.raises(LastAdministratorError):
        async with db.transaction() as unit:
            await unit.people.change(ann, disabled=True)
    async with db.transaction() as unit:
        await unit.people.link(await unit.people.get("paper"), "https://id.example", "s1")
    async with db.transaction() as unit:
        await unit.people.change(ann, disabled=True)


async def test_roles_that_people_made(db: Database) -> None:
    olga = await make(db, "olga")
    async with db.transaction() as unit:
        await unit.people.put_role(Role("reader", "team", ("team.read",)))
        await unit.people.put_role(Role("reader", "team", ("team.read", "member.read")))
        await unit.people.grant(olga, "payments", "reader", "ann")
        assert (await unit.people.roles())["reader"].permissions == ("member.read", "team.read")
        with pytest.raises(RoleInUseError):
            await unit.people.remove_role("reader")
        with pytest.raises(RoleInUseError):
            await unit.people.put_role(Role("reader", "installation", ()))
        await unit.people.revoke(olga, "payments")
        with pytest.raises(UnknownMemberError):
            await unit.people.revoke(olga, "payments")
        await unit.people.remove_role("reader")
        with pytest.raises(UnknownRoleError):
            await unit.people.remove_role("reader")
        with pytest.raises(InvalidNameError):
            await unit.people.put_role(Role("No Label", "team", ()))


# Sessions and tokens


async def test_sessions_slide_until_their_end(db: Database, clock: Any) -> None:
    olga = await make(db, "olga")
    async with db.transaction() as unit:
        made = await unit.sessions.open("h", olga.id, "password", address="a", agent="x" * 999)
        assert len((await unit.sessions.of(olga.id))[0].agent) == 200
    for hour in range(0, 7 * 24, 6):
        async with db.transaction() as unit:
            found = await unit.sessions.find("h")
            assert found is not None, hour
            assert (found.id, found.due) == (made, hour > 0)
            await unit.sessions.touch("h")
        clock.forward(hours=6)
    async with db.transaction() as unit:
        assert await unit.sessions.find("h") is None
        assert await unit.sessions.of(olga.id) == []
        await unit.sessions.touch("gone")
        await unit.sessions.open("i", olga.id, "oidc", address="a", agent="")
    async with db.reading() as unit:
        assert (await unit.session.execute(select(func.count()).select_from(SessionRow))).scalar() == 1


async def test_ending_sessions_ends_ones_own(db: Database) -> None:
    olga, vera = await make(db, "olga"), await make(db, "vera")
    async with db.transaction() as unit:
        mine = [await unit.sessions.open(f"o{i}", olga.id, "password", address="", agent="") for i in range(3)]
        hers = await unit.sessions.open("v", vera.id, "password", address="", agent="")
        assert not await unit.sessions.end(olga.id, hers)
        assert await unit.sessions.end_all(olga.id, but=mine[1]) == 2
        assert [session.id for session in await unit.sessions.of(olga.id)] == [mine[1]]
        await unit.people.change(vera, disabled=True)
        assert await unit.sessions.of(vera.id) == []


async def test_tokens_hold_until_they_expire_or_are_revoked(db: Database, clock: Any) -> None:
    olga = await make(db, "olga")
    async with db.transaction() as unit:
        made = await token(unit, olga)
        with pytest.raises(TokenExistsError):
            await token(unit, olga, hash="other")
        found = await unit.tokens.find("h")
        assert found is not None
        assert (found.token.id, found.user_id, found.due) == (made, olga.id, True)
        await unit.tokens.touch(made)
        again = await unit.tokens.find("h")
        assert again is not None
        assert not again.due
        await unit.tokens.revoke(made)
        assert await unit.tokens.find("h") is None
        assert (await unit.tokens.get(made)).revoked_at is not None
        await token(unit, olga, hash="second", hours=1)
        assert [one.prefix for one in await unit.tokens.all(olga.id)] == ["gwt_12345678"]
    clock.forward(hours=1)
    async with db.transaction() as unit:
        assert await unit.tokens.find("second") is None
        await token(unit, olga, hash="third")
        with pytest.raises(UnknownTokenError):
            await unit.tokens.get("nothing")


# Attempts


async def test_attempts_are_counted_within_their_window(db: Database, clock: Any) -> None:
    async def take() -> int:
        async with db.transaction() as unit:
            return await unit.attempts.take("name/olga", 3)

    assert [await take() for _ in range(3)] == [0, 0, 0]
    clock.forward(minutes=5)
    assert await take() == 10 * 60
    async with db.transaction() as unit:
        await unit.attempts.give_back("name/olga")
        assert await unit.attempts.take("name/vera", 3) == 0
    assert [await take(), await take()] == [0, 600]
    clock.forward(minutes=10)
    assert await take() == 0
    async with db.transaction() as unit:
        await unit.attempts.forget("name/olga")
        await unit.attempts.give_back("name/olga")
    clock.forward(seconds=WINDOW.total_seconds())
    async with db.transaction() as unit:
        await unit.attempts.prune()
        assert (await unit.session.execute(select(func.count()).select_from(AttemptRow))).scalar() == 0


async def test_many_attempts_at_once_are_no_more_than_the_limit(db: Database) -> None:
    async def take() -> bool:
        async with db.transaction() as unit:
            return await unit.attempts.take("address/192.0.2.7", 4) == 0

    assert sum(await asyncio.gather(*(take() for _ in range(12)))) == 4


async def test_no_name_that_was_typed_is_kept(db: Database) -> None:
    async with db.transaction() as unit:
        await unit.attempts.take("name/my-secret-password\ud800", 3)
        kept = (await unit.session.execute(select(AttemptRow.subject))).scalar_one()
    assert len(kept) == 64
    assert "secret" not in kept


async def test_setup_codes_are_known_until_they_are_forgotten(db: Database) -> None:
    async with db.transaction() as unit:
        for _ in range(2):
            await unit.setup_codes.keep("one")
        await unit.setup_codes.keep("two")
        assert await unit.setup_codes.known("one")
        assert not await unit.setup_codes.known("three")
        await unit.setup_codes.forget()
        assert not await unit.setup_codes.known("two")

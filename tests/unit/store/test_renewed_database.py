"""The database that store tests share on PostgreSQL is new for each of them, whatever the one before has done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from renewed_database import RenewedDatabase

from gatewright.model.desired import Team
from gatewright.store.database import Database
from gatewright.store.origin import Act, Origin, acting


@pytest.fixture
def renewed(postgresql: str) -> Iterator[RenewedDatabase]:
    database = RenewedDatabase(postgresql, "template_gw", "renewed")
    yield database
    database.drop()


def connected(postgresql: str) -> psycopg.Connection[Any]:
    return psycopg.connect(host=postgresql, user="gw", dbname="renewed", autocommit=True)


NUMBERS = "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"
SHAPE = (
    "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
    " WHERE table_schema = 'public' ORDER BY 1, 2",
    "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
    "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
)


def contents(postgresql: str) -> dict[str, list[Any]]:
    """The rows of every table, the next numbers, and what the tables look like."""
    with connected(postgresql) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        found = {t: connection.execute(f"TABLE public.{t} ORDER BY 1".encode()).fetchall() for (t,) in tables}
        more = {query: connection.execute(query.encode()).fetchall() for query in (NUMBERS, *SHAPE)}
        return {**found, **more}


async def use(address: str) -> None:
    async with Database.open(address) as database:
        for team in ("payments", "orders"):
            with acting(Act(Origin("ann", "u-1", "session", "192.0.2.7", "Firefox", "4f", "PUT /api/v1/teams/x"))):
                async with database.transaction() as unit:
                    await unit.fleet.apply_desired([Team(team)], "ann")


async def test_rows_and_numbers_are_as_at_first(renewed: RenewedDatabase, postgresql: str) -> None:
    address = renewed.renew()
    first = contents(postgresql)
    await use(address)
    with connected(postgresql) as connection:
        connection.execute("UPDATE meta SET value = 'changed'")
        connection.execute("DELETE FROM alembic_version")
    used = contents(postgresql)
    changed = {name for name in first if first[name] != used[name]}
    assert changed == {"alembic_version", "audit", "events", "meta", "teams", NUMBERS}
    assert renewed.renew() == address
    assert contents(postgresql) == first


async def test_whoever_is_still_connected_writes_nothing_any_more(renewed: RenewedDatabase, postgresql: str) -> None:
    renewed.renew()
    first = contents(postgresql)
    with connected(postgresql) as left:
        left.execute("BEGIN")
        left.execute("INSERT INTO meta VALUES ('late', 'x')")
        renewed.renew()
        with pytest.raises(psycopg.OperationalError):
            left.execute("COMMIT")
        assert contents(postgresql) == first


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE teams ADD COLUMN more int",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
async def test_tables_that_were_changed_are_made_again(
    renewed: RenewedDatabase, postgresql: str, statement: str
) -> None:
    address = renewed.renew()
    first = contents(postgresql)
    with connected(postgresql) as connection:
        connection.execute(statement.encode())
    renewed.renew()
    assert contents(postgresql) == first
    await use(address)

"""Opening and migrating; transactions that hold or vanish as a whole; every failure of a driver becomes ours."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, QueuePool, create_engine, text

from gatewright.model.desired import Team
from gatewright.store.database import Database
from gatewright.store.errors import (
    DatabaseBusyError,
    DatabaseCrowdedError,
    DatabaseDamagedError,
    DatabaseNewerError,
    DatabaseNotMigratedError,
    DatabaseUnreachableError,
    DatabaseUrlError,
    DiskFullError,
)
from gatewright.store.failures import ours
from gatewright.store.migrations import HEAD, REVISIONS
from gatewright.store.migrations.upgrade import FOLDER, config
from gatewright.store.tables import Base


async def teams(db: Database) -> list[str]:
    async with db.reading() as unit:
        return [team.name for team in await unit.fleet.teams()]


async def add_team(db: Database, name: str) -> None:
    async with db.transaction() as unit:
        await unit.fleet.apply_desired([Team(name)], "ann")


async def test_migrating_makes_the_tables_that_the_code_declares(empty_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)

    async with Database.open(empty_url) as db:
        await db.migrate()
        async with db.reading() as unit:
            assert await (await unit.session.connection()).run_sync(differences) == []


async def test_migrating_again_changes_nothing_and_keeps_the_installation(empty_url: str) -> None:
    async with Database.open(empty_url) as db:
        await db.migrate()
        async with db.reading() as unit:
            uid = await unit.journal.installation_uid()
    async with Database.open(empty_url) as db:
        await db.migrate()
        async with db.reading() as unit:
            assert await unit.journal.installation_uid() == uid


async def test_a_current_database_is_not_migrated_with_alembic(sqlite_url: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from gatewright.store.database import Database\n"
        "async def main():\n"
        "    async with Database.open(sys.argv[1]) as db: await db.migrate()\n"
        "asyncio.run(main())\n"
        "assert not any(m == 'alembic' or m.startswith('alembic.') for m in sys.modules)\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, sqlite_url)
    assert await process.wait() == 0


async def test_several_processes_may_migrate_at_once(empty_url: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from gatewright.store.database import Database\n"
        "async def main():\n"
        "    async with Database.open(sys.argv[1]) as db:\n"
        "        await db.migrate()\n"
        "        async with db.reading() as unit: print(await unit.journal.installation_uid())\n"
        "asyncio.run(main())\n"
    )
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, empty_url, stdout=pipe) for _ in "123"
    ]
    printed = [(await process.communicate())[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(set(printed)) == 1


async def test_several_tasks_may_migrate_at_once(empty_url: str) -> None:
    async with Database.open(empty_url) as one, Database.open(empty_url) as two:
        await asyncio.gather(one.migrate(), two.migrate(), one.migrate())
        assert await teams(two) == []


def test_the_listed_revisions_are_those_that_exist_in_order(sqlite_url: str) -> None:
    from sqlalchemy import create_engine

    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        script = ScriptDirectory.from_config(config(connection))
    engine.dispose()
    assert tuple(reversed([r.revision for r in script.walk_revisions()])) == REVISIONS
    assert script.get_current_head() == HEAD
    assert (FOLDER / "env.py").exists()


async def test_a_newer_database_is_refused(db: Database) -> None:
    async with db.transaction() as unit:
        await unit.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseNewerError, match="9999"):
        await db.migrate()


async def test_a_database_without_tables_says_so(empty_url: str) -> None:
    async with Database.open(empty_url) as db:
        with pytest.raises(DatabaseNotMigratedError):
            await teams(db)


async def test_a_transaction_that_raises_leaves_nothing(db: Database) -> None:
    async def fail() -> None:
        async with db.transaction() as unit:
            await unit.fleet.apply_desired([Team("payments")], "ann")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await teams(db) == []
    async with db.reading() as unit:
        assert await unit.journal.events() == []


async def test_a_transaction_that_is_cancelled_leaves_nothing_and_blocks_nobody(db: Database) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        async with db.transaction() as unit:
            await unit.fleet.apply_desired([Team("payments")], "ann")
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await add_team(db, "orders")
    assert await teams(db) == ["orders"]


async def test_a_process_killed_in_the_middle_leaves_nothing(url: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from gatewright.store.database import Database\n"
        "from gatewright.model.desired import Team\n"
        "async def main():\n"
        "    db = Database.open(sys.argv[1])\n"
        "    async with db.transaction() as unit:\n"
        "        await unit.fleet.apply_desired([Team(f't{n}') for n in range(50)], 'ann')\n"
        "        print('written', flush=True)\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, url, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"written\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    async with Database.open(url) as db:
        assert await teams(db) == []
        await add_team(db, "orders")
        assert await teams(db) == ["orders"]


async def test_writers_of_one_process_follow_each_other(db: Database) -> None:
    await asyncio.gather(*(add_team(db, f"t{n}") for n in range(20)))
    assert len(await teams(db)) == 20


async def test_a_reader_does_not_wait_for_a_writer(db: Database) -> None:
    await add_team(db, "payments")
    async with db.transaction() as unit:
        await unit.fleet.apply_desired([Team("orders")], "ann")
        assert await teams(db) == ["payments"]


# SQLite's own failures


async def test_a_full_disk_is_our_error_and_leaves_the_database_whole(sqlite_url: str) -> None:
    async with Database.open(sqlite_url) as db:
        await add_team(db, "payments")

        async def fill() -> None:
            async with db.transaction() as unit:
                await unit.session.execute(text("PRAGMA max_page_count = 1"))
                await unit.fleet.apply_desired([Team(f"t{n}") for n in range(2000)], "ann")

        with pytest.raises(DiskFullError):
            await fill()
    async with Database.open(sqlite_url) as db:
        assert await teams(db) == ["payments"]
        await add_team(db, "orders")
        async with db.reading() as unit:
            assert (await unit.session.scalars(text("PRAGMA integrity_check"))).all() == ["ok"]


def test_a_file_that_may_not_grow_is_a_full_disk_too(sqlite_url: str) -> None:
    code = (
        "import asyncio, resource, sys\n"
        "from gatewright.store.database import Database\n"
        "from gatewright.store.errors import DiskFullError\n"
        "from gatewright.model.desired import Team\n"
        "async def main():\n"
        "    async with Database.open(sys.argv[1]) as db:\n"
        "        await db.migrate()\n"
        "        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "        try:\n"
        "            async with db.transaction() as unit:\n"
        "                await unit.fleet.apply_desired([Team(f't{n}') for n in range(2000)], 'ann')\n"
        "        except DiskFullError: sys.exit(7)\n"
        "asyncio.run(main())\n"
    )
    assert subprocess.run([sys.executable, "-c", code, sqlite_url], check=False).returncode == 7
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM teams").fetchone() == (0,)
    connection.close()


async def test_a_database_that_another_process_holds_is_busy(sqlite_url: str) -> None:
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with Database.open(sqlite_url, busy_seconds=0.05) as db:
        with pytest.raises(DatabaseBusyError):
            await add_team(db, "payments")
        other.execute("ROLLBACK")
        other.close()
        await add_team(db, "payments")
        assert await teams(db) == ["payments"]


def test_a_connection_that_is_not_free_in_time_is_told_as_that() -> None:
    engine = create_engine("sqlite://", poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.01)
    with engine.connect(), pytest.raises(DatabaseCrowdedError) as told, ours("sqlite://"):
        engine.connect()
    assert told.value.http_status == 503
    engine.dispose()


async def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "gw.db"
    path.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(DatabaseDamagedError):
        Database.open(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"not a database")


async def test_a_place_that_cannot_be_opened_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnreachableError):
        Database.open(f"sqlite:///{tmp_path / 'file' / 'gw.db'}")
    with pytest.raises(DatabaseUnreachableError):
        Database.open(f"sqlite:///{tmp_path}")


async def test_the_file_and_its_folder_are_private(tmp_path: Path) -> None:
    path = tmp_path / "data" / "gw.db"
    async with Database.open(f"sqlite:///{path}") as db:
        await db.migrate()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(path.parent).st_mode) == 0o700


async def test_a_server_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    async with Database.open(f"postgresql://gw:secret@/gw?host={tmp_path}") as db:
        with pytest.raises(DatabaseUnreachableError) as caught:
            await db.migrate()
        assert "secret" not in str(caught.value)
        assert "secret" not in repr(db)


@pytest.mark.parametrize("url", ["mysql://a/b", "nonsense", "", "sqlite://", "sqlite:///:memory:"])
async def test_an_address_of_no_known_database_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUrlError):
        Database.open(url)


async def test_a_transaction_that_is_cancelled_anywhere_blocks_nobody(db: Database) -> None:
    """Also while it begins or commits, which happens in a thread that cannot be cancelled."""

    async def work() -> None:
        while True:
            async with db.transaction() as unit:
                await unit.journal.note("ann", "team.create", "payments")

    rng = random.Random(7)
    for _ in range(30):
        task = asyncio.create_task(work())
        await asyncio.sleep(rng.uniform(0, 0.01))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with db.transaction() as unit:
            await unit.journal.note("ann", "team.create", "orders")

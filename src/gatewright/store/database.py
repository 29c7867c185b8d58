"""The database: opened, migrated, and used in transactions that give a ``Unit`` of repositories.

SQLite (embedded) and PostgreSQL (many workers) behave alike: a write transaction sees what was committed when it took
its lock, commits as a whole or not at all, and every driver error becomes one of ours. SQLite runs in WAL mode, so
readers and the one writer do not wait for each other, and with ``synchronous=FULL``: what the rollout recorded as done
must survive a power cut, or a step's effect would be repeated or forgotten. Writers take their lock
when they begin (``BEGIN IMMEDIATE``): a lock that is upgraded in the middle cannot be waited for.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from gatewright.store.bell import Bell
from gatewright.store.clock import Clock, stamp, system_clock
from gatewright.store.errors import DatabaseNewerError, DatabaseUrlError
from gatewright.store.failures import ours
from gatewright.store.migrations import HEAD, REVISIONS
from gatewright.store.unit import Unit

BUSY_SECONDS: Final = 15.0
_WRITE: Final = "gatewright_write"
_MIGRATION_LOCK: Final = 0x6777_0001
_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


class Database:
    """One open database. Use ``Database.open``; close it with ``await db.close()`` or as an async context manager."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self.address = engine.url.render_as_string(hide_password=True)
        self._clock = clock
        self._engine = engine
        self._writers = engine.execution_options(**{_WRITE: True})
        self._sqlite = engine.dialect.name == "sqlite"
        # Within one process SQLite's writers queue here, in order and without polling the file.
        self._queue = asyncio.Lock()
        self.bell = Bell()
        self.commits = 0
        """Write transactions of this object that were committed: while it stays, nothing was changed here."""

    @property
    def embedded(self) -> bool:
        """Whether the database is a file of this machine: then no worker of another machine shares it."""
        return self._sqlite

    def __repr__(self) -> str:
        return f"Database({self.address!r})"

    @classmethod
    def open(cls, url: str, *, clock: Clock = system_clock, busy_seconds: float = BUSY_SECONDS) -> Database:
        """Opens ``sqlite:///PATH`` or ``postgresql://...`` lazily: the first transaction connects.

        Creates the folder of an SQLite file (0700). Raises ``DatabaseUrlError``, ``DatabaseUnreachableError``.
        """
        address = _parse(url)
        if address.get_backend_name() == "sqlite":
            return cls(_sqlite_engine(address, busy_seconds), clock)
        return cls(_postgresql_engine(address, busy_seconds), clock)

    async def close(self) -> None:
        await self._engine.dispose()

    async def __aenter__(self) -> Database:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Unit]:
        """A write transaction: committed when the block ends, rolled back when it raises.

        Raises the ``store.database-*`` errors, ``DiskFullError`` and ``ConcurrentChangeError``.
        """
        if not self._sqlite:
            async with self._unit(self._writers) as unit:
                yield unit
            return
        async with self._queue, self._unit(self._writers) as unit:
            yield unit

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Unit]:
        """A transaction that only reads. On SQLite it sees one moment and never waits for writers."""
        async with self._unit(self._engine) as unit:
            yield unit

    @asynccontextmanager
    async def _unit(self, engine: AsyncEngine) -> AsyncGenerator[Unit]:
        with ours(self.address):
            session = AsyncSession(engine, expire_on_commit=False)
            try:
                await _undisturbed(session.connection())
                unit = Unit(session, self._clock)
                yield unit
                noted = await unit.journal.flush()
                await _undisturbed(session.commit())
                unit.journal.committed()
                if engine is self._writers:
                    self.commits += 1
                if noted:
                    self.bell.ring()
            except BaseException:
                await _undisturbed(session.rollback())
                raise
            finally:
                await _undisturbed(session.close())

    async def migrate(self) -> None:
        """Brings the tables to this version. At once where they are; safe when several processes do it together.

        Raises ``DatabaseNewerError`` when a newer Gatewright migrated the database, and the ``store.database-*``
        errors.
        """
        with ours(self.address):
            async with self._engine.connect() as connection:
                current = await _revision(connection)
            self._require_known(current)
            if current == HEAD:
                return
            async with self._queue, self._writers.begin() as connection:
                if not self._sqlite:
                    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                self._require_known(await _revision(connection))
                # Alembic takes a third of a second to import, which a command on a current database need not pay.
                from gatewright.store.migrations.upgrade import upgrade

                await connection.run_sync(upgrade, stamp(self._clock()))

    def _require_known(self, revision: str | None) -> None:
        if revision is not None and revision not in REVISIONS:
            raise DatabaseNewerError(database=self.address, revision=revision, head=HEAD)


async def _undisturbed(work: Awaitable[object]) -> None:
    """Lets the beginning or end of a transaction finish when its task is cancelled there: cut off in the middle, the
    driver's thread would begin a transaction that nobody ends, and the file stay locked."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise


async def _revision(connection: AsyncConnection) -> str | None:
    if not await connection.run_sync(_has_version_table):
        return None
    return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()


def _has_version_table(connection: Connection) -> bool:
    return connection.dialect.has_table(connection, "alembic_version")


def _parse(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise DatabaseUrlError(url=url.partition("://")[0][:40]) from error
    driver = _DRIVERS.get(address.drivername)
    if driver is None:
        raise DatabaseUrlError(url=address.drivername[:40])
    return address.set(drivername=driver)


def _sqlite_engine(address: URL, busy_seconds: float) -> AsyncEngine:
    path = address.database
    if not path or path == ":memory:":
        raise DatabaseUrlError(url="sqlite")
    with ours(address.render_as_string()):
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Created before SQLite does, so that at no moment others of this machine may read it.
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
        _use_wal(path, busy_seconds)
    engine = create_async_engine(address, connect_args={"timeout": busy_seconds, "isolation_level": None})

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _: object) -> None:  # pyright: ignore[reportUnusedFunction]
        cursor = connection.cursor()
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        immediate = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _use_wal(path: str, busy_seconds: float) -> None:
    """Makes the file a WAL database for good; nothing where it is one.

    Two connections that switch at once each hold a lock that the other needs, and SQLite's own waiting would last until
    both give up. So each attempt fails at once, lets go, and tries again.
    """
    with open(path, "rb") as file:
        if file.read(20)[18:] == b"\x02\x02":  # the file format's versions: https://www.sqlite.org/fileformat.html
            return
    deadline = time.monotonic() + busy_seconds
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline:
                    raise
                time.sleep(0.005 + 0.02 * random.random())
    finally:
        connection.close()


def _postgresql_engine(address: URL, busy_seconds: float) -> AsyncEngine:
    options = f"-c lock_timeout={int(busy_seconds * 1000)}"
    return create_async_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": 10, "options": options})

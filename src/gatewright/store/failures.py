"""Turns what a database driver raises into our errors, so that nobody above the store knows a driver."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import exc

from gatewright.model.errors import GatewrightError
from gatewright.store.errors import (
    ConcurrentChangeError,
    DatabaseBusyError,
    DatabaseCrowdedError,
    DatabaseDamagedError,
    DatabaseNotMigratedError,
    DatabaseUnreachableError,
    DiskFullError,
)

# Names of SQLite result codes (https://www.sqlite.org/rescode.html) by prefix; the first that fits decides.
_SQLITE: Final[tuple[tuple[str, type[GatewrightError]], ...]] = (
    ("SQLITE_BUSY", DatabaseBusyError),
    ("SQLITE_LOCKED", DatabaseBusyError),
    ("SQLITE_FULL", DiskFullError),
    ("SQLITE_IOERR_WRITE", DiskFullError),
    ("SQLITE_IOERR_FSYNC", DiskFullError),
    ("SQLITE_IOERR_SHMSIZE", DiskFullError),
    ("SQLITE_CORRUPT", DatabaseDamagedError),
    ("SQLITE_NOTADB", DatabaseDamagedError),
    ("SQLITE_CONSTRAINT", ConcurrentChangeError),
)
# PostgreSQL's SQLSTATE by prefix (manual, appendix A).
_POSTGRESQL: Final[tuple[tuple[str, type[GatewrightError]], ...]] = (
    ("23", ConcurrentChangeError),
    ("40", DatabaseBusyError),
    ("53100", DiskFullError),
    ("55P03", DatabaseBusyError),
    ("42P01", DatabaseNotMigratedError),
    ("42703", DatabaseNotMigratedError),
    ("XX001", DatabaseDamagedError),
    ("XX002", DatabaseDamagedError),
)


@contextmanager
def ours(database: str) -> Generator[None]:
    """Raises our error in place of the driver's. ``database`` is its address without the password."""
    try:
        yield
    except exc.DBAPIError as error:
        raise translate(error.orig or error, database) from error
    except sqlite3.Error as error:
        raise translate(error, database) from error
    except exc.TimeoutError as error:
        raise DatabaseCrowdedError(database=database) from error
    except OSError as error:
        raise DatabaseUnreachableError(database=database, detail=_one_line(error)) from error


def translate(error: BaseException, database: str) -> GatewrightError:
    """Our error for a driver's; what is not known is ``DatabaseUnreachableError`` with the driver's words."""
    kind = _kind(error)
    if kind is DatabaseUnreachableError:
        return DatabaseUnreachableError(database=database, detail=_one_line(error))
    return kind(database=database)


def _kind(error: BaseException) -> type[GatewrightError]:
    sqlite = getattr(error, "sqlite_errorname", None)
    if isinstance(sqlite, str):
        if sqlite == "SQLITE_ERROR" and "no such " in str(error):
            return DatabaseNotMigratedError
        return _first(_SQLITE, sqlite)
    state = getattr(error, "sqlstate", None)
    return _first(_POSTGRESQL, state) if isinstance(state, str) else DatabaseUnreachableError


def _first(table: tuple[tuple[str, type[GatewrightError]], ...], code: str) -> type[GatewrightError]:
    return next((kind for prefix, kind in table if code.startswith(prefix)), DatabaseUnreachableError)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

"""The few statements that SQLite and PostgreSQL spell differently, and values as JSON texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, TypeAlias, TypeVar, cast

import msgspec
from sqlalchemy import ColumnElement, CursorResult, Executable, Select, case, false, inspect, text, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from gatewright.model.tenure import Tenures
from gatewright.store.tables import Base

T = TypeVar("T")
Teams: TypeAlias = "str | frozenset[str]"
"""A team, or several together."""
Whose: TypeAlias = "Teams | Tenures"
"""Whose history: all of it under these names, or only what is of the teams that have them now."""
Column: TypeAlias = "ColumnElement[Any] | InstrumentedAttribute[Any]"
_DESIRED_LOCK: Final = 0x6777_0002
_EVENTS_LOCK: Final = 0x6777_0003


async def affected(session: AsyncSession, statement: Executable) -> int:
    """Executes a statement and gives the number of rows that it touched (of an INSERT not reliably)."""
    result = cast(CursorResult[Any], await session.execute(statement, execution_options=_PLAIN))
    return result.rowcount


# The repositories change rows by statement and read them anew; nothing has to be kept in step in memory.
_PLAIN: Final = {"synchronize_session": False}


async def insert_new(session: AsyncSession, table: type[Base], **values: object) -> bool:
    """Inserts and tells whether it did: False where a row with an equal key is there already, which stays as it is."""
    insert = _insert(session, table).values(**values).on_conflict_do_nothing()
    # The row count of an INSERT is not told by every driver; a returned key is.
    result = await session.execute(insert.returning(*inspect(table).primary_key))
    return result.first() is not None


async def upsert(
    session: AsyncSession, table: type[Base], key: Sequence[str], values: Mapping[str, object], keep: Sequence[str] = ()
) -> None:
    """Inserts, or replaces the other columns of the row that has the same ``key`` (its primary key's columns).

    A row that is there keeps what it has in the columns of ``keep``.
    """
    insert = _insert(session, table).values(**values)
    changes = {name: insert.excluded[name] for name in values if name not in (*key, *keep)}
    await affected(session, insert.on_conflict_do_update(index_elements=key, set_=changes))


async def rows(session: AsyncSession, query: Select[T]) -> list[T]:
    """What a query of one entity or column finds, detached: plain values that no later statement changes under us."""
    found = list(await session.scalars(query))
    session.expunge_all()
    return found


async def row(session: AsyncSession, query: Select[T]) -> T | None:
    """The first row of a query, detached, or None."""
    found = await rows(session, query.limit(1))
    return found[0] if found else None


def _insert(session: AsyncSession, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


async def serialize_desired(session: AsyncSession) -> None:
    """Lets one change of desired state follow another, so that a conflict can be explained instead of only detected.

    SQLite's write transaction already excludes the others; PostgreSQL takes an advisory lock until the transaction
    ends.
    """
    await _one_after_another(session, _DESIRED_LOCK)


async def serialize_events(session: AsyncSession) -> None:
    """Lets one transaction's events follow another's, so that the order of their ids is that of their commits."""
    await _one_after_another(session, _EVENTS_LOCK)


async def _one_after_another(session: AsyncSession, key: int) -> None:
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def pack(value: object) -> str:
    """The JSON text of a value of the model."""
    return msgspec.json.encode(value).decode()


def pack_maybe(value: object | None) -> str | None:
    return None if value is None else pack(value)


def unpack(body: str, kind: type[T]) -> T:
    """The value of a JSON text that ``pack`` made."""
    return msgspec.json.decode(body, type=kind)


def unpack_maybe(body: str | None, kind: type[T]) -> T | None:
    return None if body is None else unpack(body, kind)


def among(column: Column, teams: Teams) -> ColumnElement[bool]:
    """Whether a column names this team, or one of these."""
    names = [teams] if isinstance(teams, str) else sorted(teams)
    return column == names[0] if len(names) == 1 else column.in_(names)


def named(whose: Whose) -> Teams:
    """The names."""
    return frozenset(whose.since) if isinstance(whose, Tenures) else whose


def lasting(team: Column, at: Column, whose: Whose) -> ColumnElement[bool]:
    """Whether a row that has a team's name and a moment in these columns is theirs: the one place that says so."""
    return among(team, named(whose)) & since(team, at, whose)


def since(team: Column, at: Column, whose: Whose) -> ColumnElement[bool]:
    """Whether the moment is within the tenure of the team, which is one of these."""
    match whose:
        case Tenures(since=began) if not began:
            return false()
        case Tenures(since=began) if len(began) == 1:
            return at >= min(began.values())
        case Tenures(since=began):
            return at >= case(dict(sorted(began.items())), value=team)
        case _:
            return true()


def nearest(name: str, known: Iterable[str]) -> str:
    """The known names most like ``name`` (any three where none is), or ``-``: a parameter of every error about an
    unknown name."""
    names = sorted(known)
    return ", ".join(get_close_matches(name, names, n=3, cutoff=0.5) or names[:3]) or "-"

"""A PostgreSQL database that is as new for every test: copying one from a template takes longer than most tests.

The connections that the test before has left are ended, then every row is as in the template. Where a test has changed
more than rows (a table, a trigger, a function), the database is copied again.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from postgresql_server import execute, url

_SECONDS = 30.0
_END_OTHERS = b"""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
_TABLES = b"""
    SELECT quote_ident(relname) FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY oid"""
_RESTART = b"""
    SELECT setval(seqrelid, seqstart, false) FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid
    WHERE relnamespace = 'public'::regnamespace"""
_CATALOGUES = ("namespace", "class", "attribute", "attrdef", "constraint", "index", "trigger", "proc", "type")
_CATALOGUES += ("sequence", "policy", "rewrite", "extension", "event_trigger", "db_role_setting")
# Whatever is changed in a catalogue is a new row of it, which bears the number of the transaction that wrote it.
_SHAPE = " UNION ALL ".join(
    f"SELECT '{name}', count(*), max(xmin::text::int8), sum(xmin::text::int8) FROM pg_{name}" for name in _CATALOGUES
).encode()


class RenewedDatabase:
    """Database ``name`` of the server whose socket is in ``folder``, made from the database ``template``."""

    def __init__(self, folder: str, template: str, name: str) -> None:
        self._folder, self._template, self._name = folder, template, name
        self._connection: psycopg.Connection[Any] | None = None
        self._shape: list[Any] = []
        self._filled: set[str] = set()

    def renew(self) -> str:
        """The address of the database, in which nothing is but what the template holds."""
        if self._connection is None or not self._cleaned(self._connection):
            self.drop()
            self._connection = self._made()
        return url(self._folder, self._name)

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            execute(self._folder, f"DROP DATABASE {self._name} WITH (FORCE)")

    def _made(self) -> psycopg.Connection[Any]:
        execute(self._folder, f"CREATE DATABASE {self._name} TEMPLATE {self._template}")
        made = psycopg.connect(host=self._folder, user="gw", dbname=self._name, autocommit=True)
        # Some tables let nobody take rows away: that is a trigger, which this role does not set off.
        made.execute("SET session_replication_role = replica")
        made.execute("CREATE SCHEMA template")
        self._filled = set(_filled(made))
        for table in self._filled:
            made.execute(f"CREATE TABLE template.{table} AS TABLE public.{table}".encode())
        self._shape = made.execute(_SHAPE).fetchall()
        return made

    def _cleaned(self, connection: psycopg.Connection[Any]) -> bool:
        _end_others(connection)
        if connection.execute(_SHAPE).fetchall() != self._shape:
            return False
        with connection.transaction():
            for table in {*self._filled, *_filled(connection)}:
                connection.execute(f"DELETE FROM public.{table}".encode())
            for table in self._filled:
                connection.execute(f"INSERT INTO public.{table} TABLE template.{table}".encode())
            connection.execute(_RESTART)
        return True


def _filled(connection: psycopg.Connection[Any]) -> list[str]:
    """The tables that have rows."""
    tables = [name for (name,) in connection.execute(_TABLES)]
    found = connection.execute(f"SELECT {', '.join(f'EXISTS (TABLE public.{t})' for t in tables)}".encode()).fetchone()
    return [table for table, filled in zip(tables, found or (), strict=True) if filled]


def _end_others(connection: psycopg.Connection[Any]) -> None:
    """Waits until they are gone: what one of them still commits would be in the next test."""
    deadline = time.monotonic() + _SECONDS
    while connection.execute(_END_OTHERS).fetchall():
        assert time.monotonic() < deadline, "a connection to the database does not end"
        time.sleep(0.002)

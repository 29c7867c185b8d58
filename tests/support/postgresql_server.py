"""A real PostgreSQL server for tests: a throw-away one on a Unix socket, as ``postgres`` or ``nobody`` under root."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg


def binaries() -> Path | None:
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((p for p in places if (p / "initdb").exists() and (p / "postgres").exists()), None)


def _demoted() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: the user it runs as, for ``subprocess``."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def server(found: Path) -> Iterator[Path]:
    """A running server; gives the folder of its socket. ``found``: where its binaries are."""
    folder = Path(tempfile.mkdtemp(prefix="gw-pg-", dir="/tmp"))
    demoted = _demoted()
    if demoted:
        os.chown(folder, demoted["user"], demoted["group"])
    data = str(folder / "data")
    make = [str(found / "initdb"), "-D", data, "-U", "gw", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run(make, check=True, capture_output=True, cwd=folder, **demoted)
    run = [str(found / "postgres"), "-D", data, "-k", str(folder), "-F", "-c", "listen_addresses="]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(run, stdout=log, stderr=log, cwd=folder, **demoted)
    try:
        _await_server(folder, process)
        yield folder
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        shutil.rmtree(folder)


def _await_server(folder: Path, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            return execute(folder, "SELECT 1")
        except psycopg.OperationalError:
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
    raise AssertionError((folder / "log").read_text())


def execute(folder: Path | str, statement: str) -> None:
    with psycopg.connect(host=str(folder), user="gw", dbname="postgres", autocommit=True) as connection:
        connection.execute(statement.encode())


def url(folder: Path | str, name: str) -> str:
    return f"postgresql://gw@/{name}?host={folder}"

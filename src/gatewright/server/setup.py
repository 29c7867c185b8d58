"""Setting up: the first administrator is made with a code that lies in a file only the operator can read.

There is no default password. Every server of an installation keeps a code of its own in its folder and its hash in the
database, so that it does not matter which of them is asked; with the first administrator all of them are void.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from gatewright.model.people import ADMINISTRATOR, INSTALLATION
from gatewright.server.errors import FolderError, SetUpCodeError, SetUpDoneError, TooManyAttemptsError
from gatewright.server.passwords import Passwords, require_good
from gatewright.server.people import told
from gatewright.server.sessions import FAILURES_PER_ADDRESS, Entered, Origin, SignIns, digest
from gatewright.store.database import Database
from gatewright.store.sql import serialize_desired

_SHORTEST: Final = 20


class SetUp:
    """The code of this server, and what it is good for. ``file`` need not be there."""

    def __init__(self, database: Database, passwords: Passwords, sign_ins: SignIns, file: Path) -> None:
        self._database = database
        self._passwords = passwords
        self._sign_ins = sign_ins
        self._file = file

    async def code(self) -> str | None:
        """The code with which the first administrator may be made; None, and no file, once there is one.

        Raises ``FolderError``.
        """
        async with self._database.transaction() as unit:
            if await unit.people.administrators():
                await unit.setup_codes.forget()
                self._forget()
                return None
            code = self._read() or self._write()
            await unit.setup_codes.keep(digest(code))
            return code

    async def first(self, code: str, name: str, display_name: str, password: str, origin: Origin) -> Entered:
        """Makes the first administrator and signs them in. Of several at once, one does.

        Raises ``SetUpDoneError``, ``SetUpCodeError``, ``TooManyAttemptsError``, ``PasswordError``,
        ``PersonNameError``, ``PersonExistsError``.
        """
        await self._require_code(code, origin)
        hashed = await self._passwords.hash(require_good(password, name))
        async with self._database.transaction() as unit:
            await serialize_desired(unit.session)
            if await unit.people.administrators():
                raise SetUpDoneError()
            if not await unit.setup_codes.known(digest(code)):
                raise SetUpCodeError()
            person = await unit.people.create(name, display_name, password_hash=hashed)
            await unit.people.grant(person, INSTALLATION, ADMINISTRATOR, name)
            await unit.setup_codes.forget()
            person = await unit.people.get(name)
            await unit.journal.note(name, "user.create", name, after=told(person))
            entered = await self._sign_ins.open(unit, person, "setup", origin)
        self._forget()
        return entered

    async def _require_code(self, code: str, origin: Origin) -> None:
        """Before anything that costs; wrong codes are counted like wrong passwords."""
        subject = f"address/{origin.network}"
        async with self._database.transaction() as unit:
            if await unit.people.administrators():
                raise SetUpDoneError()
            if seconds := await unit.attempts.take(subject, FAILURES_PER_ADDRESS):
                raise TooManyAttemptsError(seconds=seconds, minutes=-(-seconds // 60))
            known = await unit.setup_codes.known(digest(code))
            if known:
                await unit.attempts.give_back(subject)
        if not known:
            raise SetUpCodeError()

    def _read(self) -> str:
        """The code in the file, empty where there is none, or others of the machine may have read it."""
        try:
            if stat.S_IMODE(self._file.stat().st_mode) & 0o077:
                return ""
            code = self._file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""
        return code if len(code) >= _SHORTEST else ""

    def _write(self) -> str:
        code = secrets.token_urlsafe(24)
        try:
            self._file.unlink(missing_ok=True)
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as opened:
                opened.write(code + "\n")
        except OSError as error:
            raise FolderError(path=str(self._file), reason=error.strerror or str(error)) from error
        return code

    def _forget(self) -> None:
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)

"""The audit of requests: what each person changed is written by the journal; what they were refused, and what changed
nothing that the journal knows, is written here, before the answer begins. So nothing is missing, and nothing is twice.

An entry that cannot be written does not undo what was done: it goes to the log of the process.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

import structlog
from fastapi import Request
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gatewright.model.audit import Entry, Wanted
from gatewright.model.errors import GatewrightError
from gatewright.server.auth import Authenticate
from gatewright.server.errors import InternalError
from gatewright.server.permissions import permission_of
from gatewright.server.principal import SCOPE_KEY, Principal
from gatewright.server.problems import CODE_KEY
from gatewright.store.database import Database
from gatewright.store.origin import Act, Origin, acting, recognised

REQUEST_ID: Final = b"x-request-id"
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ONLY_READING: Final = frozenset({"manifest.diff"})
"""Permissions of what is sent and still only read."""
_TOLD_READING: Final = frozenset({"audit.export"})
"""Permissions of what is read and still worth an entry: who took the audit away."""
_BATCH: Final = 500
_LONGEST: Final = 200


class AuditTrail:
    """The audit of one installation, read and added to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, wanted: Wanted, *, before: str | None, limit: int) -> list[Entry]:
        """Newest first; ``before``: only those with a smaller id."""
        async with self._database.reading() as unit:
            return await unit.audit.entries(wanted, before=before, limit=limit)

    async def all(self, wanted: Wanted) -> AsyncGenerator[Entry]:
        """Every entry, newest first, some hundreds in memory at a time."""
        before: str | None = None
        while found := await self.page(wanted, before=before, limit=_BATCH):
            for entry in found:
                yield entry
            before = found[-1].id

    async def answered(self, act: Act, code: str) -> None:
        """Adds a request itself; ``code``: of the error that it was refused with, empty where it was not."""
        try:
            async with self._database.transaction() as unit:
                await unit.audit.answered(act, "refused" if code else "done", code)
        except GatewrightError as error:
            structlog.get_logger("gatewright.audit").error(
                "not written", request=act.origin.request, what=act.what, who=act.origin.who, code=error.report.code
            )


class Strangers:
    """How many entries a minute somebody gets whom nobody recognised: what anyone can cause must not fill the disk.
    The next entry tells how many were left out."""

    def __init__(self, *, each: int = 20, together: int = 200, now: Callable[[], float] = time.monotonic) -> None:
        self._each, self._together, self._now = each, together, now
        self._began = now()
        self._seen: Counter[str] = Counter()
        self._left_out = 0

    def admit(self, address: str) -> int | None:
        """None: leave it out. Else how many were left out since the last one that was not."""
        if self._now() - self._began >= 60:
            self._began = self._now()
            self._seen.clear()
        if self._seen[address] >= self._each or self._seen.total() >= self._together:
            self._left_out += 1
            return None
        self._seen[address] += 1
        left_out, self._left_out = self._left_out, 0
        return left_out


class Auditing:
    """ASGI middleware around the application: gives each request its act and its id."""

    def __init__(self, app: ASGIApp, trail: AuditTrail) -> None:
        self._app = app
        self._trail = trail
        self._strangers = Strangers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        began = False
        with acting(Act(_origin(scope))) as act:

            async def told(message: Message) -> None:
                nonlocal began
                if message["type"] == "http.response.start":
                    began = True
                    await self._tell(scope, act, message["status"], state.get(CODE_KEY, ""))
                    message["headers"] = [*message.get("headers", ()), (REQUEST_ID, act.origin.request.encode())]
                await send(message)

            try:
                await self._app(scope, receive, told)
            except Exception:
                # the answer to a fault is made outside of this
                if not began:
                    await self._tell(scope, act, 500, InternalError.code)
                raise

    async def _tell(self, scope: Scope, act: Act, status: int, code: str) -> None:
        code = code or act.code
        refused = status >= 400 or bool(code)
        if not (act.tell or _worth_telling(scope)) or ((act.committed or act.quiet) and not refused):
            return
        if not act.origin.via:
            left_out = self._strangers.admit(act.origin.address)
            if left_out is None:
                return
            act.after = {"not recorded before": left_out} if left_out else act.after
        _complete(act, scope)
        await self._trail.answered(act, (code or f"http.{status}") if refused else "")


def telling(authenticate: Authenticate) -> Authenticate:
    """``authenticate``, and the act of the request is told who it is."""

    async def authenticated(request: Request) -> Principal:
        who = await authenticate(request)
        recognised(who.name, person=who.id, via=who.via)
        return who

    return authenticated


def _origin(scope: Scope) -> Origin:
    client: tuple[str, int] | None = scope.get("client")
    address = "" if client is None or SCOPE_KEY in scope else client[0][:_LONGEST]
    agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
    return Origin(
        address=address,
        agent=agent.decode("latin-1")[:_LONGEST] if address else "",
        request=secrets.token_hex(8),
        route=f"{scope['method'][:20]} {scope['path']}",
    )


def _worth_telling(scope: Scope) -> bool:
    permission = _permission(scope)
    if scope["method"] in _READING:
        return permission in _TOLD_READING
    return permission not in _ONLY_READING


def _permission(scope: Scope) -> str:
    route = scope.get("route")
    return (permission_of(route) or "") if isinstance(route, APIRoute) else ""


def _complete(act: Act, scope: Scope) -> None:
    """What the path tells of the request, where nothing else did."""
    found: dict[str, str] = {key: str(value) for key, value in scope.get("path_params", {}).items()}
    act.what = act.what or _permission(scope) or _named(scope)
    act.where = act.where or ".".join(found.values())
    act.team = act.team or found.get("team", "")
    act.cluster = act.cluster or found.get("cluster", "") or _cluster(scope, found)


def _named(scope: Scope) -> str:
    """What a route without a permission does, e.g. ``session.sign-in``."""
    route = scope.get("route")
    if not isinstance(route, APIRoute):
        return "request"
    return ".".join([*(str(tag) for tag in route.tags[:1]), route.name.replace("_", "-")])


def _cluster(scope: Scope, found: dict[str, str]) -> str:
    path = getattr(scope.get("route"), "path", "")
    return found.get("name", "") if "/clusters/{name}" in path else ""

"""On whose behalf this code runs: the request of a person, while it is being answered.

The server sets ``ACT`` for each request; the journal writes what the person of it notes into the audit, in the same
transaction (``store.journal``). Background work has no act. A task that a request starts inherits the request's act and
may outlive it: an act that is over writes nothing, and of what is noted only what its person noted belongs to it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from contextvars import ContextVar
from typing import Final

import msgspec

from gatewright.model.objects import JSON


class Origin(msgspec.Struct, frozen=True):
    """Who asks, from where. ``who``: the name under which the person notes events; ``request``: an id of the request,
    ``route``: its method and path."""

    who: str = ""
    person: str = ""
    via: str = ""
    address: str = ""
    agent: str = ""
    request: str = ""
    route: str = ""


class Act(msgspec.Struct):
    """One request. ``committed``: entries of it that are in the audit for good; the rest is what the entry says that
    is written where there is none (``about``). ``tell``: it has one although it looks like reading; ``quiet``:
    it has none although it looks like a change, unless it is refused; ``code``: it failed, although its answer is not
    that of an error."""

    origin: Origin
    committed: int = 0
    over: bool = False
    what: str = ""
    where: str = ""
    team: str = ""
    cluster: str = ""
    after: JSON = None
    tell: bool = False
    quiet: bool = False
    code: str = ""


ACT: Final[ContextVar[Act | None]] = ContextVar("gatewright.act", default=None)


def current() -> Act | None:
    """The request that is being answered, None in background work."""
    act = ACT.get()
    return None if act is None or act.over else act


@contextlib.contextmanager
def acting(act: Act) -> Generator[Act]:
    """While open, this code runs on behalf of ``act``."""
    token = ACT.set(act)
    try:
        yield act
    finally:
        act.over = True
        ACT.reset(token)


def recognised(who: str, *, person: str = "", via: str = "") -> None:
    """Says who asks, as soon as it is known. Nothing in background work."""
    act = current()
    if act is not None:
        act.origin = msgspec.structs.replace(act.origin, who=who, person=person, via=via)


def about(
    *,
    what: str | None = None,
    where: str | None = None,
    team: str | None = None,
    cluster: str | None = None,
    after: JSON = None,
    tell: bool = False,
    quiet: bool = False,
    code: str = "",
) -> None:
    """Says what the request is about, where its path does not tell. Nothing in background work."""
    act = current()
    if act is None:
        return
    act.what = act.what if what is None else what
    act.where = act.where if where is None else where
    act.team = act.team if team is None else team
    act.cluster = act.cluster if cluster is None else cluster
    act.after = act.after if after is None else after
    act.tell = act.tell or tell
    act.quiet = act.quiet or quiet
    act.code = act.code or code

"""An entry of the audit: what a person did, or tried to do and was refused."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

import msgspec

from gatewright.model.objects import JSON
from gatewright.model.tenure import Tenures
from gatewright.text import Message

Outcome: TypeAlias = Literal["done", "refused"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Literal["done", "refused"])


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """``who`` and ``person``: name and id, empty for nobody who was recognised; ``via``: ``session``, ``token``,
    ``operator``, ``local`` or empty; ``address`` and ``agent``: from where, empty for the command line of the server's
    own machine; ``request``: the id that the answer carried; ``route``: method and path.

    ``what``: the kind of the event (``model.events``) that the act became, else the permission that the route names;
    ``where``: the object's name. ``before`` and ``after``: a manifest's spec or a state, without secrets
    (``model.redaction``). ``code``: of the error with which it was refused.
    """

    id: str
    at: str
    who: str
    what: str
    where: str
    outcome: Outcome
    person: str = ""
    via: str = ""
    address: str = ""
    agent: str = ""
    request: str = ""
    route: str = ""
    team: str = ""
    cluster: str = ""
    before: JSON = None
    after: JSON = None
    code: str = ""


class ToldEntry(Entry, frozen=True, omit_defaults=True):
    """An entry for people: ``message`` says what was done, where there is a sentence for it (``model.sentences``)."""

    message: Message | None = None


class Wanted(msgspec.Struct, frozen=True):
    """Which entries. ``what``: the beginning of it; ``since`` and ``until``: moments as the store writes them, the
    first included; ``text``: somewhere in who, what, the object, its team or cluster, the address, the route or the
    code. ``teams``: only entries about one of these teams, since it is that team; None: every entry."""

    who: str | None = None
    what: str = ""
    team: str | None = None
    cluster: str | None = None
    outcome: Outcome | None = None
    since: str = ""
    until: str = ""
    text: str = ""
    request: str = ""
    teams: Tenures | None = None

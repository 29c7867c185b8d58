"""What an event of people says in words: who did what, to whom.

Events of the fleet bring a sentence of their own, for only whoever noticed knows the cause. What people do is told by
its kind, by names, and by what was before and after, so the sentence is made here, for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, cast

import msgspec

from gatewright.text import Message, Param, message

_MADE: Final = ("create", "update", "delete")
KINDS: Final = frozenset(
    {f"{noun}.{verb}" for noun in ("cluster", "team", "stack", "binding", "notification") for verb in _MADE}
    | {f"{noun}.{verb}" for noun in ("user", "role", "member") for verb in _MADE}
    | {"user.password", "token.create", "token.delete", "session.create", "session.delete", "session.refused"}
)
"""The kinds of events that people cause and that bring no sentence of their own."""
NOBODY: Final = "-"
"""Stands for a name that nobody has, and that is not kept."""
_ONE: Final[Mapping[tuple[str, object], str]] = {("disabled", True): "disable", ("disabled", False): "enable"}


class Deed(msgspec.Struct, frozen=True):
    """What is known of an event (``model.events.Event``)."""

    who: str
    what: str
    where: str
    before: object = None
    after: object = None
    cluster: str = ""
    team: str = ""

    @property
    def in_team(self) -> str:
        """The name of the object without its team's."""
        return self.where.removeprefix(f"{self.team}.")

    def told(self, key: str) -> str:
        """What is said of the object after, or else before."""
        return next((str(state[key]) for state in (_fields(self.after), _fields(self.before)) if key in state), "")


def sentence(deed: Deed) -> Message | None:
    """The sentence, None for a kind that is not one of ``KINDS``."""
    if deed.what not in KINDS:
        return None
    return _OF.get(deed.what.partition(".")[0], _named)(deed)


def by_groups(user: str, team: str, role: str) -> Message:
    """The provider's groups of somebody gave them a role, or (empty ``role``) took it. ``team``: empty for the
    installation."""
    key = f"event.groups.{'given' if role else 'taken'}{'-team' if team else ''}"
    named = {"team": team} if team else {}
    return message(key, user=user, **named, **({"role": role} if role else {}))


def _said(deed: Deed, variant: str = "", **params: Param) -> Message:
    return message(f"event.{deed.what}{variant}", **params)


def _named(deed: Deed) -> Message:
    return _said(deed, who=deed.who, name=deed.where)


def _stack(deed: Deed) -> Message:
    return _said(deed, who=deed.who, team=deed.team, stack=deed.in_team)


def _binding(deed: Deed) -> Message:
    return _said(deed, who=deed.who, team=deed.team, cluster=deed.cluster)


def _member(deed: Deed) -> Message:
    role = deed.before if deed.after is None else deed.after
    return _said(deed, who=deed.who, user=deed.in_team, team=deed.team, role=str(role))


def _token(deed: Deed) -> Message:
    name = deed.told("name")
    return _said(deed, who=deed.who, user=deed.where.removesuffix(f".{name}"), token=name)


def _session(deed: Deed) -> Message:
    if deed.what != "session.refused":
        return _said(deed, "-others" if "sessions" in _fields(deed.before) else "", who=deed.who)
    address = deed.told("address") or NOBODY
    if deed.where == NOBODY:
        return _said(deed, "-unknown", address=address)
    return _said(deed, user=deed.where, address=address)


def _user(deed: Deed) -> Message:
    """Whoever is noted under their own name made themselves: with the set-up code, or at their first sign-in."""
    user = deed.where
    if deed.what == "user.create" and deed.who == user:
        return _said(deed, "-self", user=user)
    changed = _changed(deed) if deed.what == "user.update" else {}
    if len(changed) == 1:
        ((field, value),) = changed.items()
        if field == "role":
            params = {"role": str(value)} if value else {}
            return _said(deed, "-role" if value else "-no-role", who=deed.who, user=user, **params)
        if (variant := _ONE.get((field, value))) is not None:
            return _said(deed, f"-{variant}", who=deed.who, user=user)
    return _said(deed, who=deed.who, user=user)


def _changed(deed: Deed) -> dict[str, object]:
    """What is another one than before, by field."""
    before = _fields(deed.before)
    return {key: value for key, value in _fields(deed.after).items() if key in before and before[key] != value}


def _fields(state: object) -> Mapping[str, object]:
    return cast(Mapping[str, object], state) if isinstance(state, Mapping) else {}


_OF: Final[Mapping[str, Callable[[Deed], Message]]] = {
    "stack": _stack,
    "binding": _binding,
    "member": _member,
    "token": _token,
    "session": _session,
    "user": _user,
}

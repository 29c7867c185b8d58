"""Notifications: which event is told to whom, and when telling it would say nothing new. Pure.

Events about the same thing (``subject``) that follow each other closely are one message about where it came to rest,
and what was told last is not told again. Whoever was told of a problem is told of its end, however mild that is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set
from typing import Final, Literal, TypeAlias

import msgspec

from gatewright.model.desired import Notification, NotificationType
from gatewright.model.events import OF_ALL, Event, Severity, at_least
from gatewright.model.objects import JSON
from gatewright.text import Language, Message

_STATES: Final = ("health.", "drift.", "rollout.", "versions.", "cluster.reachability")
DeliveryState: TypeAlias = Literal["pending", "sent", "skipped", "dead"]


class Delivery(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of one notification. ``skipped``: it would have said nothing new; ``dead``: given up, with ``error``.

    ``team`` has the notification; empty: the installation. ``id`` stays the same however often it is sent, so that a
    receiver can tell a repetition.
    """

    id: str
    notification: str
    event: int
    what: str
    where: str
    state: DeliveryState
    attempts: int
    created_at: str
    next_at: str
    cluster: str = ""
    error: Message | None = None
    team: str = ""


class NotificationStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """A notification and how it fares. ``signed``: whether it has a signing secret; never the secret or address."""

    name: str
    type: NotificationType
    events: tuple[str, ...]
    minimum: Severity
    language: Language
    created_at: str
    signed: bool
    pending: int
    dead: int
    team: str = ""


class Target(msgspec.Struct, frozen=True):
    """The credentials of a notification. Not in any answer or log: ``repr`` hides both."""

    url: str
    secret: str = ""

    def __repr__(self) -> str:
        return "Target()"


class Told(msgspec.Struct, frozen=True):
    """What was told last of a subject: the state's digest, and whether it was at or above the minimum severity."""

    digest: str
    alarm: bool


def concerns(notification: Notification, event: Event, clusters: Set[str]) -> bool:
    """Whether the event is of a kind and scope that the notification tells, whatever its severity. ``clusters``: those
    that the notification's team is bound to."""
    if not event.what.startswith(notification.events):
        return False
    if not notification.team or event.team == notification.team:
        return True
    return not event.team and event.cluster in clusters and event.what not in OF_ALL


def is_alarm(notification: Notification, event: Event) -> bool:
    return at_least(event.severity, notification.minimum)


def subject(event: Event) -> str:
    """What the event is about: kinds in ``_STATES`` with the same first word, of the same object in the same cluster,
    are states of one thing. Any other event stands for itself, and is told whatever was told before."""
    if event.what.startswith(_STATES):
        return _digest([event.what.partition(".")[0], event.cluster, event.where])
    return _digest([event.what, event.id])


def state(event: Event) -> str:
    """The state that the event tells of its subject, as a digest."""
    return _digest([event.what, event.severity, event.after])


def origin(event: Event) -> str:
    """The state before the event, comparable with ``rest``; empty where it does not say."""
    return "" if event.before is None else _digest(event.before)


def rest(event: Event) -> str:
    """The state after the event, comparable with ``origin``."""
    return "" if event.after is None else _digest(event.after)


def says_something(event_alarm: bool, digest: str, came_back: bool, told: Told | None) -> bool:
    """Whether a message is worth sending. ``came_back``: the subject is where it was before the first of the events
    that the message stands for."""
    if told is None:
        return event_alarm and not came_back
    return told.digest != digest and (event_alarm or told.alarm)


def _digest(value: JSON) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:32]

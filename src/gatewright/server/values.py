"""Answers of the API that are made for it; the others are values of the model, of observing and of the store."""

from __future__ import annotations

import msgspec

from gatewright.model.desired import Binding, Change, Stack, Team, Verb
from gatewright.model.events import Event, Severity
from gatewright.model.manifest import manifest_of
from gatewright.model.notifications import Delivery, DeliveryState
from gatewright.model.objects import JSON, Manifest
from gatewright.model.people import Scope
from gatewright.model.plan import Outcome, Plan
from gatewright.text import Message


class PlanAnswer(msgspec.Struct, frozen=True):
    """A plan with its address and what it comes to. ``created_at`` and ``requested_by``: when it was first made, and
    for whom; empty in the answer that makes it. ``summary``: one sentence."""

    hash: str
    outcome: Outcome
    plan: Plan
    created_at: str = ""
    requested_by: str = ""
    summary: Message | None = None


class ChangeView(msgspec.Struct, frozen=True):
    """What applying one manifest did or would do; ``before`` and ``after`` are manifests."""

    verb: Verb
    kind: str
    name: str
    after: Manifest
    before: Manifest | None = None


def change_view(change: Change) -> ChangeView:
    """The change as the API tells it."""
    before = None if change.before is None else manifest_of(change.before)
    return ChangeView(change.verb, change.kind, change.name, manifest_of(change.after), before)


class BundleRow(msgspec.Struct, frozen=True):
    """A release in the list. ``kubernetes``: the oldest minor on which it works."""

    version: str
    channel: str
    released: str
    kubernetes: str
    crds: int
    digest: str


class Pulled(msgspec.Struct, frozen=True):
    """What was fetched; ``crds`` were checked against the catalogue."""

    version: str
    channel: str
    crds: int
    digest: str


class EventView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event (``model.events.Event``) as the API tells it. ``id``: where a reader goes on after it; it tells
    nothing of order."""

    id: str
    at: str
    who: str
    what: str
    where: str
    before: JSON = None
    after: JSON = None
    cluster: str = ""
    team: str = ""
    severity: Severity = "info"
    message: Message | None = None


def event_view(event: Event, id: str) -> EventView:
    """The event under the identifier that it has outside."""
    return EventView(
        id,
        event.at,
        event.who,
        event.what,
        event.where,
        event.before,
        event.after,
        event.cluster,
        event.team,
        event.severity,
        event.message,
    )


class DeliveryView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message of a notification (``model.notifications.Delivery``); ``event``: the identifier of the event that it
    tells of."""

    id: str
    notification: str
    event: str
    what: str
    where: str
    state: DeliveryState
    attempts: int
    created_at: str
    next_at: str
    cluster: str = ""
    error: Message | None = None
    team: str = ""


def delivery_view(delivery: Delivery, event: str) -> DeliveryView:
    """The delivery with its event under the identifier that it has outside."""
    return DeliveryView(
        delivery.id,
        delivery.notification,
        event,
        delivery.what,
        delivery.where,
        delivery.state,
        delivery.attempts,
        delivery.created_at,
        delivery.next_at,
        delivery.cluster,
        delivery.error,
        delivery.team,
    )


class TeamView(msgspec.Struct, frozen=True):
    """A team with everything that is its own."""

    team: Team
    bindings: list[Binding]
    stacks: list[Stack]


class PersonView(msgspec.Struct, frozen=True):
    """A person. ``role``: in the installation, empty for none; ``teams``: the role by team."""

    name: str
    display_name: str
    role: str
    teams: dict[str, str]
    disabled: bool
    password: bool
    issuer: str
    created_at: str
    last_sign_in_at: str | None


class PermissionRow(msgspec.Struct, frozen=True):
    """A permission; ``scopes``: where a role may hold it."""

    name: str
    scopes: tuple[Scope, ...]

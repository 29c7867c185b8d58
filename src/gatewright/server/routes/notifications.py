"""Notifications: whom to tell of what, and what became of each message."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Path, Query

from gatewright.model.desired import TOLD_BY_DEFAULT, NotificationType
from gatewright.model.events import Severity
from gatewright.model.names import MAX_LABEL
from gatewright.model.notifications import Delivery, DeliveryState, NotificationStatus
from gatewright.model.specs import EVENT_PREFIX, require_events
from gatewright.server.notifications import Wish
from gatewright.server.operations import answers, answers_nothing, answers_pages, reads
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import LabelOrNone
from gatewright.server.permissions import allow, require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.values import ChangeView, DeliveryView, change_view, delivery_view
from gatewright.server.wire import Body
from gatewright.text import Language

router = APIRouter(tags=["notifications"])

_NAME: Final[dict[str, Any]] = {"pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "minLength": 1, "maxLength": MAX_LABEL}
_EVENT: Final[dict[str, Any]] = {"pattern": f"^{EVENT_PREFIX}$", "minLength": 1, "maxLength": MAX_LABEL}
_HOST: Final = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[1-9][0-9]{0,3})?"
_URL: Final[dict[str, Any]] = {"pattern": rf"^https?://{_HOST}(/[!-\"$-~]*)?$", "maxLength": 2048, "writeOnly": True}
_SECRET: Final[dict[str, Any]] = {"pattern": "^[!-~]*$", "maxLength": 2048, "writeOnly": True}
NotificationName = Annotated[str, Path(description="Name of a notification.", json_schema_extra=_NAME)]
DeliveryId = Annotated[str, Path(description="Id of a delivery.", json_schema_extra={"maxLength": 80})]
OfNotification = Annotated[str | None, Query(description="Only of this notification.", json_schema_extra=_NAME)]
OfState = Annotated[DeliveryState | None, Query(description="Only in this state.")]
EventPrefix = Annotated[str, msgspec.Meta(extra_json_schema=_EVENT)]


class NotificationBody(Body, frozen=True):
    """``url`` and ``secret`` are credentials: they are taken and never given. Left out, those that are there stay; an
    empty ``secret`` takes the signature away."""

    type: NotificationType
    team: LabelOrNone = ""
    events: Annotated[tuple[EventPrefix, ...], msgspec.Meta(extra_json_schema={"minItems": 1})] = TOLD_BY_DEFAULT
    minimum: Severity = "info"
    language: Language = "en"
    url: Annotated[str, msgspec.Meta(extra_json_schema=_URL)] | None = None
    secret: Annotated[str, msgspec.Meta(extra_json_schema=_SECRET)] | None = None


@router.get("/notifications")
@answers_pages(NotificationStatus)
async def index(
    given: Given, page: Paging, who: Principal = Depends(require("notification.read", anywhere=True))
) -> Page[NotificationStatus]:
    """Every notification (of the teams of whoever asks) and how it fares, by name; never an address."""
    found = await given.notifications.all(who.teams_with("notification.read"))
    return page.of(found, lambda status: (status.name,))


@router.get("/notifications/{name}")
@answers(NotificationStatus, refuses=(404,))
async def show(
    name: NotificationName, given: Given, who: Principal = Depends(require("notification.read", anywhere=True))
) -> NotificationStatus:
    """A notification and how it fares."""
    return await given.notifications.show(name, who.teams_with("notification.read"))


@router.put("/notifications/{name}")
@answers(ChangeView, refuses=(404, 409))
async def put(
    name: NotificationName,
    given: Given,
    who: Principal = Depends(require("notification.write", anywhere=True)),
    asked: NotificationBody = Depends(reads(NotificationBody)),
) -> ChangeView:
    """Makes or changes a notification. A new one needs ``url`` and tells of events from now on. One without a team
    tells of all teams, and takes the permission in the whole installation."""
    allow(who, "notification.write", asked.team or None)
    events = require_events(asked.events)
    wish = Wish(asked.type, asked.team, events, asked.minimum, asked.language, asked.url, asked.secret)
    return change_view(await given.notifications.put(name, wish, who.name, _for(who)))


@router.delete("/notifications/{name}")
@answers_nothing(refuses=(404,))
async def remove(
    name: NotificationName, given: Given, who: Principal = Depends(require("notification.write", anywhere=True))
) -> None:
    """Forgets a notification, its address and its deliveries."""
    await given.notifications.remove(name, who.name, _for(who))


@router.post("/notifications/{name}/test")
@answers_nothing(refuses=(404, 502))
async def try_out(
    name: NotificationName, given: Given, who: Principal = Depends(require("notification.test", anywhere=True))
) -> None:
    """Sends a message that says it is a test, at once; 502 with the reason where it does not arrive."""
    await given.notifications.test(name, who.teams_with("notification.test"))


@router.get("/deliveries")
@answers_pages(DeliveryView, refuses=(404,))
async def deliveries(
    given: Given,
    page: Paging,
    notification: OfNotification = None,
    state: OfState = None,
    who: Principal = Depends(require("notification.read", anywhere=True)),
) -> Page[DeliveryView]:
    """Messages, newest first. ``state=dead``: those that were given up, with the reason."""
    last = page.after_texts(2)
    found = await given.notifications.deliveries(
        notification,
        () if state is None else (state,),
        before=None if last is None else (last[0], last[1]),
        limit=page.limit + 1,
        teams=who.teams_with("notification.read"),
    )
    return page.cut([_told(given, one) for one in found], lambda delivery: (delivery.created_at, delivery.id))


@router.post("/deliveries/{id}/retry")
@answers(DeliveryView, refuses=(404, 409))
async def retry(
    id: DeliveryId, given: Given, who: Principal = Depends(require("notification.retry", anywhere=True))
) -> DeliveryView:
    """Sends again what was given up."""
    return _told(given, await given.notifications.retry(id, who.teams_with("notification.retry")))


def _for(who: Principal) -> frozenset[str] | None:
    return who.teams_with("notification.write")


def _told(given: Given, delivery: Delivery) -> DeliveryView:
    return delivery_view(delivery, given.ids.seal("event", delivery.event))

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
from gatewright.server.parameters import OfTeam, TeamName
from gatewright.server.permissions import allow, require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import teams_of
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
OfNotification = Annotated[
    str | None,
    Query(description="Only of this notification of the team, or of the installation.", json_schema_extra=_NAME),
]
OfState = Annotated[DeliveryState | None, Query(description="Only in this state.")]
EventPrefix = Annotated[str, msgspec.Meta(extra_json_schema=_EVENT)]


class NotificationBody(Body, frozen=True):
    """``url`` and ``secret`` are credentials: they are taken and never given. Left out, those that are there stay; an
    empty ``secret`` takes the signature away."""

    type: NotificationType
    events: Annotated[tuple[EventPrefix, ...], msgspec.Meta(extra_json_schema={"minItems": 1})] = TOLD_BY_DEFAULT
    minimum: Severity = "info"
    language: Language = "en"
    url: Annotated[str, msgspec.Meta(extra_json_schema=_URL)] | None = None
    secret: Annotated[str, msgspec.Meta(extra_json_schema=_SECRET)] | None = None

    def wish(self) -> Wish:
        """Raises ``InvalidEventError``."""
        events = require_events(self.events)
        return Wish(self.type, events, self.minimum, self.language, self.url, self.secret)


@router.get("/notifications")
@answers_pages(NotificationStatus, refuses=(404,))
async def index(
    given: Given,
    page: Paging,
    team: OfTeam = None,
    who: Principal = Depends(require("notification.read", anywhere=True)),
) -> Page[NotificationStatus]:
    """Every notification (of the teams of whoever asks) and how it fares, by team and name; never an address. Those of
    the installation have no team."""
    found = await given.notifications.all(teams_of(who, "notification.read", team))
    return page.of(found, lambda status: (status.team, status.name))


@router.get("/notifications/{name}")
@answers(NotificationStatus, refuses=(404,))
async def show(
    name: NotificationName, given: Given, _: Principal = Depends(require("notification.read"))
) -> NotificationStatus:
    """A notification of the installation and how it fares."""
    return await given.notifications.show("", name)


@router.put("/notifications/{name}")
@answers(ChangeView, refuses=(409,))
async def put(
    name: NotificationName,
    given: Given,
    who: Principal = Depends(require("notification.write")),
    asked: NotificationBody = Depends(reads(NotificationBody)),
) -> ChangeView:
    """Makes or changes a notification of the installation, which tells of all teams. A new one needs ``url`` and tells
    of events from now on."""
    return change_view(await given.notifications.put("", name, asked.wish(), who.name))


@router.delete("/notifications/{name}")
@answers_nothing(refuses=(404,))
async def remove(name: NotificationName, given: Given, who: Principal = Depends(require("notification.write"))) -> None:
    """Forgets a notification of the installation, its address and its deliveries."""
    await given.notifications.remove("", name, who.name)


@router.post("/notifications/{name}/test")
@answers_nothing(refuses=(404, 502))
async def try_out(name: NotificationName, given: Given, _: Principal = Depends(require("notification.test"))) -> None:
    """Sends a message that says it is a test, at once; 502 with the reason where it does not arrive."""
    await given.notifications.test("", name)


@router.get("/teams/{team}/notifications/{name}")
@answers(NotificationStatus, refuses=(404,))
async def show_of_team(
    team: TeamName, name: NotificationName, given: Given, _: Principal = Depends(require("notification.read"))
) -> NotificationStatus:
    """A notification of a team and how it fares."""
    return await given.notifications.show(team, name)


@router.put("/teams/{team}/notifications/{name}")
@answers(ChangeView, refuses=(404, 409))
async def put_of_team(
    team: TeamName,
    name: NotificationName,
    given: Given,
    who: Principal = Depends(require("notification.write")),
    asked: NotificationBody = Depends(reads(NotificationBody)),
) -> ChangeView:
    """Makes or changes a notification of a team, which tells of what concerns the team. A new one needs ``url`` and
    tells of events from now on. Its name is the team's own: another team may have one of the same name."""
    return change_view(await given.notifications.put(team, name, asked.wish(), who.name))


@router.delete("/teams/{team}/notifications/{name}")
@answers_nothing(refuses=(404,))
async def remove_of_team(
    team: TeamName, name: NotificationName, given: Given, who: Principal = Depends(require("notification.write"))
) -> None:
    """Forgets a notification of a team, its address and its deliveries."""
    await given.notifications.remove(team, name, who.name)


@router.post("/teams/{team}/notifications/{name}/test")
@answers_nothing(refuses=(404, 502))
async def try_out_of_team(
    team: TeamName, name: NotificationName, given: Given, _: Principal = Depends(require("notification.test"))
) -> None:
    """Sends a message that says it is a test, at once; 502 with the reason where it does not arrive."""
    await given.notifications.test(team, name)


@router.get("/deliveries")
@answers_pages(DeliveryView, refuses=(404,))
async def deliveries(
    given: Given,
    page: Paging,
    team: OfTeam = None,
    notification: OfNotification = None,
    state: OfState = None,
    who: Principal = Depends(require("notification.read", anywhere=True)),
) -> Page[DeliveryView]:
    """Messages (of the teams of whoever asks), newest first. ``state=dead``: those that were given up, with the reason.
    A ``notification`` without its team is one of the installation."""
    last = page.after_texts(2)
    teams = teams_of(who, "notification.read", team)
    if notification is not None and team is None:
        allow(who, "notification.read")
        teams = ""
    found = await given.notifications.deliveries(
        teams,
        notification,
        () if state is None else (state,),
        before=None if last is None else (last[0], last[1]),
        limit=page.limit + 1,
    )
    return page.cut([_told(given, one) for one in found], lambda delivery: (delivery.created_at, delivery.id))


@router.post("/deliveries/{id}/retry")
@answers(DeliveryView, refuses=(404, 409))
async def retry(
    id: DeliveryId, given: Given, who: Principal = Depends(require("notification.retry", anywhere=True))
) -> DeliveryView:
    """Sends again what was given up."""
    return _told(given, await given.notifications.retry(id, who.teams_with("notification.retry")))


def _told(given: Given, delivery: Delivery) -> DeliveryView:
    return delivery_view(delivery, given.ids.seal("event", delivery.event))

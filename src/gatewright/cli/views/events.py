"""Events as lines of a log; notifications and what became of their messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.text import Text

from gatewright.cli.output import rows, table, word
from gatewright.cli.views.moments import age, parsed
from gatewright.model.desired import qualified
from gatewright.model.notifications import NotificationStatus
from gatewright.server.values import DeliveryView, EventView
from gatewright.text import Language, message, text


def events(found: Sequence[EventView], language: Language) -> Iterable[RenderableType]:
    if not found:
        yield Text(text("cli.empty.events", language))
    for event in found:
        yield line(event, language)


def line(event: EventView, language: Language) -> Text:
    """When, how bad, of what kind, where, and what happened."""
    moment = parsed(event.at)
    clock = moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else event.at
    where = f"[{event.cluster}] " if event.cluster else ""
    told = event.message or message("notify.event", what=event.what, where=event.where, who=event.who)
    kind = f"  {event.what}  " if event.message else "  "
    return Text.assemble(f"{clock}  ", word("severity", event.severity, language), kind, where, told.render(language))


def notifications(found: Sequence[NotificationStatus], language: Language) -> Iterable[RenderableType]:
    if not found:
        yield Text(text("cli.empty.notifications", language))
        return
    made = table(language, "notification", "type", "team", "events", "minimum", "pending", "dead")
    cells = [
        (
            status.name,
            status.type,
            status.team,
            ", ".join(status.events),
            word("severity", status.minimum, language),
            str(status.pending),
            str(status.dead),
        )
        for status in found
    ]
    yield rows(made, cells)


def deliveries(found: Sequence[DeliveryView], language: Language) -> Iterable[RenderableType]:
    if not found:
        yield Text(text("cli.empty.deliveries", language))
        return
    made = table(language, "delivery", "notification", "event", "object", "state", "attempts", "age", "why")
    cells = [
        (
            delivery.id,
            qualified(delivery.team, delivery.notification),
            delivery.what,
            f"[{delivery.cluster}] {delivery.where}" if delivery.cluster else delivery.where,
            word("delivery", delivery.state, language),
            str(delivery.attempts),
            age(delivery.created_at, language),
            delivery.error.render(language) if delivery.error else "",
        )
        for delivery in found
    ]
    yield rows(made, cells)

"""``gatewright events``: what people changed and what the fleet did."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gatewright.cli.command import Session, command
from gatewright.cli.help import typer_app

if TYPE_CHECKING:
    from gatewright.cli.client import Api

root = typer_app()


@command(root, "events")
async def events(
    session: Session,
    team: Annotated[str | None, typer.Option("--team", "-t", metavar="TEAM", help="cli.option.events-team")] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", "-c", metavar="CLUSTER", help="cli.option.events-cluster")
    ] = None,
    what: Annotated[str, typer.Option("--what", metavar="PREFIX", help="cli.option.events-what")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="cli.option.events-limit")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="cli.option.events-follow")] = False,
) -> None:
    from gatewright.cli.views import events as view
    from gatewright.server.values import EventView

    api = await session.api()
    query = {"team": team, "cluster": cluster, "what": what or None}
    newest = await api.get("/events", list[EventView], limit=1) if follow else []
    found = (await api.get("/events", list[EventView], limit=limit, **query))[::-1]
    if not follow:
        session.screen.show(found, view.events)
        return
    for event in found:
        _tell(session, event)
    # From the newest that there was before these were read, so that none is missed.
    await _follow(session, api, newest[0].id if newest else "0", {event.id for event in found}, query)


async def _follow(session: Session, api: Api, after: str, shown: set[str], query: dict[str, Any]) -> None:
    from gatewright.server.values import EventView

    async with contextlib.aclosing(api.events("/events/stream", EventView, after=after, **query)) as following:
        async for event in following:
            if event.id not in shown:
                _tell(session, event)


def _tell(session: Session, event: Any) -> None:
    from gatewright.cli.views import events as view

    if session.screen.format == "table":
        session.screen.out.print(view.line(event, session.language), soft_wrap=True)
    else:
        session.screen.data(event)

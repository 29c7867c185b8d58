"""``gatewright notification ...``: whom to tell of what happens, and what became of each message."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gatewright.cli.command import Session, YesOption, command
from gatewright.cli.errors import BadValueError
from gatewright.cli.help import typer_app

group = typer_app()

_TYPES = "webhook|slack|dingtalk|feishu|wecom"
_LONGEST = 4096
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="cli.argument.notification")]
DeliveryArgument = Annotated[str, typer.Argument(metavar="ID", help="cli.argument.delivery")]
TeamOption = Annotated[str | None, typer.Option("--team", "-t", metavar="TEAM", help="cli.option.notification-team")]
OfTeamOption = Annotated[
    str | None, typer.Option("--team", "-t", metavar="TEAM", help="cli.option.of-notification-team")
]
OfOption = Annotated[str | None, typer.Option("--notification", metavar="NAME", help="cli.option.of-notification")]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="cli.option.deliveries-limit")]


@command(group, "list")
async def list_notifications(session: Session, team: OfTeamOption = None) -> None:
    from gatewright.cli.views import events as view
    from gatewright.model.notifications import NotificationStatus

    api = await session.api()
    session.screen.show(await api.get("/notifications", list[NotificationStatus], team=team), view.notifications)


@command(group, "add")
async def add(
    session: Session,
    name: NameArgument,
    type: Annotated[str | None, typer.Option("--type", metavar=_TYPES, help="cli.option.notification-type")] = None,
    url_file: Annotated[
        str | None, typer.Option("--url-file", metavar="FILE|-", help="cli.option.notification-url")
    ] = None,
    secret_file: Annotated[
        str | None, typer.Option("--secret-file", metavar="FILE|-", help="cli.option.notification-secret")
    ] = None,
    team: TeamOption = None,
    event: Annotated[
        list[str] | None, typer.Option("--event", metavar="PREFIX", help="cli.option.notification-event")
    ] = None,
    minimum: Annotated[
        str | None, typer.Option("--minimum", metavar="info|warning|error", help="cli.option.notification-minimum")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", metavar="en|zh", help="cli.option.notification-language")
    ] = None,
) -> None:
    from gatewright.cli.views import desired
    from gatewright.model.notifications import NotificationStatus
    from gatewright.server.values import ChangeView

    if url_file == secret_file == "-":
        raise BadValueError(name="--secret-file", value="-", wanted="FILE")
    given: dict[str, Any] = {"type": type, "events": event, "minimum": minimum, "language": language}
    given["url"] = None if url_file is None else _read(url_file)
    given["secret"] = None if secret_file is None else _read(secret_file)
    api = await session.api()
    known = await api.get("/notifications", list[NotificationStatus], team=team)
    before = next((status for status in known if (status.team, status.name) == (team or "", name)), None)
    body: dict[str, Any] = {}
    if before is not None:
        body = {key: getattr(before, key) for key in ("type", "events", "minimum", "language")}
    elif type is None:
        raise BadValueError(name="--type", value="-", wanted=_TYPES.replace("|", ", "))
    body.update((key, value) for key, value in given.items() if value is not None)
    session.screen.show([await api.put(_path(team, name), ChangeView, body)], desired.changes)


@command(group, "remove")
async def remove(session: Session, name: NameArgument, team: TeamOption = None, yes: YesOption = False) -> None:
    from gatewright.model.desired import qualified

    named = qualified(team or "", name)
    api = await session.api()
    session.confirm("cli.confirm.remove-notification", yes, name=named)
    await api.delete(_path(team, name))
    session.screen.done("cli.done.notification-removed", name=named)


@command(group, "test")
async def try_out(session: Session, name: NameArgument, team: TeamOption = None) -> None:
    from gatewright.model.desired import qualified

    named = qualified(team or "", name)
    api = await session.api()
    with session.screen.working("cli.working.sending", name=named):
        await api.do("POST", f"{_path(team, name)}/test")
    session.screen.done("cli.done.notification-tested", name=named)


@command(group, "deliveries")
async def deliveries(
    session: Session, team: OfTeamOption = None, notification: OfOption = None, limit: LimitOption = 50
) -> None:
    await _show(session, team=team, notification=notification, limit=limit)


@command(group, "dead")
async def dead(
    session: Session, team: OfTeamOption = None, notification: OfOption = None, limit: LimitOption = 50
) -> None:
    await _show(session, team=team, notification=notification, state="dead", limit=limit)


@command(group, "retry")
async def retry(session: Session, id: DeliveryArgument) -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import events as view
    from gatewright.server.values import DeliveryView

    api = await session.api()
    session.screen.show([await api.post(f"/deliveries/{part(id)}/retry", DeliveryView)], view.deliveries)


async def _show(session: Session, **query: str | int | None) -> None:
    from gatewright.cli.views import events as view
    from gatewright.server.values import DeliveryView

    api = await session.api()
    session.screen.show(await api.get("/deliveries", list[DeliveryView], **query), view.deliveries)


def _path(team: str | None, name: str) -> str:
    from gatewright.cli.client import part

    return f"/teams/{part(team)}/notifications/{part(name)}" if team else f"/notifications/{part(name)}"


def _read(path: str) -> str:
    from gatewright.cli.secrets import read_secret

    return read_secret(path, _LONGEST).strip()

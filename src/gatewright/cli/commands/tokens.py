"""``gatewright token ...``: what lets programs act for a person."""

from __future__ import annotations

from typing import Annotated

import typer

from gatewright.cli.command import Session, YesOption, command
from gatewright.cli.help import typer_app

group = typer_app()


@command(group, "list")
async def list_tokens(session: Session) -> None:
    from gatewright.cli.views import people as view
    from gatewright.model.people import ApiToken

    api = await session.api()
    session.screen.show(await api.get("/tokens", list[ApiToken]), view.tokens)


@command(group, "create")
async def create(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="cli.argument.token-name")],
    user: Annotated[str, typer.Option("--user", "-u", metavar="PERSON", help="cli.option.token-user")] = "",
    permission: Annotated[
        list[str] | None, typer.Option("--permission", metavar="PERMISSION", help="cli.option.token-permission")
    ] = None,
    team: Annotated[
        list[str] | None, typer.Option("--team", "-t", metavar="TEAM", help="cli.option.token-team")
    ] = None,
    days: Annotated[int, typer.Option("--days", metavar="DAYS", min=1, max=366, help="cli.option.token-days")] = 90,
) -> None:
    from gatewright.cli.views import people as view
    from gatewright.model.people import MadeToken

    body = {"name": name, "user": user, "permissions": permission or None, "teams": team or None, "days": days}
    api = await session.api()
    session.screen.show(await api.post("/tokens", MadeToken, body), view.made_token)


@command(group, "revoke")
async def revoke(
    session: Session,
    id: Annotated[str, typer.Argument(metavar="ID", help="cli.argument.token")],
    yes: YesOption = False,
) -> None:
    from gatewright.cli.client import part

    api = await session.api()
    session.confirm("cli.confirm.revoke-token", yes, token=id)
    await api.delete(f"/tokens/{part(id)}")
    session.screen.done("cli.done.token-revoked", token=id)

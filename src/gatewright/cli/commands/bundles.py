"""``gatewright bundle ...``: the Gateway API releases that Gatewright knows, and their files."""

from __future__ import annotations

from typing import Annotated

import typer

from gatewright.cli.command import Session, command
from gatewright.cli.help import typer_app

group = typer_app()

VersionArgument = Annotated[str, typer.Argument(metavar="VERSION", help="cli.argument.version")]
ChannelOption = Annotated[str, typer.Option("--channel", metavar="standard|experimental", help="cli.option.channel")]


@command(group, "list")
async def list_bundles(session: Session) -> None:
    from gatewright.cli.views import bundles
    from gatewright.server.values import BundleRow

    api = await session.api()
    session.screen.show(await api.get("/bundles", list[BundleRow]), bundles.rows_of)


@command(group, "show")
async def show(session: Session, version: VersionArgument, channel: ChannelOption = "standard") -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import bundles
    from gatewright.gatewayapi.catalogue import BundleFacts

    api = await session.api()
    session.screen.show(await api.get(f"/bundles/{part(version)}", BundleFacts, channel=channel), bundles.facts)


@command(group, "pull")
async def pull(session: Session, version: VersionArgument, channel: ChannelOption = "standard") -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import bundles
    from gatewright.server.values import Pulled

    api = await session.api()
    with session.screen.working("cli.working.pulling", bundle=f"{version} {channel}"):
        pulled = await api.post(f"/bundles/{part(version)}/pull", Pulled, channel=channel)
    session.screen.show(pulled, bundles.pulled)

"""``gatewright versions``, ``hostnames`` and ``team advise``: clusters side by side, and the map of teams."""

from __future__ import annotations

from typing import Annotated

import typer

from gatewright.cli.command import Session, TeamOption, command
from gatewright.cli.commands.teams import team_group
from gatewright.cli.help import typer_app

root = typer_app()

AllTeamsOption = Annotated[bool, typer.Option("--all", "-A", help="cli.option.all-teams")]


@command(root, "versions")
async def versions(
    session: Session,
    team: TeamOption = None,
    everything: AllTeamsOption = False,
    crds: Annotated[bool, typer.Option("--crds", help="cli.option.all-crds")] = False,
) -> None:
    from gatewright.cli.views import versions as view
    from gatewright.model.versions import Versions

    api = await session.api()
    chosen = None if everything else team or session.context.team
    with session.screen.working("cli.working.looking"):
        found = await api.get("/versions", Versions, team=chosen)
    session.screen.show(found, view.every_crd if crds else view.versions)


@command(root, "hostnames")
async def hostnames(
    session: Session,
    hostname: Annotated[str | None, typer.Argument(metavar="HOSTNAME", help="cli.argument.hostname")] = None,
    team: TeamOption = None,
    everything: AllTeamsOption = False,
    different: Annotated[bool, typer.Option("--different", "-d", help="cli.option.different")] = False,
) -> None:
    from gatewright.cli.views import hostnames as view
    from gatewright.model.domains import HostnameComparison

    api = await session.api()
    chosen = None if everything else team or session.context.team
    with session.screen.working("cli.working.looking"):
        found = await api.get(
            "/hostnames", list[HostnameComparison], team=chosen, hostname=hostname, different=different
        )
    session.screen.show(found, view.hostnames)


@command(team_group, "advise")
async def advise(session: Session) -> None:
    from gatewright.cli.views import advice as view
    from gatewright.model.domains import Advice

    api = await session.api()
    with session.screen.working("cli.working.looking"):
        found = await api.get("/advice", Advice)
    session.screen.show(found, view.advice)

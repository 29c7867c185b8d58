"""``gatewright drift``: what others changed of ours, putting it back, and lifting a fight."""

from __future__ import annotations

from typing import Annotated

import typer

from gatewright.cli.command import Session, TeamOption, YesOption, command
from gatewright.cli.help import typer_app

group = typer_app()

ClusterOption = Annotated[str | None, typer.Option("--cluster", "-c", metavar="CLUSTER", help="cli.option.cluster")]
ClusterArgument = Annotated[str, typer.Argument(metavar="CLUSTER", help="cli.argument.cluster")]


@command(group, "list")
async def list_drift(
    session: Session,
    team: TeamOption = None,
    cluster: ClusterOption = None,
    closed: Annotated[bool, typer.Option("--closed", help="cli.option.closed")] = False,
) -> None:
    from gatewright.cli.views import drift as view
    from gatewright.model.drift import Drift

    api = await session.api()
    found = await api.get("/drifts", list[Drift], team=team, cluster=cluster, closed=closed)
    session.screen.show(found, view.drifts)


@command(group, "heal")
async def heal(
    session: Session,
    cluster: ClusterArgument,
    team: TeamOption = None,
    yes: YesOption = False,
    detach: Annotated[bool, typer.Option("--detach", help="cli.option.detach")] = False,
) -> int:
    from gatewright.cli.commands.plans import make
    from gatewright.cli.commands.rollouts import run

    api = await session.api()
    return await run(session, api, await make(session, api, session.team(team), [cluster], "install"), yes, detach)


@command(group, "resume")
async def resume(session: Session, cluster: ClusterArgument) -> None:
    from gatewright.cli.views import drift as view
    from gatewright.model.drift import Drift

    api = await session.api()
    session.screen.show(await api.post("/drifts/resume", list[Drift], {"cluster": cluster}), view.drifts)

"""``gatewright team ...``, ``stack ...``, ``bind``: who shares which clusters, and what they want on them."""

from __future__ import annotations

from typing import Annotated

import typer

from gatewright.cli.command import Session, TeamOption, YesOption, command
from gatewright.cli.help import typer_app

root = typer_app()
team_group = typer_app()
stack_group = typer_app()

TeamArgument = Annotated[str, typer.Argument(metavar="TEAM", help="cli.argument.team")]


@command(team_group, "create")
async def create(
    session: Session,
    team: TeamArgument,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAMESPACE", help="cli.option.default-ns")
    ] = "",
    skew: Annotated[str, typer.Option("--skew", metavar="none|patch|minor|any", help="cli.option.skew")] = "",
    tolerated: Annotated[str, typer.Option("--for", metavar="DURATION", help="cli.option.skew-for")] = "",
) -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import desired
    from gatewright.model.desired import SkewPolicy
    from gatewright.server.values import ChangeView

    default = SkewPolicy()
    versions = {"skew": skew or default.skew, "for": tolerated or default.for_} if skew or tolerated else None
    api = await session.api()
    body = {"defaultNamespace": namespace, "versions": versions}
    change = await api.put(f"/teams/{part(team)}", ChangeView, body)
    session.screen.show([change], desired.changes)


@command(team_group, "list")
async def list_teams(session: Session) -> None:
    from gatewright.cli.views import desired
    from gatewright.server.values import TeamView

    api = await session.api()
    session.screen.show(await api.get("/teams", list[TeamView]), desired.teams)


@command(team_group, "show")
async def show(session: Session, team: TeamArgument) -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import desired
    from gatewright.server.values import TeamView

    api = await session.api()
    session.screen.show(await api.get(f"/teams/{part(team)}", TeamView), desired.team)


@command(team_group, "delete")
async def delete(session: Session, team: TeamArgument, yes: YesOption = False) -> None:
    from gatewright.cli.client import part

    api = await session.api()
    session.confirm("cli.confirm.delete-team", yes, team=team)
    await api.delete(f"/teams/{part(team)}")
    session.screen.done("cli.done.team-deleted", team=team)


@command(root, "bind")
async def bind(
    session: Session,
    team: TeamArgument,
    cluster: Annotated[str, typer.Argument(metavar="CLUSTER", help="cli.argument.cluster")],
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAMESPACE", help="cli.option.binding-ns")
    ] = "",
    stack: Annotated[str, typer.Option("--stack", "-s", metavar="STACK", help="cli.option.stack")] = "",
) -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import desired
    from gatewright.server.values import ChangeView

    api = await session.api()
    body = {"namespace": namespace, "stack": stack}
    change = await api.put(f"/teams/{part(team)}/bindings/{part(cluster)}", ChangeView, body)
    session.screen.show([change], desired.changes)


@command(stack_group, "list")
async def list_stacks(session: Session, team: TeamOption = None) -> None:
    from gatewright.cli.views import desired
    from gatewright.model.desired import Stack

    api = await session.api()
    session.screen.show(await api.get("/stacks", list[Stack], team=team), desired.stacks)


@command(stack_group, "show")
async def show_stack(
    session: Session,
    stack: Annotated[str, typer.Argument(metavar="STACK", help="cli.argument.stack")],
    team: TeamOption = None,
) -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import desired
    from gatewright.model.desired import Stack

    api = await session.api()
    found = await api.get(f"/teams/{part(session.team(team))}/stacks/{part(stack)}", Stack)
    session.screen.show([found], desired.stacks)

"""``gatewright plan``: what would happen, and why. Writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.command import ClustersOption, Session, command
from gatewright.cli.help import typer_app

if TYPE_CHECKING:
    from gatewright.cli.client import Api
    from gatewright.model.plan import Action
    from gatewright.server.values import PlanAnswer

root = typer_app()


@command(root, "plan")
async def plan(
    session: Session,
    team: Annotated[str | None, typer.Argument(metavar="TEAM", help="cli.argument.team-or-current")] = None,
    cluster: ClustersOption = None,
    leave: Annotated[bool, typer.Option("--leave", help="cli.option.leave")] = False,
    keep_crds: Annotated[bool, typer.Option("--keep-crds", help="cli.option.keep-crds")] = False,
) -> int:
    from gatewright.cli.exits import NOTHING_TO_DO, STOPPED
    from gatewright.cli.views import plan as view

    api = await session.api()
    chosen = session.team(team)
    clusters = session.clusters(chosen, cluster)
    made = await make(session, api, chosen, clusters, "leave" if leave else "install", keep_crds)
    session.screen.show(made, view.plan)
    return {"change": 0, "nothing": NOTHING_TO_DO, "stopped": STOPPED}[made.outcome]


async def make(
    session: Session, api: Api, team: str, clusters: list[str], action: Action, keep_crds: bool = False
) -> PlanAnswer:
    """Asks for a plan, showing that it is being made."""
    from gatewright.server.values import PlanAnswer

    body = {"team": team, "clusters": clusters, "action": action, "keep_crds": keep_crds}
    with session.screen.working("cli.working.planning", team=team):
        return await api.post("/plans", PlanAnswer, body)

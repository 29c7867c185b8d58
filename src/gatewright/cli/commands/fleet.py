"""``gatewright use``, ``status`` and ``get``: where I work, and how my clusters are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.command import Session, TeamOption, command
from gatewright.cli.errors import BadValueError
from gatewright.cli.help import typer_app

if TYPE_CHECKING:
    from gatewright.cli.context import Context

root = typer_app()


@command(root, "use")
async def use(
    session: Session,
    where: Annotated[str | None, typer.Argument(metavar="TEAM[/CLUSTER]", help="cli.argument.where")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="cli.option.clear")] = False,
) -> None:
    from gatewright.cli.context import Context, save
    from gatewright.cli.views import fleet

    if clear:
        save(session.settings.config, Context())
    elif where is not None:
        save(session.settings.config, await _checked(session, where))
    session.screen.show(session.context, fleet.context)


async def _checked(session: Session, where: str) -> Context:
    """The context of ``TEAM[/CLUSTER]``, if the team is there and bound to the cluster."""
    from gatewright.cli.client import part
    from gatewright.cli.context import Context
    from gatewright.cli.errors import NotBoundError
    from gatewright.server.values import TeamView

    team, slash, cluster = where.partition("/")
    if not team or (slash and not cluster) or "/" in cluster:
        raise BadValueError(name="TEAM[/CLUSTER]", value=where[:80], wanted="payments, payments/shanghai")
    api = await session.api()
    found = await api.get(f"/teams/{part(team)}", TeamView)
    bound = [binding.cluster for binding in found.bindings]
    if cluster and cluster not in bound:
        raise NotBoundError(cluster=cluster, team=team, bound=", ".join(bound) or "-")
    return Context(team, cluster or None)


@command(root, "status")
async def status(
    session: Session,
    team: TeamOption = None,
    everything: Annotated[bool, typer.Option("--all", "-A", help="cli.option.all-teams")] = False,
) -> None:
    from gatewright.cli.views import fleet
    from gatewright.model.status import ClusterStatus

    api = await session.api()
    chosen = None if everything else team or session.context.team
    with session.screen.working("cli.working.looking"):
        rows = await api.get("/status", list[ClusterStatus], team=chosen)
    session.screen.show(rows, fleet.status)


@command(root, "get")
async def get(
    session: Session,
    kinds: Annotated[str, typer.Argument(metavar="KIND[,KIND]", help="cli.argument.kinds")],
    team: TeamOption = None,
    all_clusters: Annotated[bool, typer.Option("--all-clusters", help="cli.option.all-clusters")] = False,
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="cli.option.all-namespaces")] = False,
) -> int:
    from gatewright.cli.exits import CLUSTER_FAILED
    from gatewright.cli.views import fleet
    from gatewright.model.status import Listing

    wanted = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    if not wanted:
        raise BadValueError(name="KIND[,KIND]", value=kinds[:80], wanted="gateways,httproutes")
    api = await session.api()
    context = session.context
    chosen = team or context.team
    names = [context.cluster] if context.cluster and chosen == context.team and not all_clusters else []
    with session.screen.working("cli.working.looking"):
        listing = await api.get(
            "/resources", Listing, kinds=wanted, team=chosen, cluster=names, all_namespaces=all_namespaces
        )
    session.screen.show(listing, fleet.listing)
    return CLUSTER_FAILED if listing.errors else 0

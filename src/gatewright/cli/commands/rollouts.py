"""``gatewright rollout ...``, ``unbind`` and ``uninstall``: run a plan that a person has read, and steer it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gatewright.cli.command import ClustersOption, Session, TeamOption, YesOption, command
from gatewright.cli.errors import BadValueError, PlanStoppedError
from gatewright.cli.help import typer_app

if TYPE_CHECKING:
    from gatewright.cli.client import Api
    from gatewright.model.rollout import Command
    from gatewright.server.values import PlanAnswer

root = typer_app()
group = typer_app()

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="cli.argument.rollout")]
DetachOption = Annotated[bool, typer.Option("--detach", help="cli.option.detach")]
KeepOption = Annotated[bool, typer.Option("--keep-crds", help="cli.option.keep-crds")]


@command(group, "start")
async def start(
    session: Session,
    plan: Annotated[str | None, typer.Argument(metavar="PLAN", help="cli.argument.plan")] = None,
    team: TeamOption = None,
    cluster: ClustersOption = None,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    from gatewright.cli.commands.plans import make
    from gatewright.server.values import PlanAnswer

    api = await session.api()
    if plan is not None:
        from gatewright.cli.client import part

        return await run(session, api, await api.get(f"/plans/{part(plan)}", PlanAnswer), yes, detach)
    chosen = session.team(team)
    made = await make(session, api, chosen, session.clusters(chosen, cluster), "install")
    return await run(session, api, made, yes, detach)


@command(group, "list")
async def list_rollouts(session: Session, team: TeamOption = None) -> None:
    from gatewright.cli.views import rollout as view
    from gatewright.model.rollout import RolloutStatus

    api = await session.api()
    session.screen.show(await api.get("/rollouts", list[RolloutStatus], team=team), view.rollouts)


@command(group, "show")
async def show(session: Session, id: IdArgument) -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import rollout as view
    from gatewright.model.rollout import RolloutStatus

    api = await session.api()
    session.screen.show(await api.get(f"/rollouts/{part(id)}", RolloutStatus), view.rollout)


@command(group, "watch")
async def watch(session: Session, id: IdArgument) -> int:
    from gatewright.cli.watch import follow

    api = await session.api()
    await api.drive()
    return await follow(session, api, id)


@command(group, "pause")
async def pause(session: Session, id: IdArgument) -> None:
    await _steer(session, await session.api(), id, "pause")


@command(group, "abort")
async def abort(session: Session, id: IdArgument, yes: YesOption = False) -> None:
    api = await session.api()
    session.confirm("cli.confirm.abort", yes, id=id)
    await _steer(session, api, id, "abort")


@command(group, "resume")
async def resume(session: Session, id: IdArgument, detach: DetachOption = False) -> int:
    return await _go_on(session, id, "resume", detach)


@command(group, "retry")
async def retry(session: Session, id: IdArgument, detach: DetachOption = False) -> int:
    return await _go_on(session, id, "retry", detach)


@command(root, "unbind")
async def unbind(
    session: Session,
    binding: Annotated[str, typer.Argument(metavar="TEAM/CLUSTER", help="cli.argument.binding")],
    keep_crds: KeepOption = False,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    team, slash, cluster = binding.partition("/")
    if not (team and slash and cluster) or "/" in cluster:
        raise BadValueError(name="TEAM/CLUSTER", value=binding[:80], wanted="payments/shanghai")
    return await _leave(session, team, [cluster], keep_crds, yes, detach)


@command(root, "uninstall")
async def uninstall(
    session: Session,
    team: Annotated[str, typer.Argument(metavar="TEAM", help="cli.argument.team")],
    keep_crds: KeepOption = False,
    yes: YesOption = False,
    detach: DetachOption = False,
) -> int:
    return await _leave(session, team, [], keep_crds, yes, detach)


async def run(session: Session, api: Api, made: PlanAnswer, yes: bool, detach: bool) -> int:
    """Shows a plan, asks, runs exactly that plan by its whole hash, and follows it.

    Raises ``PlanStoppedError`` and ``NotConfirmedError``.
    """
    from gatewright.cli.exits import NOTHING_TO_DO
    from gatewright.cli.views import plan as view
    from gatewright.cli.views import rollout as rollout_view
    from gatewright.cli.watch import follow
    from gatewright.model.rollout import RolloutStatus

    if session.screen.format == "table":
        session.screen.show(made, view.plan if made.outcome != "change" else view.content)
    if made.outcome != "change":
        if session.screen.format != "table":
            session.screen.data(made)
        if made.outcome == "stopped":
            raise PlanStoppedError(plan=made.hash[:12])
        return NOTHING_TO_DO
    count = sum(1 for cluster in made.plan.clusters if cluster.outcome == "change")
    session.confirm(f"cli.confirm.{made.plan.action}", yes, plan=made.hash[:12], team=made.plan.team, count=count)
    if not detach:
        await api.drive()
    started = await api.post("/rollouts", RolloutStatus, {"plan": made.hash})
    if not detach:
        return await follow(session, api, started.id)
    session.screen.show(started, rollout_view.rollout)
    if not session.settings.server:
        session.screen.note("cli.note.detached", id=started.id)
    return 0


async def _leave(session: Session, team: str, clusters: list[str], keep_crds: bool, yes: bool, detach: bool) -> int:
    from gatewright.cli.commands.plans import make

    api = await session.api()
    made = await make(session, api, team, clusters, "leave", keep_crds)
    return await run(session, api, made, yes, detach)


async def _steer(session: Session, api: Api, id: str, word: Command) -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import rollout as view
    from gatewright.model.rollout import RolloutStatus

    session.screen.show(await api.post(f"/rollouts/{part(id)}/{word}", RolloutStatus), view.rollout)


async def _go_on(session: Session, id: str, word: Command, detach: bool) -> int:
    from gatewright.cli.client import part
    from gatewright.cli.watch import follow
    from gatewright.model.rollout import RolloutStatus

    api = await session.api()
    if detach:
        await _steer(session, api, id, word)
        return 0
    await api.drive()
    before = await api.get(f"/rollouts/{part(id)}", RolloutStatus)
    await api.post(f"/rollouts/{part(id)}/{word}", RolloutStatus)
    return await follow(session, api, id, after=before.last_event)

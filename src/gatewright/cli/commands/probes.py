"""``gatewright probes``: what requests through the Gateways came to."""

from __future__ import annotations

from typing import Annotated

import typer

from gatewright.cli.command import ClustersOption, Session, TeamOption, command
from gatewright.cli.errors import BadValueError
from gatewright.cli.help import typer_app

root = typer_app()


@command(root, "probes")
async def probes(
    session: Session,
    action: Annotated[str | None, typer.Argument(metavar="[run]", help="cli.argument.probes-run")] = None,
    team: TeamOption = None,
    cluster: ClustersOption = None,
    hostname: Annotated[
        str | None, typer.Option("--hostname", "-H", metavar="HOSTNAME", help="cli.option.probed-hostname")
    ] = None,
    failing: Annotated[bool, typer.Option("--failing", "-f", help="cli.option.failing")] = False,
    everything: Annotated[bool, typer.Option("--all", "-A", help="cli.option.all-teams")] = False,
) -> int:
    from gatewright.cli import exits
    from gatewright.cli.views import probes as view
    from gatewright.model.probe import ProbeResult, ProbeRun, fails
    from gatewright.observe.pulse import utc_now

    if action not in (None, "run"):
        raise BadValueError(name="[run]", value=action[:80], wanted="run")
    api = await session.api()
    chosen = None if everything else team or session.context.team
    names = cluster or []
    if action is None:
        with session.screen.working("cli.working.looking"):
            found = await api.get(
                "/probes", list[ProbeResult], team=chosen, cluster=names, hostname=hostname, failing=failing
            )
        session.screen.show(found, view.probes)
        return 0
    asked = {"team": chosen, "clusters": names, "hostname": hostname}
    with session.screen.working("cli.working.probing"):
        made = await api.post("/probes/run", ProbeRun, {k: v for k, v in asked.items() if v})
    shown = [result for result in made.results if not failing or fails(result, utc_now())]
    session.screen.show(shown, view.probes)
    if made.missing:
        session.screen.note("cli.note.not-probed", count=made.missing)
    return exits.UNHEALTHY if any(fails(result, utc_now()) for result in made.results) else 0

"""``gatewright health`` and ``explain``: how the clusters are, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer
from msgspec.structs import replace

from gatewright.cli.command import Session, TeamOption, command
from gatewright.cli.errors import BadValueError
from gatewright.cli.help import typer_app

if TYPE_CHECKING:
    from gatewright.cli.client import Api
    from gatewright.cli.following import Seen
    from gatewright.text import Language

root = typer_app()

AllOption = Annotated[bool, typer.Option("--all", "-A", help="cli.option.all-teams")]
AllClustersOption = Annotated[bool, typer.Option("--all-clusters", help="cli.option.all-clusters")]
_FINE: Final = frozenset({"healthy", "progressing"})


@command(root, "health")
async def health(
    session: Session,
    team: TeamOption = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", "-c", metavar="CLUSTER", help="cli.option.health-cluster")
    ] = None,
    findings: Annotated[bool, typer.Option("--findings", help="cli.option.findings")] = False,
    everything: AllOption = False,
    all_clusters: AllClustersOption = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="cli.option.health-follow")] = False,
) -> int:
    chosen, names = _where(session, team, [cluster] if cluster else [], everything, all_clusters)
    asked = _Asked(await session.api(), chosen, names, session.language)
    if follow:
        from gatewright.cli.following import follow as following

        wants_findings = findings or not session.screen.out.is_terminal
        await following(session, asked.api, lambda: asked.seen(findings=wants_findings, only=findings))
        return 0
    with session.screen.working("cli.working.looking"):
        seen = await asked.seen(findings=findings, only=findings)
    session.screen.show(seen.value, lambda _value, _language: seen.drawn)
    return _exit(seen)


class _Asked:
    """What a person asks to see: the fleet, a team, or one cluster."""

    def __init__(self, api: Api, team: str | None, names: list[str], language: Language) -> None:
        self.api = api
        self._team = team
        self._names = names
        self._language: Language = language

    async def seen(self, *, findings: bool, only: bool) -> Seen:
        """One look; ``findings``: with every finding; ``only``: they are what is shown."""
        from gatewright.cli.views import health as view
        from gatewright.model.health import Found

        seen = await (self._cluster(self._names[0]) if self._names else self._all())
        if not findings:
            return seen
        found = await self.api.get("/findings", list[Found], team=self._team, cluster=self._names)
        if not only:
            return replace(seen, findings=found)
        return replace(seen, findings=found, value=found, drawn=tuple(view.findings(found, self._language)))

    async def _all(self) -> Seen:
        from gatewright.cli.following import Seen
        from gatewright.cli.views import health as view
        from gatewright.model.health import Health

        found = await self.api.get("/health", Health, team=self._team)
        return Seen(found, tuple(view.health(found, self._language, team=self._team)), found.members, ())

    async def _cluster(self, name: str) -> Seen:
        from gatewright.cli.client import part
        from gatewright.cli.following import Seen
        from gatewright.cli.views import health as view
        from gatewright.model.health import ClusterHealth, ObjectHealth

        path = f"/clusters/{part(name)}"
        found = await self.api.get(f"{path}/health", ClusterHealth, team=self._team)
        objects = await self.api.get(f"{path}/objects", list[ObjectHealth], team=self._team)
        drawn = tuple(view.one_cluster(view.OneCluster(found, tuple(objects)), self._language))
        return Seen(found, drawn, (found,), ())


@command(root, "explain")
async def explain(
    session: Session,
    what: Annotated[str, typer.Argument(metavar="KIND/NAME", help="cli.argument.object")],
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="cli.argument.object-name")] = None,
    team: TeamOption = None,
    cluster: Annotated[
        list[str] | None, typer.Option("--cluster", "-c", metavar="CLUSTER", help="cli.option.explain-cluster")
    ] = None,
    everything: AllOption = False,
    all_clusters: AllClustersOption = False,
) -> None:
    from gatewright.cli.views import health as view
    from gatewright.model.health import Node

    kind, named = _object(what, name)
    chosen, names = _where(session, team, cluster or [], everything, all_clusters)
    api = await session.api()
    with session.screen.working("cli.working.looking"):
        found = await api.get("/explain", list[Node], kind=kind, name=named, team=chosen, cluster=names)
    session.screen.show(found, view.explained)


def _where(
    session: Session, team: str | None, clusters: list[str], everything: bool, all_clusters: bool
) -> tuple[str | None, list[str]]:
    """The team and clusters to look at: those that were named, else those where the person works."""
    if everything:
        return None, clusters
    context = session.context
    chosen = team or context.team
    if not clusters and context.cluster and chosen == context.team and not all_clusters:
        clusters = [context.cluster]
    return chosen, clusters


def _object(what: str, name: str | None) -> tuple[str, str]:
    """Kind, and name or NAMESPACE/NAME, of ``KIND/NAME``, ``KIND/NAMESPACE/NAME`` or ``KIND NAME``."""
    kind, _, inside = what.partition("/")
    named = inside if name is None else name
    parts = named.split("/")
    if not kind or not all(parts) or len(parts) > 2 or (name is not None and "/" in what):
        wanted = "httproute/cart, httproute/shop/cart, cluster/shanghai"
        raise BadValueError(name="KIND/NAME", value=f"{what} {name or ''}".strip()[:80], wanted=wanted)
    return kind, named


def _exit(seen: Seen) -> int:
    """The whole may be worse than its clusters: they may differ more than their team allows."""
    from gatewright.cli import exits
    from gatewright.model.health import Health

    states = [member.state for member in seen.members]
    if isinstance(seen.value, Health):
        states.append(seen.value.state)
    return 0 if all(state in _FINE for state in states) else exits.UNHEALTHY

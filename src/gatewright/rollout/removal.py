"""What removing a cluster would do: why it cannot go yet, who has to leave first, and what would become of everything
that we wrote there. Computed now; nothing is written anywhere."""

from __future__ import annotations

from collections import Counter

from gatewright.model.desired import Binding
from gatewright.model.errors import ErrorReport, GatewrightError
from gatewright.model.installation import LeavingTeam, Removal
from gatewright.model.plan import STOPS, ClusterPlan
from gatewright.observe.clusters import Clusters
from gatewright.planning.request import Record
from gatewright.rollout.planner import Planner


class Removals:
    """Previews of removing clusters."""

    def __init__(self, clusters: Clusters, planner: Planner) -> None:
        self._clusters = clusters
        self._planner = planner

    async def of(self, name: str) -> Removal:
        """What removing this cluster would do. One that does not answer has no plan, and an error that says why.
        Raises ``UnknownClusterError``."""
        async with self._clusters.database.reading() as unit:
            cluster = await unit.fleet.cluster(name)
            blocks = await unit.fleet.blocks(cluster)
            bindings = await unit.fleet.bindings(cluster=name)
            records = await unit.records.of_cluster(cluster.uid)
        plan: ClusterPlan | None = None
        error: ErrorReport | None = None
        try:
            plan = await self._planner.parting(name, cluster.uid)
        except GatewrightError as failed:
            error = failed.within(name).report
        verdicts = Counter(v.verdict for v in plan.verdicts) if plan else Counter[str]()
        return Removal(
            cluster=name,
            ready=not blocks,
            blocks=tuple(block.report for block in blocks),
            teams=tuple(_leaving(binding, records) for binding in bindings),
            plan=plan,
            removes=verdicts["delete"],
            keeps=verdicts["keep"],
            stuck=sum(verdicts[stop] for stop in STOPS),
            records=len(records),
            error=error,
        )


def _leaving(binding: Binding, records: tuple[Record, ...]) -> LeavingTeam:
    written = sum(1 for record in records if record.team == binding.team)
    return LeavingTeam(binding.team, binding.namespace, binding.stack, written)

"""Plans: one cluster's, by its action, and a team's, over its clusters in the order in which they would be changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gatewright.model.plan import STOPS, WRITES, Action, ClusterPlan, Outcome, Plan, together
from gatewright.planning.install import plan_install
from gatewright.planning.leave import plan_leave
from gatewright.planning.request import ClusterRequest
from gatewright.text import Message, message


def plan_cluster(request: ClusterRequest) -> ClusterPlan:
    """One cluster's plan. Equal requests give equal plans, whatever the order inside the observation or of the claims.

    Raises ``UnknownBundleError`` and the errors of ``gatewayapi.manifests`` for what the catalogue does not have;
    ``ValueError`` if ``interests.needed_bundles`` was not obeyed. What a person must decide is in the plan, never
    raised.
    """
    return plan_install(request) if request.action == "install" else plan_leave(request)


def plan(team: str, action: Action, clusters: Sequence[ClusterPlan], *, keep_crds: bool = False) -> Plan:
    """The team's plan, in the order given."""
    return Plan(team, action, tuple(clusters), keep_crds)


def cluster_summary(cluster: ClusterPlan) -> Message:
    """One sentence: what would happen to the cluster, or how much stops it."""
    counts = Counter(v.verdict for v in cluster.verdicts)
    stops = sum(counts[v] for v in STOPS) + sum(f.severity == "block" for f in cluster.findings)
    return message(
        f"planning.cluster-{cluster.outcome}",
        cluster=cluster.cluster,
        bundle="-" if cluster.bundle is None else str(cluster.bundle),
        create=counts["create"],
        update=counts["update"],
        adopt=counts["adopt"],
        delete=counts["delete"],
        keep=counts["keep"],
        share=counts["share"],
        writes=sum(counts[v] for v in WRITES),
        stops=stops,
        steps=len(cluster.steps),
    )


def summary(whole: Plan) -> Message:
    """One sentence for the whole plan."""
    return sentence(whole.team, whole.action, [(c.cluster, c.outcome) for c in whole.clusters])


def sentence(team: str, action: Action, outcomes: Sequence[tuple[str, Outcome]]) -> Message:
    """The same from what a plan comes to on each of its clusters."""
    found: list[Outcome] = [outcome for _, outcome in outcomes]
    counts, whole = Counter(found), together(found)
    return message(
        f"planning.plan-{action}-{whole}",
        team=team,
        clusters=len(outcomes),
        change=counts["change"],
        nothing=counts["nothing"],
        stopped=counts["stopped"],
        names=", ".join(name for name, outcome in outcomes if outcome == whole) or "-",
    )

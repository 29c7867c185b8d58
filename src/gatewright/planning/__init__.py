"""Pure: (what is wanted, what was observed) -> a plan. Nothing here reads a clock, a file or a network.

The shell asks what to observe, observes exactly that, asks which bundle contents to fetch, and gets a plan:

    interests.interests_of(known, team, action) -> Interests
    interests.needed_bundles(observation, known) -> frozenset[BundleName]
    plans.plan_cluster(ClusterRequest) -> ClusterPlan          (install.py, leave.py)
    plans.plan(team, action, cluster_plans) -> Plan
    plans.summary(plan) / plans.cluster_summary(cluster_plan) -> Message

Before and during a rollout:

    staleness.unmoved(verdict, seen, wanted, installation) -> "as-planned" | "done" | "moved"    one object, one step
    staleness.moved(planned, now) -> tuple[ObjectRef, ...]      two plans of one cluster: what no longer holds
    writes.manifest_of(plan, ref, bundle, installation) -> Manifest    what a step applies
"""

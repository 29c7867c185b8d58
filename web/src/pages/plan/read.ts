/** What a plan comes to: pure sums over what the server planned, in the order in which a person must read it. */
import type { ClusterPlan, Finding, Message, ObjectRef, ObjectVerdict, Plan, PlanAnswer } from "~/api/schema";
import type { VerdictName } from "~/lib/states";
import type { Tone } from "~/theme/palette";

export type Outcome = PlanAnswer["outcome"];

export const outcomeTone: Record<Outcome, Tone> = { change: "progressing", nothing: "healthy", stopped: "unhealthy" };

/** What forbids to start comes first, what stays as it is last. */
export const ORDER: readonly VerdictName[] = [
  "conflict",
  "blocked",
  "wait",
  "delete",
  "adopt",
  "update",
  "create",
  "share",
  "keep",
  "unchanged",
];
const STOPS: ReadonlySet<VerdictName> = new Set(["conflict", "blocked", "wait"]);
const WRITES: ReadonlySet<VerdictName> = new Set(["create", "update", "adopt", "delete"]);

/** Reasons that end when Gatewright is given the custody of the cluster's Gateway API. */
const ENDED_BY_CUSTODY: ReadonlySet<string> = new Set([
  "planning.crd-absent-observe",
  "planning.crd-foreign",
  "planning.crd-gatewright",
  "planning.crd-differs-observe",
  "planning.crd-modified",
  "planning.object-foreign-equal",
  "planning.policy-foreign",
]);

export const stops = (verdict: ObjectVerdict): boolean => STOPS.has(verdict.verdict);

export function outcomeOf(cluster: ClusterPlan): Outcome {
  if (cluster.verdicts.some(stops) || cluster.findings?.some((one) => one.severity === "block")) return "stopped";
  return cluster.steps?.length ? "change" : "nothing";
}

/** What blocks first, then what changes; the order of the rollout is in the approval. */
export const OUTCOMES: readonly Outcome[] = ["stopped", "change", "nothing"];

/** The clusters with one of these outcomes (none: with any) whose name has every word, in the order of reading. */
export function listed(
  clusters: readonly ClusterPlan[],
  words: string,
  wanted: readonly string[],
): { cluster: ClusterPlan; outcome: Outcome }[] {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  return clusters
    .map((cluster) => ({ cluster, outcome: outcomeOf(cluster) }))
    .filter(
      ({ cluster, outcome }) =>
        (!wanted.length || wanted.includes(outcome)) &&
        parts.every((part) => cluster.cluster.toLowerCase().includes(part)),
    )
    .sort((a, b) => OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome));
}

/** How many clusters come to what. */
export function outcomes(plan: Plan): Record<Outcome, number> {
  const found: Record<Outcome, number> = { change: 0, nothing: 0, stopped: 0 };
  for (const cluster of plan.clusters) found[outcomeOf(cluster)] += 1;
  return found;
}

/** How many objects of these clusters get which verdict, in the order of reading; what is none is left out. */
export function counts(clusters: readonly ClusterPlan[]): [verdict: VerdictName, count: number][] {
  const found = new Map<VerdictName, number>();
  for (const cluster of clusters) {
    for (const { verdict } of cluster.verdicts) found.set(verdict, (found.get(verdict) ?? 0) + 1);
  }
  return ORDER.flatMap((verdict): [VerdictName, number][] => {
    const count = found.get(verdict);
    return count ? [[verdict, count]] : [];
  });
}

/** What a rollout of the plan would write, in the clusters that it would change. */
export function written(plan: Plan): [verdict: VerdictName, count: number][] {
  const changed = plan.clusters.filter((cluster) => outcomeOf(cluster) === "change");
  return counts(changed).filter(([verdict]) => WRITES.has(verdict));
}

/** One thing that forbids to start, or is worth knowing before: what, of which objects, and what helps. */
export interface Point {
  key: string;
  cluster: string;
  remedy: Message | null;
  /** Of a preflight rule. */
  finding?: Finding;
  /** Objects that the same remedy helps. */
  verdicts: ObjectVerdict[];
  /** Whether giving Gatewright the custody of the cluster ends it. */
  custody: boolean;
}

export function blocks(plan: Plan): Point[] {
  return plan.clusters.flatMap((cluster) => [...found(cluster, "block"), ...stopped(cluster)]);
}

export function warnings(plan: Plan): Point[] {
  return plan.clusters.flatMap((cluster) => found(cluster, "warn"));
}

function found(cluster: ClusterPlan, severity: Finding["severity"]): Point[] {
  return (cluster.findings ?? [])
    .filter((finding) => finding.severity === severity)
    .map((finding, index) => ({
      key: `${cluster.cluster}/${finding.code}/${index}`,
      cluster: cluster.cluster,
      remedy: finding.remedy,
      finding,
      verdicts: [],
      custody: false,
    }));
}

function stopped(cluster: ClusterPlan): Point[] {
  const groups = new Map<string, Point>();
  for (const verdict of cluster.verdicts.filter(stops)) {
    // The words of a remedy name the cluster and the owner: equal parameters but for the object mean one remedy.
    const { crd: _, object: __, differences: ___, ...params } = verdict.remedy?.params ?? {};
    const key = `${cluster.cluster}/${verdict.remedy?.key ?? verdict.reason.key}/${JSON.stringify(params)}`;
    const group = groups.get(key) ?? {
      key,
      cluster: cluster.cluster,
      remedy: verdict.remedy ?? null,
      verdicts: [],
      custody: ENDED_BY_CUSTODY.has(verdict.reason.key),
    };
    group.verdicts.push(verdict);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Points that say the same of several clusters, in the order of the first of each. */
export function alike(points: readonly Point[]): Point[][] {
  const found = new Map<string, Point[]>();
  for (const point of points) {
    const what = point.finding ? point.finding.code : point.verdicts.map((one) => one.reason.key).join();
    const key = `${what}/${point.remedy?.key ?? ""}/${point.custody}`;
    const list = found.get(key);
    if (list) list.push(point);
    else found.set(key, [point]);
  }
  return [...found.values()];
}

export interface Group {
  verdict: VerdictName;
  verdicts: ObjectVerdict[];
}

/** The objects of a cluster by verdict, in the order of reading; within one, in the order of the plan. */
export function groups(cluster: ClusterPlan): Group[] {
  const found = new Map<VerdictName, ObjectVerdict[]>();
  for (const one of cluster.verdicts) {
    const list = found.get(one.verdict);
    if (list) list.push(one);
    else found.set(one.verdict, [one]);
  }
  return ORDER.flatMap((verdict) => {
    const verdicts = found.get(verdict);
    return verdicts ? [{ verdict, verdicts }] : [];
  });
}

export function idOf(ref: ObjectRef): string {
  return `${ref.api_version}/${ref.kind}/${ref.namespace ?? ""}/${ref.name}`;
}

/** What would be applied, where the plan carries it (of CRDs and the policy it has the digest only). */
export function manifestOf(cluster: ClusterPlan, ref: ObjectRef): Record<string, unknown> | undefined {
  return cluster.manifests?.find((manifest) => {
    const metadata = (manifest["metadata"] ?? {}) as { name?: string; namespace?: string };
    return (
      manifest["kind"] === ref.kind &&
      metadata.name === ref.name &&
      (metadata.namespace ?? "") === (ref.namespace ?? "")
    );
  });
}

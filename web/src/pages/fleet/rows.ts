/** The fleet's rows as the page counts, orders and filters them. Pure. */
import type { Counts, FleetRow } from "~/api/schema";
import { type HealthState, WORST } from "~/lib/states";

export const CONCERNS = ["unseen", "skew", "drift", "certificates", "rollout"] as const;
/** Beside its health, why somebody may look for a cluster. */
export type Concern = (typeof CONCERNS)[number];

export function concernsOf(row: FleetRow): Concern[] {
  const found: Concern[] = [];
  if (row.reachability === "unreachable" || row.reachability === "forbidden") found.push("unseen");
  if (row.skews?.length) found.push("skew");
  if (row.drifts) found.push("drift");
  if (row.certificates?.bad) found.push("certificates");
  if (row.rollout) found.push("rollout");
  return found;
}

export interface Summary {
  states: Record<HealthState, number>;
  concerns: Record<Concern, number>;
}

export function summaryOf(rows: readonly FleetRow[]): Summary {
  const states: Summary["states"] = { unhealthy: 0, degraded: 0, unknown: 0, progressing: 0, healthy: 0 };
  const concerns: Summary["concerns"] = { unseen: 0, skew: 0, drift: 0, certificates: 0, rollout: 0 };
  for (const row of rows) {
    states[row.state] += 1;
    for (const concern of concernsOf(row)) concerns[concern] += 1;
  }
  return { states, concerns };
}

/** Of objects: how many are well, of how many, and the worst state among them. */
export function tally(counts: Counts | undefined): { good: number; all: number; tone: HealthState } {
  const of = (state: HealthState) => counts?.[state] ?? 0;
  const all = WORST.reduce((sum, state) => sum + of(state), 0);
  return { good: of("healthy"), all, tone: WORST.find((state) => of(state) > 0) ?? "unknown" };
}

/** A number that sorts the worst first: by the worst state, then by how many are in it. */
export function badness(counts: Counts | undefined): number {
  const { tone } = tally(counts);
  return WORST.indexOf(tone) * 1e6 - (counts?.[tone] ?? 0);
}

const urgency = (row: FleetRow) => WORST.indexOf(row.state) * 1e6 - (row.errors ?? 0) * 1e3 - (row.warnings ?? 0);

/** The names, the worst first. */
export function worstFirst(rows: readonly FleetRow[]): string[] {
  return [...rows]
    .sort((a, b) => urgency(a) - urgency(b) || (a.cluster < b.cluster ? -1 : 1))
    .map((row) => row.cluster);
}

/** The rows in the order of `names`; those that it does not know at the end. */
export function inOrder(rows: readonly FleetRow[], names: readonly string[]): FleetRow[] {
  const places = new Map(names.map((name, index) => [name, index]));
  const place = (row: FleetRow) => places.get(row.cluster) ?? names.length;
  return [...rows].sort((a, b) => place(a) - place(b));
}

/** Whether both name the same clusters. */
export function sameClusters(rows: readonly FleetRow[], names: readonly string[]): boolean {
  if (rows.length !== names.length) return false;
  const known = new Set(names);
  return rows.every((row) => known.has(row.cluster));
}

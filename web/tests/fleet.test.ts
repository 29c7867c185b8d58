import { expect, test } from "vitest";
import type { Batch } from "~/api/live";
import type { FleetRow } from "~/api/schema";
import { patchStates } from "~/pages/fleet/queries";
import { badness, concernsOf, inOrder, sameClusters, summaryOf, tally, worstFirst } from "~/pages/fleet/rows";

const row = (cluster: string, more: Partial<FleetRow> = {}): FleetRow => ({
  cluster,
  state: "healthy",
  reachability: "reachable",
  since: "",
  ...more,
});

const batch = (clusters: [string, FleetRow["state"]][]): Batch => ({
  reset: false,
  clusters: new Map(clusters),
  names: new Set(clusters.map(([name]) => name)),
  changes: [],
});

test("a state that is told changes its row alone, and nothing else", () => {
  const rows = [row("a"), row("b")];
  const patched = patchStates(rows, batch([["b", "degraded"]])) as FleetRow[];
  expect(patched[0]).toBe(rows[0]);
  expect(patched[1]?.state).toBe("degraded");
  expect(patchStates(rows, batch([["a", "healthy"]]))).toBe(rows);
  expect(patchStates(rows, batch([["c", "degraded"]]))).toBe(rows);
});

test("the worst stand first, and keep their places while they change", () => {
  const rows = [row("a"), row("b", { state: "degraded" }), row("c", { state: "unhealthy" }), row("d", { errors: 2 })];
  const order = worstFirst(rows);
  expect(order).toEqual(["c", "b", "d", "a"]);
  const later = [row("a", { state: "unhealthy" }), row("b"), row("c"), row("d"), row("e")];
  expect(inOrder(later, order).map((one) => one.cluster)).toEqual(["c", "b", "d", "a", "e"]);
  expect(sameClusters(later, order)).toBe(false);
  expect(sameClusters(later.slice(0, 4), order)).toBe(true);
});

test("the summary counts states and concerns", () => {
  const rows = [
    row("a", { reachability: "unreachable", state: "unknown", drifts: 2 }),
    row("b", { certificates: { count: 3, bad: 1 } }),
    row("c", { reachability: "slow" }),
  ];
  const { states, concerns } = summaryOf(rows);
  expect(states).toEqual({ unhealthy: 0, degraded: 0, unknown: 1, progressing: 0, healthy: 2 });
  expect(concerns).toEqual({ unseen: 1, skew: 0, drift: 1, certificates: 1, rollout: 0 });
  expect(concernsOf(rows[0] as FleetRow)).toEqual(["unseen", "drift"]);
});

test("objects are told by how many are well and by the worst of them", () => {
  expect(tally({ healthy: 10, degraded: 2 })).toEqual({ good: 10, all: 12, tone: "degraded" });
  expect(tally(undefined)).toEqual({ good: 0, all: 0, tone: "unknown" });
  const counts = [{ healthy: 3 }, { unhealthy: 1 }, { degraded: 9 }, { unhealthy: 4 }];
  expect([...counts].sort((a, b) => badness(a) - badness(b))).toEqual([
    { unhealthy: 4 },
    { unhealthy: 1 },
    { degraded: 9 },
    { healthy: 3 },
  ]);
});

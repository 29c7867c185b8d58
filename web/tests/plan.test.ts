/** What a plan comes to, and in which order a person reads it. */
import { describe, expect, it } from "vitest";
import type { ClusterPlan, ObjectVerdict, Plan, RolloutStatus } from "~/api/schema";
import {
  alike,
  blocks,
  counts,
  groups,
  listed,
  manifestOf,
  outcomeOf,
  outcomes,
  warnings,
  written,
} from "~/pages/plan/read";
import { inOrder } from "~/pages/rollouts/states";

function verdict(name: string, what: ObjectVerdict["verdict"], more: Partial<ObjectVerdict> = {}): ObjectVerdict {
  const ref = { api_version: "v1", kind: "Namespace", name };
  return { ref, verdict: what, reason: { key: `planning.${what}` }, ...more };
}

const step = { kind: "check", title: { key: "k" } } as const;
const foreign = (crd: string, owner = "kubectl"): Partial<ObjectVerdict> => ({
  reason: { key: "planning.crd-foreign", params: { crd } },
  remedy: { key: "planning.crd-foreign.remedy", params: { crd, owner } },
});

function cluster(name: string, verdicts: ObjectVerdict[], more: Partial<ClusterPlan> = {}): ClusterPlan {
  return { cluster: name, uid: name, bundle: null, verdicts, ...more };
}

const plan: Plan = {
  team: "orders",
  action: "install",
  clusters: [
    cluster("a", [verdict("x", "create"), verdict("y", "update"), verdict("z", "unchanged")], { steps: [step] }),
    cluster("b", [
      verdict("p", "create"),
      verdict("q", "conflict", foreign("q")),
      verdict("r", "conflict", foreign("r")),
      verdict("s", "conflict", foreign("s", "helm")),
    ]),
    cluster("c", [verdict("x", "unchanged")], {
      findings: [{ code: "preflight.w", severity: "warn", message: { key: "m" }, remedy: { key: "r" } }],
    }),
    cluster("d", [], {
      findings: [{ code: "preflight.b", severity: "block", message: { key: "m" }, remedy: { key: "r" } }],
    }),
  ],
};

describe("a plan", () => {
  it("tells the outcome of each cluster", () => {
    expect(plan.clusters.map(outcomeOf)).toEqual(["change", "stopped", "nothing", "stopped"]);
    expect(outcomes(plan)).toEqual({ change: 1, nothing: 1, stopped: 2 });
  });

  it("counts verdicts with what stops first", () => {
    expect(counts(plan.clusters)).toEqual([
      ["conflict", 3],
      ["update", 1],
      ["create", 2],
      ["unchanged", 2],
    ]);
  });

  it("repeats at the approval only what would be written", () => {
    expect(written(plan)).toEqual([
      ["update", 1],
      ["create", 1],
    ]);
  });

  it("puts objects that one remedy helps together, and findings beside them", () => {
    const found = blocks(plan);
    expect(found.map((point) => [point.cluster, point.verdicts.length, point.custody])).toEqual([
      ["b", 2, true],
      ["b", 1, true],
      ["d", 0, false],
    ]);
    expect(new Set(found.map((point) => point.key)).size).toBe(3);
    expect(warnings(plan).map((point) => point.finding?.code)).toEqual(["preflight.w"]);
  });

  it("groups the objects of a cluster in the order of reading", () => {
    const [, second] = plan.clusters;
    expect(groups(second as ClusterPlan).map((group) => [group.verdict, group.verdicts.length])).toEqual([
      ["conflict", 3],
      ["create", 1],
    ]);
  });

  it("finds what would be applied by kind, namespace and name", () => {
    const manifest = { kind: "Service", metadata: { name: "t", namespace: "n" } };
    const one = cluster("a", [], { manifests: [{ kind: "Service", metadata: { name: "t" } }, manifest] });
    expect(manifestOf(one, { api_version: "v1", kind: "Service", name: "t", namespace: "n" })).toBe(manifest);
    expect(manifestOf(one, { api_version: "v1", kind: "Service", name: "u" })).toBeUndefined();
  });
});

describe("rollouts", () => {
  const rollout = (id: string, state: RolloutStatus["state"], created_at: string): RolloutStatus => ({
    id,
    state,
    created_at,
    team: "orders",
    plan: "h",
    wish: "run",
    generation: 1,
  });

  it("are listed with what runs first, then what waits for a person", () => {
    const found = inOrder([
      rollout("old", "succeeded", "2026-01-01"),
      rollout("new", "aborted", "2026-03-01"),
      rollout("failed", "failed", "2026-01-02"),
      rollout("running", "running", "2025-01-01"),
    ]);
    expect(found.map((one) => one.id)).toEqual(["running", "failed", "new", "old"]);
  });
});

describe("a plan of very many clusters", () => {
  it("says once what is the same on several clusters", () => {
    const twice: Plan = {
      ...plan,
      clusters: [...plan.clusters, ...plan.clusters.map((one) => ({ ...one, cluster: `${one.cluster}2` }))],
    };
    const found = alike(blocks(twice)).map((group) => group.map((one) => one.cluster));
    expect(found).toEqual([
      ["b", "b2"],
      ["b", "b2"],
      ["d", "d2"],
    ]);
    expect(alike([])).toEqual([]);
  });

  it("lists what blocks first, and finds by name and outcome", () => {
    const names = (words: string, wanted: string[]) =>
      listed(plan.clusters, words, wanted).map((one) => one.cluster.cluster);
    expect(names("", [])).toEqual(["b", "d", "a", "c"]);
    expect(names("", ["change", "nothing"])).toEqual(["a", "c"]);
    expect(names(" D ", [])).toEqual(["d"]);
    expect(names("d", ["change"])).toEqual([]);
  });
});

/** A rollout of very many clusters: what needs somebody is first, and one finds a cluster by state and name. */
import { describe, expect, it } from "vitest";
import type { RolloutStatus, TargetStatus } from "~/api/schema";
import { counted, MANY, placed } from "~/pages/rollout/targets";

function rollout(states: TargetStatus["state"][]): RolloutStatus {
  const targets = states.map((state, index) => ({ cluster: `c-${String(index + 1).padStart(3, "0")}`, state }));
  return { id: "r", team: "t", plan: "p", state: "running", wish: "run", generation: 1, created_at: "", targets };
}

const places = (found: ReturnType<typeof placed>) => found.map((one) => one.place);
const done = Array.from({ length: MANY }, () => "succeeded" as const);

describe("the board", () => {
  it("keeps a few clusters in the order of their turns", () => {
    expect(places(placed(rollout(["succeeded", "failed", "pending"]), "", []))).toEqual([1, 2, 3]);
  });

  it("shows of many what needs somebody first, and keeps the place of each", () => {
    const many = rollout([...done, "pending", "running", "failed", "pending"]);
    const first = places(placed(many, "", [])).slice(0, 5);
    expect(first).toEqual([MANY + 3, MANY + 2, MANY + 1, MANY + 4, 1]);
    expect(placed(many, "", [])).toHaveLength(MANY + 4);
  });

  it("finds by state and by every word of the name", () => {
    const many = rollout([...done, "pending", "failed"]);
    expect(places(placed(many, "", ["failed", "pending"]))).toEqual([MANY + 2, MANY + 1]);
    expect(places(placed(many, " C- 007 ", []))).toEqual([7]);
    expect(places(placed(many, "007", ["failed"]))).toEqual([]);
  });

  it("counts the states that there are", () => {
    expect(counted(rollout(["succeeded", "pending", "failed", "pending"]))).toEqual([
      ["failed", 1],
      ["pending", 2],
      ["succeeded", 1],
    ]);
    expect(counted({ ...rollout([]), targets: [] })).toEqual([]);
  });
});

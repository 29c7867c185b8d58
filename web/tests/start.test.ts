import { expect, test } from "vitest";
import type { FleetRow, ProbeResult, RolloutStatus, TeamView } from "~/api/schema";
import { progressOf, STEPS, versionsOf } from "~/pages/start/progress";

const row = (more: Partial<FleetRow> = {}): FleetRow => ({
  cluster: "a",
  state: "healthy",
  reachability: "reachable",
  since: "",
  ...more,
});
const stack = { team: "t", name: "main", bundle: { version: "v1.6.1" }, controller: { name: "traefik", version: "3" } };
const team = (more: Partial<TeamView> = {}): TeamView => ({ team: { name: "t" }, bindings: [], stacks: [], ...more });
const bound = team({ bindings: [{ team: "t", cluster: "a", stack: "main" }], stacks: [stack] });
const controllers = [{ name: "traefik", version: "3", namespace: "n", available: true }];
const none = { clusters: [], teams: [], rollouts: [], probes: [] };
const probe = { outcome: "ok" } as ProbeResult;

test("each step is done when what it makes is there", () => {
  expect(progressOf(none).next).toBe("cluster");
  expect(progressOf({ ...none, clusters: [row()] }).next).toBe("team");
  expect(progressOf({ ...none, clusters: [row()], teams: [team()] }).next).toBe("bind");
  const seen = { ...none, clusters: [row()], teams: [bound] };
  expect(progressOf(seen).next).toBe("install");
  const level = { bundle: "v1.6.1", channel: "standard", controllers };
  expect(progressOf({ ...seen, clusters: [row(level)] }).next).toBe("install");
  const rollout = { team: "t", targets: [{ cluster: "a", state: "succeeded" }] } as RolloutStatus;
  expect(progressOf({ ...seen, clusters: [row(level)], rollouts: [rollout] }).next).toBe("traffic");
  const installed = { ...seen, clusters: [row({ ...level, custody: "own" })] };
  expect(progressOf(installed).next).toBe("traffic");
  expect(progressOf({ ...installed, probes: [probe] }).next).toBe(null);
});

test("another release, another channel or a controller that is down is not installed", () => {
  const wrong: Partial<FleetRow>[] = [
    { bundle: "v1.4.1", channel: "standard", controllers },
    { bundle: "v1.6.1", channel: "experimental", controllers },
    { bundle: "v1.6.1", channel: "standard" },
    { bundle: "v1.6.1", channel: "standard", controllers: controllers.map((one) => ({ ...one, available: false })) },
  ];
  for (const more of wrong) {
    expect(progressOf({ ...none, clusters: [row({ ...more, custody: "own" })], teams: [bound] }).done.install).toBe(
      false,
    );
  }
});

test("the team and cluster in hand come first", () => {
  const other = team({ team: { name: "u" } });
  expect(progressOf({ ...none, teams: [bound, other] }, "u").team?.team.name).toBe("u");
  expect(progressOf({ ...none, teams: [other, bound] }).team?.team.name).toBe("t");
  expect(STEPS).toHaveLength(5);
});

test("the versions of the schema, and none of what is no schema", () => {
  const schema = JSON.parse(`{"properties": {"spec": {"properties": {
    "bundle": {"properties": {"version": {"enum": ["v2", "v1"]}}},
    "controller": {"allOf": [{
      "if": {"properties": {"name": {"const": "traefik"}}},
      "then": {"properties": {"version": {"anyOf": [{"enum": ["3"]}, {}]}}}}]}}}}}`);
  expect(versionsOf(schema)).toEqual({ bundles: ["v2", "v1"], controllers: ["3"] });
  expect(versionsOf(null)).toEqual({ bundles: [], controllers: [] });
});

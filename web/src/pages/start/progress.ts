/** How far an installation has come, told by what is there and by nothing else: so it can be left and resumed. Pure. */
import type { Binding, FleetRow, ProbeResult, RolloutStatus, Stack, TeamView } from "~/api/schema";

export const STEPS = ["cluster", "team", "bind", "install", "traffic"] as const;
export type StepName = (typeof STEPS)[number];

export interface Seen {
  clusters: readonly FleetRow[];
  teams: readonly TeamView[];
  rollouts: readonly RolloutStatus[];
  probes: readonly ProbeResult[];
}

export interface Progress {
  done: Record<StepName, boolean>;
  /** The first that is not done; null when all are. */
  next: StepName | null;
  /** The team, binding and stack that the steps speak of: those in hand, else the first that are there. */
  team: TeamView | undefined;
  binding: Binding | undefined;
  stack: Stack | undefined;
  row: FleetRow | undefined;
  rollout: RolloutStatus | undefined;
  /** A probe that went through. */
  answered: ProbeResult | undefined;
}

export function progressOf(seen: Seen, teamInHand?: string, clusterInHand?: string): Progress {
  const { clusters, teams, rollouts, probes } = seen;
  const team =
    teams.find((one) => one.team.name === teamInHand) ?? teams.find((one) => one.bindings.length > 0) ?? teams[0];
  const binding = team?.bindings.find((one) => one.cluster === clusterInHand) ?? team?.bindings[0];
  const row = clusters.find((one) => one.cluster === (binding?.cluster ?? clusterInHand)) ?? clusters[0];
  const stack = team?.stacks.find((one) => one.name === binding?.stack) ?? team?.stacks[0];
  const rollout = rollouts.find((one) => one.team === team?.team.name);
  const answered = probes.find((one) => one.outcome === "ok");
  const done = {
    cluster: clusters.length > 0,
    team: teams.length > 0,
    bind: binding !== undefined,
    install: installed(binding, stack, row, rollouts),
    traffic: answered !== undefined,
  };
  const next = STEPS.find((step) => !done[step]) ?? null;
  return { done, next, team, binding, stack, row, rollout, answered };
}

/** Whether the cluster has what the stack of the binding wants, and has it from us. */
function installed(
  binding: Binding | undefined,
  stack: Stack | undefined,
  row: FleetRow | undefined,
  rollouts: readonly RolloutStatus[],
): boolean {
  if (!binding?.stack || !stack || stack.name !== binding.stack || row?.cluster !== binding.cluster) return false;
  const rolled = rollouts.some(
    (one) =>
      one.team === binding.team &&
      one.targets?.some((target) => target.cluster === binding.cluster && target.state === "succeeded"),
  );
  if (!rolled && row.custody !== "own") return false;
  const { bundle, controller } = stack;
  const level = row.bundle === bundle.version && row.channel === (bundle.channel ?? "standard");
  return level && (!controller || (row.controllers ?? []).some((one) => one.name === controller.name && one.available));
}

/** The versions that the installation knows, from the schema of a Stack: newest first. */
export function versionsOf(schema: unknown): { bundles: string[]; controllers: string[] } {
  const spec = at(schema, "properties", "spec", "properties");
  const bundles = texts(at(spec, "bundle", "properties", "version", "enum"));
  const rules = at(spec, "controller", "allOf");
  const rule = Array.isArray(rules)
    ? rules.find((one) => at(one, "if", "properties", "name", "const") === "traefik")
    : undefined;
  const choices = at(rule, "then", "properties", "version", "anyOf");
  const controllers = Array.isArray(choices) ? choices.flatMap((one) => texts(at(one, "enum"))) : [];
  return { bundles, controllers };
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (typeof found === "object" && found !== null ? (found as Record<string, unknown>)[key] : undefined),
    value,
  );
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

/** A Gateway and a route that answer without a backend, so that traffic can be seen at once. */
export function sample(namespace: string, gatewayClass: string, port: number): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: hello
  namespace: ${namespace}
spec:
  gatewayClassName: ${gatewayClass}
  listeners:
  - name: web
    protocol: HTTP
    port: ${port}
    hostname: hello.example.com
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: hello
  namespace: ${namespace}
spec:
  parentRefs:
  - name: hello
  hostnames:
  - hello.example.com
  rules:
  - filters:
    - type: RequestRedirect
      requestRedirect:
        hostname: example.com
        statusCode: 302
`;
}

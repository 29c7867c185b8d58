/** The states that the API knows, the order in which they matter, and the tone of each. */
import type { ClusterStatus, LiveChange, ObjectVerdict } from "~/api/schema";
import type { Tone } from "~/theme/palette";

export type HealthState = NonNullable<LiveChange["state"]>;
export type Reach = ClusterStatus["reachability"];
export type VerdictName = ObjectVerdict["verdict"];
export type Severity = "info" | "warning" | "error";

/** Worst first: how rows are sorted by state. */
export const WORST: readonly HealthState[] = ["unhealthy", "degraded", "unknown", "progressing", "healthy"];

export const reachabilityTone: Record<Reach, Tone> = {
  reachable: "healthy",
  slow: "degraded",
  unreachable: "unhealthy",
  forbidden: "unhealthy",
};

export const verdictTone: Record<VerdictName, Tone> = {
  create: "progressing",
  update: "progressing",
  adopt: "degraded",
  share: "healthy",
  unchanged: "healthy",
  keep: "healthy",
  delete: "degraded",
  wait: "unknown",
  conflict: "unhealthy",
  blocked: "unhealthy",
};

export const severityTone: Record<Severity, Tone> = { info: "plain", warning: "degraded", error: "unhealthy" };

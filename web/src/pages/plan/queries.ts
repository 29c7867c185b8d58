/** Plans, as pages read them. A plan never changes: what its hash named once, it names for ever. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "~/api/client";
import type { Plan, PlanAnswer } from "~/api/schema";

export const plan = (hash: string) =>
  queryOptions({
    queryKey: ["plans", hash],
    queryFn: ({ signal }) => api("GET /plans/{hash}", { path: { hash }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The rollouts of a team, for the one that carries this plan out. */
export const rolloutsOf = (team: string) =>
  queryOptions({
    queryKey: ["rollouts", "of", team],
    queryFn: ({ signal }) => api("GET /rollouts", { query: { team, limit: 50 }, signal }),
    staleTime: 5_000,
    enabled: team !== "",
  });

/** Looks at the clusters again. The same hash: nothing that matters has changed. */
export function again(old: Plan, clusters = old.clusters.map((one) => one.cluster)): Promise<PlanAnswer> {
  return api("POST /plans", {
    body: { team: old.team, clusters, action: old.action, keep_crds: old.keep_crds ?? false },
  });
}

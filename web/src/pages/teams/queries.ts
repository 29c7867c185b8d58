/** What the list of teams reads beside the teams themselves. */
import { queryOptions } from "@tanstack/react-query";
import { all, api } from "~/api/client";
import { touches } from "~/api/live";

/** Every team rolled up: clusters by state, the first cause, how its clusters differ. */
export const teamsHealth = () =>
  queryOptions({
    queryKey: ["health", "of-teams"],
    queryFn: ({ signal }) => api("GET /health/teams", { signal }),
    staleTime: 60_000,
    meta: { live: touches.clusters },
  });

export const rollouts = (team?: string) =>
  queryOptions({
    queryKey: ["rollouts", team ?? ""],
    queryFn: ({ signal }) => all("GET /rollouts", { query: { ...(team && { team }) }, signal }),
    staleTime: 10_000,
    refetchInterval: 20_000,
  });

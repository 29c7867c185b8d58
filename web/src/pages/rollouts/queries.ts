/** Rollouts, as pages read them: what runs is asked for often, the rest seldom. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "~/api/client";
import { driven, ended } from "./states";

/** The newest of them; older ones are in the audit. */
export const NEWEST = 300;
const RUNNING = 2_000;
const RESTING = 20_000;

export const rollouts = (team?: string) =>
  queryOptions({
    queryKey: ["rollouts", "list", team ?? ""],
    queryFn: ({ signal }) => api("GET /rollouts", { query: { ...(team && { team }), limit: NEWEST }, signal }),
    staleTime: 1_000,
    refetchInterval: (query) => (query.state.data?.some((one) => driven(one.state)) ? RUNNING : RESTING),
  });

export const plans = (team?: string) =>
  queryOptions({
    queryKey: ["plans", "list", team ?? ""],
    queryFn: ({ signal }) => api("GET /plans", { query: { ...(team && { team }), limit: NEWEST }, signal }),
    staleTime: 1_000,
    refetchInterval: RESTING,
  });

/** While it runs its log says when to read it anew; the interval is for what the log does not tell, and for what others
 * ask of one that rests. */
export const rollout = (id: string) =>
  queryOptions({
    queryKey: ["rollouts", "one", id],
    queryFn: ({ signal }) => api("GET /rollouts/{id}", { path: { id }, signal }),
    staleTime: 0,
    refetchInterval: (query) => (query.state.data && !ended(query.state.data.state) ? 5_000 : false),
  });

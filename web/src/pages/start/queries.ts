/** What the steps are judged by, read again while somebody is on the way. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { api } from "~/api/client";
import { touches } from "~/api/live";
import * as queries from "~/api/queries";
import { matrix } from "~/pages/fleet/queries";
import { useSession } from "~/shell/session";
import { type Progress, progressOf } from "./progress";

const EVERY = 5_000;

const rollouts = () =>
  queryOptions({
    queryKey: ["rollouts", "start"],
    queryFn: ({ signal }) => api("GET /rollouts", { query: { limit: 20 }, signal }),
    refetchInterval: EVERY,
  });

const probes = () =>
  queryOptions({
    queryKey: ["probes", "start"],
    queryFn: ({ signal }) => api("GET /probes", { query: { limit: 200 }, signal }),
    refetchInterval: EVERY,
    meta: { live: touches.any },
  });

export const stackSchema = () =>
  queryOptions({
    queryKey: ["schemas", "Stack"],
    queryFn: ({ signal }) => api("GET /schemas/{kind}", { path: { kind: "Stack" }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export interface Known {
  /** Undefined while it is read for the first time. */
  progress: Progress | undefined;
  clusters: string[];
  teams: string[];
  error: unknown;
  refetch: () => void;
}

/** What the person may not read counts as absent. */
export function useProgress(team: string | undefined, cluster: string | undefined): Known {
  const { may } = useSession();
  const fleet = useQuery({ ...matrix(), enabled: may("fleet.read"), refetchInterval: EVERY });
  const teams = useQuery({ ...queries.teams(), enabled: may("team.read"), refetchInterval: EVERY });
  const made = useQuery({ ...rollouts(), enabled: may("rollout.read") });
  const probed = useQuery({ ...probes(), enabled: may("probe.read") });
  const all = [fleet, teams, made, probed];
  const waiting = all.some((query) => query.isLoading);
  const seen = {
    clusters: fleet.data ?? [],
    teams: teams.data ?? [],
    rollouts: made.data ?? [],
    probes: probed.data ?? [],
  };
  return {
    progress: waiting ? undefined : progressOf(seen, team, cluster),
    clusters: seen.clusters.map((row) => row.cluster),
    teams: seen.teams.map((one) => one.team.name),
    error: all.find((query) => query.error)?.error ?? null,
    refetch: () => {
      for (const query of all) if (query.error) void query.refetch();
    },
  };
}

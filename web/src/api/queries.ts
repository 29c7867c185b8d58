/**
 * What pages read, one function per resource: the key, the request, how long it is fresh, and what change touches it.
 *
 *   const { data, error, isPending, refetch } = useQuery(queries.teams());
 *
 * A key begins with the resource (`["clusters", name, "health"]`), so that a mutation can say
 * `queries.invalidate(client, "clusters")`. Pages add their own in `pages/<page>/queries.ts` in the same form.
 */
import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import { all, api, ProblemError } from "./client";
import { type Batch, touches } from "./live";
import type { ClusterStatus } from "./schema";

const LIVE = 60_000;
const SELDOM = 30_000;

/** One retry for what no server answered or a fault; a refusal is final. */
export function shouldRetry(count: number, error: Error): boolean {
  const passing = !(error instanceof ProblemError) || error.status === 0 || error.status >= 500;
  return passing && count < 1;
}

/** Reads anew whatever is kept of these resources. */
export function invalidate(client: QueryClient, ...resources: string[]): Promise<void> {
  return client.invalidateQueries({ predicate: (query) => resources.includes(String(query.queryKey[0])) });
}

function patchHealth(data: unknown, batch: Batch): unknown {
  const rows = data as ClusterStatus[];
  const changes = (row: ClusterStatus) => {
    const state = batch.clusters.get(row.cluster);
    return state && state !== (row.health ?? "unknown") ? state : undefined;
  };
  if (!rows.some(changes)) return data;
  return rows.map((row) => {
    const state = changes(row);
    return state ? { ...row, health: state } : row;
  });
}

export const teams = () =>
  queryOptions({
    queryKey: ["teams"],
    queryFn: ({ signal }) => all("GET /teams", { signal }),
    staleTime: SELDOM,
  });

export const bindings = (team?: string) =>
  queryOptions({
    queryKey: ["bindings", team ?? ""],
    queryFn: ({ signal }) => all("GET /bindings", { query: { ...(team && { team }) }, signal }),
    staleTime: SELDOM,
  });

export const clusters = () =>
  queryOptions({
    queryKey: ["clusters"],
    queryFn: ({ signal }) => all("GET /clusters", { signal }),
    staleTime: SELDOM,
  });

/** The clusters as they are watched, of the fleet or of a team. */
export const status = (team?: string) =>
  queryOptions({
    queryKey: ["status", team ?? ""],
    queryFn: ({ signal }) => api("GET /status", { query: { ...(team && { team }) }, signal }),
    staleTime: LIVE,
    placeholderData: keepPreviousData,
    meta: { live: touches.clusters, patch: patchHealth },
  });

export const health = (team?: string) =>
  queryOptions({
    queryKey: ["health", team ?? ""],
    queryFn: ({ signal }) => api("GET /health", { query: { ...(team && { team }) }, signal }),
    staleTime: LIVE,
    meta: { live: touches.any },
  });

/** Every team rolled up: clusters by state, the first cause, how its clusters differ. */
export const teamsHealth = () =>
  queryOptions({
    queryKey: ["health", "of-teams"],
    queryFn: ({ signal }) => api("GET /health/teams", { signal }),
    staleTime: LIVE,
    meta: { live: touches.clusters },
  });

export const clusterHealth = (name: string, team?: string) =>
  queryOptions({
    queryKey: ["clusters", name, "health", team ?? ""],
    queryFn: ({ signal }) =>
      api("GET /clusters/{name}/health", { path: { name }, query: { ...(team && { team }) }, signal }),
    staleTime: LIVE,
    meta: { live: touches.cluster(name) },
  });

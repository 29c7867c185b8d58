/** What the page of a cluster reads, a query for each of its parts. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { all, api } from "~/api/client";
import { touches } from "~/api/live";
import type { ObjectRef } from "~/api/schema";

const LIVE = 60_000;
const MOST = 1000;
const SOME = 100;

export const installation = (name: string) =>
  queryOptions({
    queryKey: ["clusters", name, "installation"],
    queryFn: ({ signal }) => api("GET /clusters/{name}/installation", { path: { name }, signal }),
    staleTime: LIVE,
    meta: { live: touches.cluster(name) },
  });

export const objects = (name: string, team?: string) =>
  queryOptions({
    queryKey: ["clusters", name, "objects", team ?? ""],
    queryFn: ({ signal }) =>
      all("GET /clusters/{name}/objects", { path: { name }, query: { limit: MOST, ...(team && { team }) }, signal }),
    staleTime: LIVE,
    placeholderData: keepPreviousData,
    meta: { live: touches.cluster(name) },
  });

/** The object as it is in the cluster at this moment, as YAML. */
export const live = (name: string, ref: ObjectRef) =>
  queryOptions({
    queryKey: ["clusters", name, "object", ref],
    queryFn: ({ signal }) =>
      api("GET /clusters/{name}/object", {
        path: { name },
        query: { kind: ref.kind, object: ref.name, ...(ref.namespace && { namespace: ref.namespace }) },
        signal,
      }),
    staleTime: 0,
  });

export const drifts = (cluster: string, team?: string) =>
  queryOptions({
    queryKey: ["drifts", cluster, team ?? ""],
    queryFn: ({ signal }) =>
      all("GET /drifts", { query: { cluster, closed: true, limit: MOST, ...(team && { team }) }, signal }),
    staleTime: LIVE,
    meta: { live: touches.cluster(cluster) },
  });

export const probes = (cluster: string, team?: string) =>
  queryOptions({
    queryKey: ["probes", cluster, team ?? ""],
    queryFn: ({ signal }) =>
      all("GET /probes", { query: { cluster: [cluster], limit: MOST, ...(team && { team }) }, signal }),
    staleTime: LIVE,
    meta: { live: touches.cluster(cluster) },
  });

/** Newest first, older ones on demand. */
export const events = (cluster: string, team?: string) =>
  infiniteQueryOptions({
    queryKey: ["events", cluster, team ?? ""],
    queryFn: ({ signal, pageParam }) =>
      api("GET /events", {
        query: { cluster, limit: SOME, ...(team && { team }), ...(pageParam && { before: pageParam }) },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (last) => (last.length < SOME ? undefined : last.at(-1)?.id),
    staleTime: LIVE,
    meta: { live: touches.cluster(cluster) },
  });

/** Looks at the cluster, so it takes a moment; it writes nothing. */
export const removal = (name: string) =>
  queryOptions({
    queryKey: ["clusters", name, "removal"],
    queryFn: ({ signal }) => api("GET /clusters/{name}/removal", { path: { name }, signal }),
    staleTime: 0,
  });

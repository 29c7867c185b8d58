/** What the topology reads: the graph, and of one part of it everything that is known. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "~/api/client";
import { touches } from "~/api/live";
import type { ObjectRef } from "~/api/schema";

export const topology = (team: string | undefined, cluster: string | undefined, limit: number) =>
  queryOptions({
    queryKey: ["topology", team ?? "", cluster ?? "", limit],
    queryFn: ({ signal }) =>
      api("GET /topology", { query: { ...(team && { team }), ...(cluster && { cluster: [cluster] }), limit }, signal }),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
    meta: { live: cluster ? touches.cluster(cluster) : touches.any },
  });

/** The conditions and findings of an object, null where it is not judged (a Service). */
export const judged = (cluster: string, ref: ObjectRef, team?: string) =>
  queryOptions({
    queryKey: ["objects", cluster, ref.kind, ref.namespace ?? "", ref.name, team ?? ""],
    queryFn: async ({ signal }) => {
      const found = await api("GET /objects", {
        query: { cluster: [cluster], kind: [ref.kind], q: ref.name, limit: 1000, ...(team && { team }) },
        signal,
      });
      const same = found.find(
        ({ object }) => object.ref.name === ref.name && (object.ref.namespace ?? "") === (ref.namespace ?? ""),
      );
      return same?.object ?? null;
    },
    staleTime: 60_000,
    meta: { live: touches.cluster(cluster) },
  });

/** The object as the cluster has it now, as YAML. */
export const live = (cluster: string, ref: ObjectRef, team?: string) =>
  queryOptions({
    queryKey: ["object", cluster, ref.kind, ref.namespace ?? "", ref.name, team ?? ""],
    queryFn: ({ signal }) =>
      api("GET /clusters/{name}/object", {
        path: { name: cluster },
        query: { kind: ref.kind, object: ref.name, namespace: ref.namespace ?? "", ...(team && { team }) },
        signal,
      }),
    staleTime: 5_000,
    retry: false,
    meta: { live: touches.cluster(cluster) },
  });

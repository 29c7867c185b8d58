/** What the list of resources reads: as many pages as somebody asked for, and the events of one object. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask } from "~/api/client";
import { touches } from "~/api/live";
import type { SeenObject } from "~/api/schema";
import type { HealthState } from "~/lib/states";

/** How many rows come at once. */
export const PAGE = 500;

export interface Wanted {
  team: string | undefined;
  cluster: string | undefined;
  kinds: readonly string[];
  states: readonly string[];
  q: string;
}

/** The page that is wanted; then the link that the page before had. */
interface Read {
  rows: SeenObject[];
  next: string;
}

export const objects = ({ team, cluster, kinds, states, q }: Wanted) =>
  infiniteQueryOptions({
    queryKey: ["objects", team ?? "", cluster ?? "", kinds.join(), states.join(), q],
    queryFn: async ({ pageParam, signal }): Promise<Read> => {
      const { body, next } = await ask("GET /objects", {
        query: {
          ...(team && { team }),
          ...(cluster && { cluster: [cluster] }),
          kind: [...kinds],
          state: states as HealthState[],
          q,
          limit: PAGE,
          ...(pageParam && { continue: pageParam }),
        },
        signal,
      });
      return { rows: body, next: new URLSearchParams(next.split("?", 2)[1] ?? "").get("continue") ?? "" };
    },
    initialPageParam: "",
    getNextPageParam: (last: Read) => last.next || undefined,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
    meta: { live: cluster ? touches.cluster(cluster) : touches.any },
  });

/** When the state of an object changed, as far as that is kept. `where`: `CLUSTER/KIND NAMESPACE/NAME`. */
export const changes = (cluster: string, where: string, team: string | undefined) =>
  queryOptions({
    queryKey: ["events", "of-object", cluster, where, team ?? ""],
    queryFn: async ({ signal }) => {
      const found = await api("GET /events", {
        query: { cluster, what: "health.object", limit: 1000, ...(team && { team }) },
        signal,
      });
      return found.filter((event) => event.where === where);
    },
    staleTime: 5_000,
    meta: { live: touches.cluster(cluster) },
  });

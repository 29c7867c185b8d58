/** What this page reads. */
import { infiniteQueryOptions } from "@tanstack/react-query";
import { api } from "~/api/client";

const SOME = 200;

export interface Of {
  team: string | undefined;
  cluster: string | undefined;
}

export const given = ({ team, cluster }: Of) => ({ ...(team && { team }), ...(cluster && { cluster }) });

/** The newest first; each further page holds older ones. */
export const log = (of: Of) =>
  infiniteQueryOptions({
    queryKey: ["events", "log", of.team ?? "", of.cluster ?? ""],
    queryFn: ({ signal, pageParam }) =>
      api("GET /events", { query: { ...given(of), limit: SOME, ...(pageParam && { before: pageParam }) }, signal }),
    initialPageParam: "",
    getNextPageParam: (last) => (last.length < SOME ? undefined : last.at(-1)?.id),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

/** What the list of teams reads beside the teams themselves. */
import { queryOptions } from "@tanstack/react-query";
import { all } from "~/api/client";

export const rollouts = (team?: string) =>
  queryOptions({
    queryKey: ["rollouts", team ?? ""],
    queryFn: ({ signal }) => all("GET /rollouts", { query: { ...(team && { team }) }, signal }),
    staleTime: 10_000,
    refetchInterval: 20_000,
  });

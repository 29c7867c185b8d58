/** What the fleet page reads: the matrix, whose states change at once and whose rest follows. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { all } from "~/api/client";
import { type Batch, touches } from "~/api/live";
import type { FleetRow } from "~/api/schema";

const MOST = 1000;

export const matrix = (team?: string) =>
  queryOptions({
    queryKey: ["matrix", team ?? ""],
    queryFn: ({ signal }) => all("GET /matrix", { query: { limit: MOST, ...(team && { team }) }, signal }),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
    // What is told is the state of a cluster as a whole, which a team may see otherwise.
    meta: { live: touches.clusters, ...(!team && { patch: patchStates }) },
  });

/** The rows with the states of the batch; the same array when none of them changes. */
export function patchStates(data: unknown, batch: Batch): unknown {
  const rows = data as FleetRow[];
  const changed = (row: FleetRow) => {
    const state = batch.clusters.get(row.cluster);
    return state && state !== row.state ? state : undefined;
  };
  if (!rows.some(changed)) return data;
  return rows.map((row) => {
    const state = changed(row);
    return state ? { ...row, state } : row;
  });
}

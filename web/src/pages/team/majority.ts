/** What most clusters have of a resource: the digest that is there most often; of several, that of the first cluster.
 * Empty where no two clusters have the same: then none of them is the odd one out. */
import type { MappingCell, ResourceMapping } from "~/api/schema";

export function majority(row: Pick<ResourceMapping, "cells">): string {
  const counts = new Map<string, number>();
  for (const cell of row.cells) {
    if (cell.presence === "present" && cell.digest) counts.set(cell.digest, (counts.get(cell.digest) ?? 0) + 1);
  }
  let found = "";
  let most = 1;
  for (const [digest, count] of counts) if (count > most) [found, most] = [digest, count];
  return found;
}

/** Whether a cluster has something else than most. */
export function isApart(row: Pick<ResourceMapping, "cells" | "agreement">, cell: MappingCell): boolean {
  if (row.agreement !== "different" || cell.presence !== "present") return false;
  const common = majority(row);
  return common !== "" && cell.digest !== common;
}

/** What most clusters have of a resource: the digest that more than any other have. Empty where there is no such one:
 * then none of them is the odd one out, and all of them differ. */
import type { MappingCell, ResourceMapping } from "~/api/schema";

type Count = readonly [digest: string, clusters: number];
const NONE: Count = ["", 0];

export function majority(row: Pick<ResourceMapping, "cells">): string {
  const counts = new Map<string, number>();
  for (const cell of row.cells) {
    if (cell.presence === "present" && cell.digest) counts.set(cell.digest, (counts.get(cell.digest) ?? 0) + 1);
  }
  const [[first, most], [, second]] = [...[...counts].sort((a, b) => b[1] - a[1]), NONE, NONE] as [Count, Count];
  return most > second ? first : "";
}

/** How what a cluster has differs: from what `most` have, or, where all have something else, from the `others`. */
export function apart(row: Pick<ResourceMapping, "cells" | "agreement">, cell: MappingCell): "most" | "others" | null {
  if (row.agreement !== "different" || cell.presence !== "present") return null;
  const common = majority(row);
  if (!common) return "others";
  return cell.digest === common ? null : "most";
}

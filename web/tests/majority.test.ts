import { describe, expect, it } from "vitest";
import type { MappingCell, ResourceMapping } from "~/api/schema";
import { isApart, majority } from "~/pages/team/majority";

const cell = (cluster: string, digest: string, presence: MappingCell["presence"] = "present"): MappingCell => ({
  cluster,
  namespace: "ns",
  presence,
  reachability: "reachable",
  digest,
});
const row = (...cells: MappingCell[]): Pick<ResourceMapping, "cells" | "agreement"> => ({
  cells,
  agreement: "different",
});

describe("what most clusters have", () => {
  it("is what is there most often; who has something else is apart", () => {
    const found = row(cell("a", "x"), cell("b", "y"), cell("c", "y"), cell("d", "", "absent"));
    expect(majority(found)).toBe("y");
    expect(found.cells.map((one) => isApart(found, one))).toEqual([true, false, false, false]);
  });
  it("is nothing where all differ: then none is the odd one out", () => {
    const found = row(cell("a", "x"), cell("b", "y"));
    expect(majority(found)).toBe("");
    expect(found.cells.some((one) => isApart(found, one))).toBe(false);
  });
  it("is that of the first of equally many", () => {
    expect(majority(row(cell("a", "x"), cell("b", "y"), cell("c", "y"), cell("d", "x")))).toBe("x");
  });
  it("sets nobody apart where the clusters agree", () => {
    const found = { ...row(cell("a", "x"), cell("b", "x")), agreement: "same" as const };
    expect(found.cells.some((one) => isApart(found, one))).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import type { MappingCell, ResourceMapping } from "~/api/schema";
import { apart, majority } from "~/pages/team/majority";

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
    expect(found.cells.map((one) => apart(found, one))).toEqual(["most", null, null, null]);
  });
  it("is nothing where all differ: none is the odd one out, and each differs from the others", () => {
    const found = row(cell("a", "x"), cell("b", "y"), cell("c", "", "absent"));
    expect(majority(found)).toBe("");
    expect(found.cells.map((one) => apart(found, one))).toEqual(["others", "others", null]);
  });
  it("is nothing where equally many have this and that", () => {
    const found = row(cell("a", "x"), cell("b", "y"), cell("c", "y"), cell("d", "x"));
    expect(majority(found)).toBe("");
    expect(found.cells.every((one) => apart(found, one) === "others")).toBe(true);
  });
  it("sets nobody apart where the clusters agree", () => {
    const found = { ...row(cell("a", "x"), cell("b", "x")), agreement: "same" as const };
    expect(found.cells.some((one) => apart(found, one))).toBe(false);
  });
});

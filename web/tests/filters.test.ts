/** What a table shows is what its address says, and the other way round. */
import { describe, expect, test } from "vitest";
import { type Field, type Filters, NONE, parse, select, write } from "~/lib/filters";

const NAMES = ["state", "custody"];
const cases: Filters[] = [
  NONE,
  { ...NONE, q: "shang hai" },
  { ...NONE, picks: { state: ["degraded", "unknown"] } },
  { ...NONE, picks: { state: ["a,b", "50%", "é"], custody: ["own"] }, sort: "-name" },
  { ...NONE, columns: [], open: "shanghai/x y" },
  { ...NONE, columns: ["name", "a,b"] },
];

test.each(cases)("is the same after a way through the address: %o", (filters) => {
  const text = write(new URLSearchParams(), NAMES, filters).toString();
  expect(parse(new URLSearchParams(text), NAMES)).toEqual(filters);
});

test("what is not the table's stays", () => {
  const before = new URLSearchParams("team=orders&cluster=b&q=x&state=a");
  expect(write(before, NAMES, NONE).toString()).toBe("team=orders&cluster=b");
});

test("what somebody typed into the address breaks nothing", () => {
  expect(parse(new URLSearchParams("state=%25,%25E0%25A4&sort=&columns="), NAMES)).toEqual({
    ...NONE,
    picks: { state: ["%", "%E0%A4"] },
    columns: [],
  });
});

interface Row {
  name: string;
  state: string;
  size?: number;
  teams: string[];
}
const rows: Row[] = [
  { name: "node-10", state: "healthy", size: 3, teams: ["a"] },
  { name: "node-2", state: "degraded", teams: ["a", "b"] },
  { name: "上海", state: "healthy", size: 1, teams: [] },
];
const fields: Field<Row>[] = [
  { key: "name", value: (row) => row.name },
  { key: "state", value: (row) => row.state },
  { key: "size", value: (row) => row.size },
  { key: "teams", pick: (row) => row.teams },
];
const names = (filters: Partial<Filters>) => select(rows, fields, { ...NONE, ...filters }, "en").map((row) => row.name);

describe("rows", () => {
  test("pass when every word is somewhere", () => {
    expect(names({ q: "NODE healthy" })).toEqual(["node-10"]);
    expect(names({ q: "上海" })).toEqual(["上海"]);
    expect(names({ q: "nothing" })).toEqual([]);
  });
  test("pass when they have one of the chosen values of each column", () => {
    expect(names({ picks: { state: ["healthy", "unknown"] } })).toEqual(["node-10", "上海"]);
    expect(names({ picks: { teams: ["b"] } })).toEqual(["node-2"]);
    expect(names({ picks: { teams: ["a"], state: ["healthy"] } })).toEqual(["node-10"]);
  });
  test("are sorted as people count, what has no value last", () => {
    expect(names({ sort: "name" }).slice(0, 2)).toEqual(["node-2", "node-10"]);
    expect(names({ sort: "size" })).toEqual(["上海", "node-10", "node-2"]);
  });
  test("stay in their order without one, and are not changed", () => {
    const before = [...rows];
    expect(names({ sort: "nothing" })).toEqual(rows.map((row) => row.name));
    names({ sort: "name" });
    expect(rows).toEqual(before);
  });
});

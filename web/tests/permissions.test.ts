/** Every permission of the server has words and a place, and who may change whom is judged as the server does. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Session } from "~/api/session";
import { ANONYMOUS } from "~/api/session";
import english from "~/i18n/en-US/permissions.json";
import chinese from "~/i18n/zh-CN/permissions.json";
import { delegable, GROUPS, grouped, holds, mayChange } from "~/lib/permissions";

const PRINCIPAL = new URL("../../src/gatewright/server/principal.py", import.meta.url).pathname;
const literal = /^Permission = Literal\[([^\]]*)\]/m.exec(readFileSync(PRINCIPAL, "utf8"))?.[1] ?? "";
const all = [...literal.matchAll(/"([a-z.]+)"/g)].map((found) => found[1] ?? "").sort();

function described(words: { of: Record<string, Record<string, string>> }): string[] {
  return Object.entries(words.of)
    .flatMap(([area, verbs]) => Object.keys(verbs).map((verb) => `${area}.${verb}`))
    .sort();
}

test("the server's permissions, no more and no fewer, are said in both languages", () => {
  expect(all.length).toBeGreaterThan(30);
  expect(described(english)).toEqual(all);
  expect(described(chinese)).toEqual(all);
});

test("groups are in order, and every permission is in one of them", () => {
  const found = grouped(all);
  expect(found.map(([group]) => group)).toEqual([...GROUPS]);
  expect(found.flatMap(([, names]) => names).sort()).toEqual(all);
  expect(grouped(["plan.read"])).toEqual([["changes", ["plan.read"]]]);
});

const someone = (permissions: string[], teams: Record<string, string[]> = {}): Session => ({
  ...ANONYMOUS,
  state: "signed-in",
  permissions,
  teams,
});
const ROLES = [
  { name: "clerk", scope: "installation" as const, permissions: ["user.read", "user.write"] },
  { name: "boss", scope: "installation" as const, permissions: ["user.read", "user.write", "cluster.remove"] },
  { name: "viewer", scope: "team" as const, permissions: ["team.read"] },
];

test("what holds in the installation holds in every team, and not the other way", () => {
  expect(holds(someone(["team.read"]), ["team.read"], "orders")).toBe(true);
  expect(holds(someone([], { orders: ["team.read"] }), ["team.read"], "orders")).toBe(true);
  expect(holds(someone([], { orders: ["team.read"] }), ["team.read"], "payments")).toBe(false);
  expect(holds(someone([], { orders: ["team.read"] }), ["team.read"])).toBe(false);
});

test("nobody changes whoever may more than they do", () => {
  const clerk = someone(["user.read", "user.write"]);
  expect(mayChange(clerk, { role: "", teams: {} }, ROLES)).toBe(true);
  expect(mayChange(clerk, { role: "clerk", teams: {} }, ROLES)).toBe(true);
  expect(mayChange(clerk, { role: "boss", teams: {} }, ROLES)).toBe(false);
  expect(mayChange(clerk, { role: "", teams: { orders: "viewer" } }, ROLES)).toBe(false);
  expect(mayChange(someone(["user.read"]), { role: "", teams: {} }, ROLES)).toBe(false);
});

test("a token may be given what its person holds anywhere, but for what is only their own", () => {
  const olga = someone(["account.read", "account.write", "api.describe"], { orders: ["plan.read"], a: ["plan.read"] });
  expect(delegable(olga)).toEqual(["plan.read"]);
});

/** A notification is addressed by its owner and its name; equal names of two owners never meet. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { NotificationBody } from "~/api/schema";
import { ANONYMOUS, type Session } from "~/api/session";
import * as owner from "~/pages/notifications/owner";

const asked: [string, string][] = [];
const body = { type: "webhook" } as NotificationBody;

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push([init.method ?? "", url]);
    return new Response(null, { status: 204 });
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([
  [{ name: "ops" }, "/api/v1/notifications/ops"],
  [{ name: "ops", team: "" }, "/api/v1/notifications/ops"],
  [{ name: "ops", team: "payments" }, "/api/v1/teams/payments/notifications/ops"],
])("%o is asked for where it is", async (one, address) => {
  await owner.put(one, body);
  await owner.test(one);
  await owner.remove(one);
  expect(asked).toEqual([
    ["PUT", address],
    ["POST", `${address}/test`],
    ["DELETE", address],
  ]);
});

test("a name is taken by its own owner only", () => {
  const known = [{ name: "ops" }, { name: "ops", team: "payments" }];
  const free = (one: owner.Owned) => !owner.taken(known, one);
  expect(free({ name: "ops", team: "orders" })).toBe(true);
  expect(free({ name: "duty", team: "payments" })).toBe(true);
  expect(free({ name: "ops", team: "payments" })).toBe(false);
  expect(free({ name: "ops", team: "" })).toBe(false);
  expect(known.map(owner.fullName)).toEqual(["ops", "payments.ops"]);
});

test("one is made for the teams in which one may, and for all teams by whoever has the installation", () => {
  const teams = ["orders", "payments"];
  const member: Session = { ...ANONYMOUS, teams: { payments: ["notification.write"], orders: ["notification.read"] } };
  expect(owner.owners(member, teams)).toEqual(["payments"]);
  expect(owner.mayFor(member, "notification.write", undefined)).toBe(false);
  expect(owner.owners({ ...ANONYMOUS, permissions: ["notification.write"] }, teams)).toEqual(["", ...teams]);
});

/** The switch changes the team or the cluster, and keeps the page and its filters. */
import { expect, test } from "vitest";
import { linked, read, sectionOf, withCluster, withTeam } from "~/shell/scope";

const at = (address: string) => {
  const [pathname = "", search] = address.split("?", 2);
  return { pathname, search: search ? `?${search}` : "" };
};
const text = ({ pathname, search }: { pathname: string; search: string }) => pathname + search;

test.each([
  ["/", undefined, undefined],
  ["/?team=orders&cluster=b", "orders", "b"],
  ["/teams/orders", "orders", undefined],
  ["/teams/orders/clusters/b?q=x", "orders", "b"],
  ["/teams/orders/stacks/edge?cluster=b", "orders", "b"],
  ["/clusters/b?team=orders", "orders", "b"],
  ["/teams/%E8%AE%A2%E5%8D%95", "订单", undefined],
])("%s", (address, team, cluster) => {
  expect(read(at(address))).toEqual({ team, cluster });
});

test.each([
  ["/topology?q=x&cluster=a", "b", "/topology?q=x&cluster=b"],
  ["/topology?q=x&cluster=a", undefined, "/topology?q=x"],
  ["/teams/orders?q=x", "b", "/teams/orders/clusters/b?q=x"],
  ["/teams/orders/clusters/a?q=x", "b", "/teams/orders/clusters/b?q=x"],
  ["/teams/orders/clusters/a?q=x", undefined, "/teams/orders?q=x"],
  ["/clusters/a?team=orders&tab=events", "b", "/clusters/b?team=orders&tab=events"],
  ["/clusters/a", undefined, "/clusters"],
  ["/teams/orders/stacks/edge", "b", "/teams/orders/stacks/edge?cluster=b"],
])("%s for cluster %s", (address, cluster, wanted) => {
  expect(text(withCluster(at(address), cluster))).toBe(wanted);
});

test.each([
  ["/?q=x", "orders", "/?q=x&team=orders"],
  ["/?q=x&team=orders", undefined, "/?q=x"],
  ["/teams/orders/clusters/a?q=x", "payments", "/teams/payments/clusters/a?q=x"],
  ["/teams/orders", undefined, "/teams"],
  ["/teams/orders/stacks/edge", "payments", "/teams/payments"],
])("%s for team %s", (address, team, wanted) => {
  expect(text(withTeam(at(address), team))).toBe(wanted);
});

test.each([
  ["/topology", "/topology?team=orders&cluster=b"],
  ["/events?what=rollout", "/events?what=rollout&team=orders&cluster=b"],
  ["/clusters/a", "/clusters/a"],
  ["/teams/payments", "/teams/payments"],
])("a link to %s", (path, wanted) => {
  expect(linked(path, "orders", "b")).toBe(wanted);
});

test.each([
  ["/", "/"],
  ["/teams/payments/clusters/beijing", "/teams"],
  ["/teams/payments/stacks/edge", "/stacks"],
  ["/teams/stacks", "/teams"],
  ["/plans/0f3a", "/rollouts"],
  ["/rollouts/r-1", "/rollouts"],
  ["/start", "/"],
])("%s is found under %s", (pathname, section) => {
  expect(sectionOf(pathname)).toBe(section);
});

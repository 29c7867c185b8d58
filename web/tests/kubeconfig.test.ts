import { expect, test } from "vitest";
import { contextsOf, labelOf } from "~/pages/clusters/kubeconfig";

const KUBECTL = `apiVersion: v1
clusters:
- cluster:
    server: https://a
  name: a
contexts:
- context:
    cluster: a
    user: admin
    name: not-this
  name: admin@a
- context: {cluster: b, user: admin}
  name: "b: quoted"
current-context: admin@a
users:
- name: admin
  user: {}
`;

test("the contexts that kubectl writes", () => {
  expect(contextsOf(KUBECTL)).toEqual({ names: ["admin@a", "b: quoted"], current: "admin@a" });
});

test("indented lists, names first, comments and Windows line ends", () => {
  const text =
    "current-context: 'x'\r\ncontexts:\r\n  - name: x # the first\r\n    context:\r\n      name: no\r\n  - name: y\r\nkind: Config\r\n";
  expect(contextsOf(text)).toEqual({ names: ["x", "y"], current: "x" });
});

test("JSON, and what is no kubeconfig", () => {
  expect(contextsOf('{"contexts":[{"name":"j"},null],"current-context":"j"}')).toEqual({ names: ["j"], current: "j" });
  expect(contextsOf("{broken")).toEqual({ names: [], current: "" });
  expect(contextsOf("hello")).toEqual({ names: [], current: "" });
});

test("a name that the server takes", () => {
  expect(labelOf("kubernetes-admin@Shanghai_Prod")).toBe("shanghai-prod");
  expect(labelOf("arn:aws:eks:eu-west-1:1234:cluster/edge.1")).toBe("edge-1");
  expect(labelOf("--A--")).toBe("a");
  expect(labelOf("x".repeat(80))).toHaveLength(63);
});

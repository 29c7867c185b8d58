/** YAML, differences, and the server's sentences. */
import { describe, expect, test } from "vitest";
import { fill } from "~/i18n/format";
import { diff } from "~/lib/diff";
import { toYaml } from "~/lib/yaml";

describe("YAML", () => {
  test("is what people write by hand", () => {
    const gateway = {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name: "edge", labels: {}, annotations: { note: "yes" } },
      spec: { listeners: [{ name: "http", port: 80, allowedRoutes: { namespaces: { from: "All" } } }], addresses: [] },
    };
    expect(toYaml(gateway)).toBe(`apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: edge
  labels: {}
  annotations:
    note: "yes"
spec:
  listeners:
  - name: http
    port: 80
    allowedRoutes:
      namespaces:
        from: All
  addresses: []
`);
  });
  test("quotes what YAML would read as something else", () => {
    const text = toYaml({
      a: "on",
      b: "1.30",
      c: "0x1f",
      d: "2026-01-01",
      e: "",
      f: "- x",
      g: "a: b",
      h: "#",
      i: "a #b",
      j: null,
    });
    expect(text).toBe(
      'a: "on"\nb: "1.30"\nc: "0x1f"\nd: "2026-01-01"\ne: ""\nf: "- x"\ng: "a: b"\nh: "#"\ni: "a #b"\nj: null\n',
    );
  });
  test("keeps the lines of long texts", () => {
    expect(toYaml({ script: "a\n\nb\n", end: "x\ny" })).toBe("script: |\n  a\n\n  b\nend: |-\n  x\n  y\n");
  });
  test("lists of lists and bare values", () => {
    expect(toYaml([["a", 1], []])).toBe("- - a\n  - 1\n- []\n");
    expect(toYaml("x")).toBe("x\n");
  });
});

describe("a difference", () => {
  const shown = (before: string, after: string, context = 3) =>
    diff(before, after, context).map(
      (line) => `${{ same: " ", added: "+", removed: "-", skipped: "…" }[line.kind]}${line.text}`,
    );
  test("says what goes and what comes", () => {
    expect(shown("a\nb\nc", "a\nx\nc\nd")).toEqual([" a", "-b", "+x", " c", "+d"]);
  });
  test("of nothing and something is all of it", () => {
    expect(shown("", "a\nb\n")).toEqual(["+a", "+b"]);
    expect(shown("a\n", "")).toEqual(["-a"]);
  });
  test("leaves far-away lines out", () => {
    const before = Array.from({ length: 50 }, (_, index) => `line ${index}`).join("\n");
    const found = diff(before, before.replace("line 25", "line x"), 1);
    expect(found.map((line) => line.kind)).toEqual(["skipped", "same", "removed", "added", "same", "skipped"]);
    expect(found[0]?.count).toBe(24);
  });
  test("gives back both texts", () => {
    const pick = (texts: string[], kinds: string[]) =>
      diff(texts[0] ?? "", texts[1] ?? "", 99)
        .filter((l) => kinds.includes(l.kind))
        .map((l) => l.text)
        .join("\n");
    const texts = ["a\nb\na\nc\nc\nd", "c\na\nb\nb\nd\na"];
    expect(pick(texts, ["same", "removed"])).toBe(texts[0]);
    expect(pick(texts, ["same", "added"])).toBe(texts[1]);
  });
});

test("a sentence of the server is filled as Python does", () => {
  const say = () => "inner";
  expect(fill("{a} of {b}: {{x}}", { a: 1, b: { key: "k" } }, say)).toBe("1 of inner: {x}");
  expect(fill("{missing}", {}, say)).toBe("{missing}");
});

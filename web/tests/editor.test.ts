/** What the YAML editor knows of a schema: what is wrong, where it stands, what could be written, and one field's change. */
import { describe, expect, it } from "vitest";
import { offers, placeAt } from "~/editor/complete";
import { mappingOf, read, withField } from "~/editor/documents";
import type { Schema } from "~/editor/schema";
import { validate } from "~/editor/validate";
import { addressOf, bodyOf, manifestOf, textOf } from "~/pages/stack/manifest";

const stack: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["apiVersion", "kind", "metadata", "spec"],
  properties: {
    apiVersion: { const: "gatewright.io/v1alpha1" },
    kind: { const: "Stack" },
    metadata: {
      type: "object",
      additionalProperties: false,
      required: ["name"],
      properties: { name: { type: "string", pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", maxLength: 8 } },
    },
    spec: {
      type: "object",
      additionalProperties: false,
      required: ["team", "bundle"],
      properties: {
        team: { type: "string" },
        bundle: {
          type: "object",
          required: ["version"],
          properties: {
            version: { type: "string", enum: ["v1.6.1", "v1.5.0"], description: "A release." },
            channel: { type: ["string", "null"], enum: ["standard", "experimental", null], default: "standard" },
          },
        },
        controller: {
          type: "object",
          required: ["name", "version"],
          allOf: [
            {
              if: { properties: { name: { const: "traefik" } }, required: ["name"] },
              // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
              then: { properties: { version: { anyOf: [{ enum: ["3.7.15"] }, { pattern: "^3\\.7\\.[0-9]+$" }] } } },
            },
          ],
          properties: {
            name: { type: "string", enum: ["traefik"] },
            version: { type: "string" },
            namespace: { type: "string", not: { enum: ["default"] } },
            ports: {
              type: "array",
              minItems: 1,
              uniqueItems: true,
              items: { type: "integer", minimum: 1, maximum: 9 },
            },
          },
        },
      },
    },
  },
};
const team: Schema = { type: "object", properties: { kind: { const: "Team" }, spec: { type: "object" } } };
const any: Schema = {
  type: "object",
  required: ["kind"],
  properties: { kind: { enum: ["Stack", "Team"] } },
  allOf: ["Stack", "Team"].map((kind) => ({
    if: { properties: { kind: { const: kind } }, required: ["kind"] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { $ref: `#/$defs/${kind}` },
  })),
  $defs: { Stack: stack, Team: team },
};

const good = `apiVersion: gatewright.io/v1alpha1
kind: Stack
metadata:
  name: edge
spec:
  team: orders
  bundle:
    version: v1.6.1
  controller:
    name: traefik
    version: 3.7.9
    ports:
      - 8
`;

function wrong(text: string) {
  return validate(any, mappingOf(text)).map((issue) => `${issue.path.join(".")} ${issue.rule}`);
}

describe("checking", () => {
  it("finds nothing wrong with what is right", () => expect(wrong(good)).toEqual([]));

  it.each([
    ["kind: Stack", "kind: Stak", ["kind choice"]],
    ["name: edge", "name: Edge", ["metadata.name pattern"]],
    ["name: edge", 'name: ""', ["metadata.name missing"]],
    ["name: edge", "name: much-too-long", ["metadata.name longest"]],
    ["  team: orders\n", "", ["spec missing"]],
    ["team: orders", "team: 3", ["spec.team type"]],
    ["team: orders", "team: orders\n  colour: red", ["spec.colour unknown"]],
    ["version: v1.6.1", "version: v9.9.9", ["spec.bundle.version choice"]],
    ["version: v1.6.1", "version: v1.6.1\n    channel: null", []],
    ["version: 3.7.9", "version: 2.0.0", ["spec.controller.version choice"]],
    ["version: 3.7.9", "version: 3.7.9\n    namespace: default", ["spec.controller.namespace reserved"]],
    ["- 8", "- 80", ["spec.controller.ports.0 most"]],
    ["- 8", "- 0", ["spec.controller.ports.0 least"]],
    ["- 8", "- 8\n      - 8", ["spec.controller.ports.1 twice"]],
    ["    ports:\n      - 8\n", "    ports: []\n", ["spec.controller.ports fewest"]],
  ])("%j -> %j", (from, to, found) => expect(wrong(good.replace(from, to))).toEqual(found));

  it("marks the name of an unknown field, and the value of a wrong one", () => {
    const text = good.replace("team: orders", "team: 3\n  colour: red");
    const [document] = read(text).documents;
    const at = (path: string[], named = false) => {
      const { from, to } = document?.range(path, named) ?? { from: 0, to: 0 };
      return text.slice(from, to);
    };
    expect(at(["spec", "colour"], true)).toBe("colour");
    expect(at(["spec", "team"])).toBe("3");
    expect(at(["spec", "absent"])).toBe("spec");
  });

  it("tells what is no YAML, and where", () => {
    const { faults } = read("a: [1\nb: 2\n");
    expect(faults.length).toBeGreaterThan(0);
    expect(faults[0]?.to).toBeGreaterThan(faults[0]?.from ?? 0);
  });
});

function offered(text: string, names = {}): string[] {
  const place = placeAt(text.replace("|", ""), text.indexOf("|"));
  return place ? offers(any, place, names).map((offer) => offer.insert) : [];
}

describe("completion", () => {
  it("offers the fields that are not there yet, with a place for their value", () => {
    expect(offered(good.replace("  controller:", "  |\n  controller:"))).toEqual([]);
    expect(offered(`${good.slice(0, good.indexOf("  controller"))}  |`)).toEqual(["controller:\n    "]);
    expect(offered(good.replace("    ports:\n      - 8\n", "    |\n"))).toEqual(["namespace: ", "ports:\n      - "]);
  });

  it("offers the values that the schema names", () => {
    expect(offered(good.replace("version: v1.6.1", "version: |"))).toEqual(["v1.6.1", "v1.5.0"]);
    expect(offered(good.replace("version: v1.6.1", "version: v1.6.1\n    channel: |"))).toEqual([
      "standard",
      "experimental",
    ]);
    expect(offered(good.replace("version: 3.7.9", "version: |"))).toEqual(["3.7.15"]);
    expect(offered("kind: |")).toEqual(["Stack", "Team"]);
  });

  it("offers names that only the server knows", () => {
    expect(offered(good.replace("team: orders", "team: |"), { team: ["orders", "pay"] })).toEqual(["orders", "pay"]);
  });

  it("looks at the document that the cursor is in", () => {
    expect(offered(`kind: Team\n---\n${good.replace("version: v1.6.1", "version: |")}`)).toEqual(["v1.6.1", "v1.5.0"]);
    expect(offered(`${good.replace("version: v1.6.1", "version: |")}---\nkind: Team\n`)).toEqual(["v1.6.1", "v1.5.0"]);
  });
});

describe("the form and the text are one manifest", () => {
  it("changes one field and keeps comments, order and what the form does not know", () => {
    const text =
      "# ours\nkind: Stack\nspec:\n  team: orders # they asked\n  bundle:\n    version: v1\n  later: [1, 2]\n";
    const changed = withField(text, ["spec", "bundle", "version"], "v2");
    expect(changed).toBe(text.replace("v1", "v2"));
    expect(withField(withField(text, ["spec", "drift"], "heal"), ["spec", "drift"], undefined)).toBe(text);
  });

  it("brings a stack back as it was", () => {
    const value = {
      team: "orders",
      name: "edge",
      bundle: { version: "v1.6.1", channel: "standard" as const },
      controller: { name: "traefik", version: "3.7.15", ports: [8000] },
      drift: "heal" as const,
    };
    const manifest = mappingOf(textOf(value));
    expect(manifest).toEqual(manifestOf(value));
    expect(addressOf(manifest ?? {})).toEqual({ team: "orders", name: "edge" });
    const { team: _, name: __, ...body } = value;
    expect(bodyOf(manifest ?? {})).toEqual(body);
  });
});

/** What is wrong with a manifest by its schema: where, which rule, and what the rule says. Pure; words are elsewhere. */
import { choices, dereferenced, type Fits, isMapping, type Mapping, type Path, type Schema, typesOf } from "./schema";

export type Rule =
  | "type"
  | "choice"
  | "pattern"
  | "longest"
  | "least"
  | "most"
  | "missing"
  | "unknown"
  | "fewest"
  | "twice"
  | "reserved"
  | "refused";

export interface Issue {
  path: Path;
  rule: Rule;
  /** What the sentence about it names. */
  params: Record<string, string | number>;
}

const SHOWN = 8;

export const fits: Fits = (schema, value, root) => check(schema, value, root, []).length === 0;

/** Everything that is wrong, each thing once. */
export function validate(root: Schema, value: unknown): Issue[] {
  const seen = new Set<string>();
  return check(root, value, root, []).filter((issue) => {
    const key = JSON.stringify([issue.path, issue.rule]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function check(given: Schema, value: unknown, root: Schema, path: Path): Issue[] {
  const schema = dereferenced(given, root);
  const wrong = typed(schema, value, path);
  if (wrong) return [wrong];
  return [
    ...named(schema, value, path),
    ...(typeof value === "string" ? text(schema, value, path) : []),
    ...(typeof value === "number" ? number(schema, value, path) : []),
    ...(Array.isArray(value) ? list(schema, value, root, path) : []),
    ...(isMapping(value) ? mapping(schema, value, root, path) : []),
    ...combined(schema, value, root, path),
  ];
}

function typed(schema: Schema, value: unknown, path: Path): Issue | null {
  const types = typesOf(schema);
  if (!types.length || types.some((type) => is(type, value))) return null;
  return { path, rule: "type", params: { types: types.filter((type) => type !== "null").join(" | ") } };
}

function is(type: string, value: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isMapping(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function named(schema: Schema, value: unknown, path: Path): Issue[] {
  const known = schema.const !== undefined ? [schema.const] : schema.enum;
  if (!known || known.includes(value)) return [];
  return [{ path, rule: "choice", params: { given: said(value), choices: listed(known) } }];
}

function text(schema: Schema, value: string, path: Path): Issue[] {
  const found: Issue[] = [];
  if (value === "" && schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test("")) {
    return [{ path, rule: "missing", params: { name: String(path.at(-1) ?? "") } }];
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value)) {
    found.push({ path, rule: "pattern", params: { given: value, pattern: schema.pattern } });
  }
  if (schema.maxLength !== undefined && [...value].length > schema.maxLength) {
    found.push({ path, rule: "longest", params: { count: schema.maxLength } });
  }
  if (schema.minLength !== undefined && [...value].length < schema.minLength) {
    found.push({ path, rule: "missing", params: { name: String(path.at(-1) ?? "") } });
  }
  return found;
}

function number(schema: Schema, value: number, path: Path): Issue[] {
  if (schema.minimum !== undefined && value < schema.minimum) {
    return [{ path, rule: "least", params: { count: schema.minimum } }];
  }
  if (schema.maximum !== undefined && value > schema.maximum) {
    return [{ path, rule: "most", params: { count: schema.maximum } }];
  }
  return [];
}

function list(schema: Schema, value: unknown[], root: Schema, path: Path): Issue[] {
  const { items } = schema;
  const found = items ? value.flatMap((item, index) => check(items, item, root, [...path, index])) : [];
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    found.push({ path, rule: "fewest", params: { count: schema.minItems } });
  }
  const texts = value.map((item) => JSON.stringify(item));
  const twice = texts.findIndex((item, index) => texts.indexOf(item) < index);
  if (schema.uniqueItems && twice >= 0) {
    found.push({ path: [...path, twice], rule: "twice", params: { given: said(value[twice]) } });
  }
  return found;
}

function mapping(schema: Schema, value: Mapping, root: Schema, path: Path): Issue[] {
  const found: Issue[] = (schema.required ?? [])
    .filter((name) => !(name in value))
    .map((name) => ({ path, rule: "missing", params: { name } }));
  for (const [name, inner] of Object.entries(value)) {
    const own = schema.properties?.[name];
    if (own) found.push(...check(own, inner, root, [...path, name]));
    else if (schema.additionalProperties === false) {
      const known = Object.keys(schema.properties ?? {});
      found.push({ path: [...path, name], rule: "unknown", params: { name, known: listed(known) } });
    } else if (isMapping(schema.additionalProperties)) {
      found.push(...check(schema.additionalProperties as Schema, inner, root, [...path, name]));
    }
  }
  return found;
}

function combined(schema: Schema, value: unknown, root: Schema, path: Path): Issue[] {
  const found = (schema.allOf ?? []).flatMap((one) => check(one, value, root, path));
  if (schema.if) {
    const branch = fits(schema.if, value, root) ? schema.then : schema.else;
    if (branch) found.push(...check(branch, value, root, path));
  }
  if (schema.anyOf && !schema.anyOf.some((one) => fits(one, value, root))) {
    const known = choices(schema.anyOf);
    found.push({ path, rule: "choice", params: { given: said(value), choices: listed(known) } });
  }
  if (schema.not && fits(schema.not, value, root)) {
    const rule = schema.not.enum ? "reserved" : "refused";
    found.push({ path, rule, params: { given: said(value), choices: listed(schema.not.enum ?? []) } });
  }
  return found;
}

function said(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function listed(values: readonly unknown[]): string {
  const known = values.filter((value) => value !== null).map(said);
  return known.length > SHOWN ? `${known.slice(0, SHOWN).join(", ")}, …` : known.join(", ");
}

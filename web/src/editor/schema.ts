/** The part of JSON Schema 2020-12 that the server's schemas of manifests use, and which schemas hold at a place. */
export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  title?: string;
  description?: string;
  default?: unknown;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  not?: Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  if?: Schema;
  then?: Schema;
  else?: Schema;
}

export type Path = readonly (string | number)[];
export type Mapping = Record<string, unknown>;

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The schema that a `$ref` within the document names; a schema without one is itself. */
export function dereferenced(schema: Schema, root: Schema): Schema {
  let found = schema;
  for (let depth = 0; found.$ref !== undefined && depth < 16; depth += 1) {
    const names = found.$ref.replace(/^#\/?/, "").split("/").filter(Boolean);
    found = names.reduce<unknown>(
      (at, name) => (isMapping(at) ? at[name.replace(/~1/g, "/").replace(/~0/g, "~")] : undefined),
      root,
    ) as Schema;
    if (!found) return {};
  }
  return found;
}

/** Every schema that holds for `value` itself: through references, `allOf`, and the branch of `if` that it takes. */
export function holding(schema: Schema, value: unknown, root: Schema, fits: Fits): Schema[] {
  const own = dereferenced(schema, root);
  const found = [own];
  for (const one of own.allOf ?? []) found.push(...holding(one, value, root, fits));
  if (own.if) {
    const branch = fits(own.if, value, root) ? own.then : own.else;
    if (branch) found.push(...holding(branch, value, root, fits));
  }
  return found;
}

export type Fits = (schema: Schema, value: unknown, root: Schema) => boolean;

/** Every schema that holds at `path` in `value`, also where nothing is there yet. */
export function at(root: Schema, value: unknown, path: Path, fits: Fits): Schema[] {
  let schemas = holding(root, value, root, fits);
  let here = value;
  for (const part of path) {
    const inner = isMapping(here) || Array.isArray(here) ? (here as Mapping)[part] : undefined;
    const next = schemas.flatMap((schema) => {
      if (typeof part === "number") return schema.items ?? [];
      const named = schema.properties?.[part];
      return named ?? (isMapping(schema.additionalProperties) ? (schema.additionalProperties as Schema) : []);
    });
    schemas = next.flatMap((schema) => holding(schema, inner, root, fits));
    here = inner;
  }
  return schemas;
}

/** The values that these schemas name, in their order; what may be left out (`null`) is none. */
export function choices(schemas: readonly Schema[]): unknown[] {
  const found = schemas.flatMap((schema) => [
    ...(schema.const !== undefined ? [schema.const] : []),
    ...(schema.enum ?? []),
    ...choices(schema.anyOf ?? []),
    ...(typesOf(schema).includes("boolean") ? [true, false] : []),
  ]);
  return [...new Set(found)].filter((value) => value !== null);
}

export function typesOf(schema: Schema): string[] {
  return schema.type === undefined ? [] : Array.isArray(schema.type) ? schema.type : [schema.type];
}

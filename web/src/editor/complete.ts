/** What could be written where the cursor is, from the schema: keys that are not there yet, and values that it names. */
import { parseDocument } from "yaml";
import { at, choices, isMapping, type Mapping, type Path, type Schema, typesOf } from "./schema";
import { fits } from "./validate";

export interface Place {
  /** The mapping or list in which the cursor is, or for a value the field. */
  path: Path;
  kind: "key" | "value";
  /** Where what is being typed begins. */
  from: number;
  indent: number;
  /** The document without the line of the cursor. */
  value: unknown;
}

export interface Offer {
  label: string;
  insert: string;
  detail: string;
  info: string;
  required: boolean;
  kind: "key" | "value";
}

/** Names that only the server knows, by the field that takes them: `{ team: ["orders"], cluster: ["shanghai"] }`. */
export type Names = Readonly<Record<string, readonly string[]>>;

const KEY = /^(\s*(?:- )*)([\w.-]*)$/;
const VALUE = /^(\s*(?:- )*)([\w.-]+):\s+(\S*)$/;
const ITEM = /^(\s*(?:- )+)(\S*)$/;

export function placeAt(text: string, position: number): Place | null {
  const before = text.slice(0, position);
  const first = Math.max(0, ...[...before.matchAll(/^---.*$/gm)].map((found) => found.index + found[0].length + 1));
  const rest = /^---.*$/m.exec(text.slice(position));
  const lineStart = before.lastIndexOf("\n") + 1;
  const lineEnd = text.indexOf("\n", position);
  const line = before.slice(lineStart);
  const lines = text.slice(first, Math.max(first, lineStart)).split("\n");
  const after = lineEnd < 0 ? "" : text.slice(lineEnd, rest ? position + rest.index : undefined);
  const value = parsed(`${lines.join("\n")}${after}`);
  const field = VALUE.exec(line);
  if (field) {
    const [, lead = "", name = "", typed = ""] = field;
    const path = [...pathAt(lines, lead), name];
    return { path, kind: "value", from: position - typed.length, indent: lead.length, value };
  }
  const key = KEY.exec(line);
  const item = ITEM.exec(line);
  if (item && !key) {
    const [, lead = "", typed = ""] = item;
    return { path: pathAt(lines, lead), kind: "value", from: position - typed.length, indent: lead.length, value };
  }
  if (!key) return null;
  const [, lead = "", typed = ""] = key;
  return { path: pathAt(lines, lead), kind: "key", from: position - typed.length, indent: lead.length, value };
}

/** The path of what stands at an indentation, by the lines above it. */
function pathAt(lines: readonly string[], lead: string): Path {
  const path: (string | number)[] = [];
  let indent = lead.length;
  let dash = lead.lastIndexOf("-");
  let items = 0;
  if (dash >= 0) indent = lead.indexOf("-");
  for (const line of [...lines].reverse()) {
    const found = /^(\s*)((?:- )*)(?:([\w.-]+):)?(.*)$/.exec(line);
    if (!found || !line.trim() || line.trimStart().startsWith("#")) continue;
    const [, spaces = "", dashes = "", name, end = ""] = found;
    const own = spaces.length + dashes.length;
    if (dash >= 0) {
      if (dashes && spaces.length === indent) items += 1;
      else if (name && !dashes && spaces.length <= indent && !end.trim()) {
        path.unshift(name, items);
        [dash, indent, items] = [-1, spaces.length, 0];
      }
      continue;
    }
    if (dashes && own === indent) {
      // A field of this very item: its list is further up.
      [dash, indent] = [spaces.length, spaces.length];
      continue;
    }
    if (name && own < indent && !end.trim()) {
      path.unshift(name);
      [dash, indent] = dashes ? [spaces.length, spaces.length] : [-1, own];
    }
  }
  return path;
}

function parsed(text: string): unknown {
  try {
    return parseDocument(text).toJS();
  } catch {
    return null;
  }
}

export function offers(root: Schema, place: Place, names: Names): Offer[] {
  return place.kind === "key" ? keys(root, place) : values(root, place, names);
}

function keys(root: Schema, place: Place): Offer[] {
  const schemas = at(root, place.value, place.path, fits);
  // In a list without mappings what is typed is a value.
  const known = schemas.flatMap((schema) => choices([schema]));
  if (!schemas.some((schema) => schema.properties) && known.length)
    return values(root, { ...place, kind: "value" }, {});
  const here = place.path.reduce<unknown>((value, part) => (value as Mapping | null)?.[part], place.value);
  const taken = new Set(isMapping(here) ? Object.keys(here) : []);
  const found = new Map<string, Offer>();
  for (const schema of schemas) {
    for (const [name, inner] of Object.entries(schema.properties ?? {})) {
      if (taken.has(name) || found.has(name)) continue;
      const own = at(root, place.value, [...place.path, name], fits);
      found.set(name, {
        label: name,
        insert: name + opening(own, place.indent),
        detail: own.flatMap(typesOf).find((type) => type !== "null") ?? "",
        info: own.find((one) => one.description)?.description ?? inner.description ?? "",
        required: schemas.some((one) => one.required?.includes(name)),
        kind: "key",
      });
    }
  }
  return [...found.values()];
}

/** What follows a key: a place for its value. */
function opening(schemas: readonly Schema[], indent: number): string {
  const types = schemas.flatMap(typesOf);
  if (types.includes("object") || schemas.some((schema) => schema.properties)) return `:\n${" ".repeat(indent + 2)}`;
  if (types.includes("array")) return `:\n${" ".repeat(indent + 2)}- `;
  const only = schemas.find((schema) => schema.const !== undefined)?.const;
  return only === undefined ? ": " : `: ${String(only)}`;
}

function values(root: Schema, place: Place, names: Names): Offer[] {
  const schemas = at(root, place.value, place.path, fits);
  const found = choices(schemas).map(String);
  const usual = schemas.find((schema) => schema.default !== undefined)?.default;
  const told = names[String(place.path.at(-1))] ?? [];
  return [...new Set([...found, ...told, ...(typeof usual === "string" ? [usual] : [])])].map((label) => ({
    label,
    insert: label,
    detail: label === String(usual ?? "\0") ? "=" : "",
    info: "",
    required: label === String(usual ?? "\0"),
    kind: "value",
  }));
}

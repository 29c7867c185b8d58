/** YAML text as documents: their values, where each thing stands in the text, and changes that keep the rest as typed. */
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
  parseDocument,
} from "yaml";
import { isMapping, type Mapping, type Path } from "./schema";

export interface Range {
  from: number;
  to: number;
}

export interface Read {
  value: unknown;
  /** Where a field's value stands, or its name (`named`); of one that is not there, what should hold it. */
  range: (path: Path, named?: boolean) => Range;
}

export interface Fault extends Range {
  message: string;
}

/** Every document of the text, and what is no YAML. */
export function read(text: string): { documents: Read[]; faults: Fault[] } {
  const documents: Read[] = [];
  const faults: Fault[] = [];
  const found = parseAllDocuments(text, { lineCounter: new LineCounter(), prettyErrors: false });
  for (const document of Array.isArray(found) ? found : []) {
    for (const { pos, message } of document.errors)
      faults.push({ from: pos[0], to: Math.max(pos[1], pos[0] + 1), message });
    if (document.errors.length || document.contents === null) continue;
    documents.push({ value: document.toJS(), range: (path, named = false) => rangeOf(document, path, named) });
  }
  return { documents, faults };
}

function rangeOf(document: Document, path: Path, named: boolean): Range {
  for (let length = path.length; length >= 0; length -= 1) {
    const part = path.slice(0, length);
    const key = keyOf(document, part);
    const node = document.getIn(part, true);
    const where = named || length < path.length ? (key ?? start(node)) : (scalarOf(node) ?? key);
    if (where) return where;
  }
  return start(document.contents) ?? { from: 0, to: 1 };
}

function keyOf(document: Document, path: Path): Range | null {
  const name = path.at(-1);
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  if (!isMap(parent) || typeof name !== "string") return null;
  const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === name);
  return pair && isNode(pair.key) ? span(pair.key) : null;
}

function scalarOf(node: unknown): Range | null {
  return isScalar(node) && node.range && node.range[1] > node.range[0] ? span(node) : null;
}

/** The first line of a node, so that a mark is not the whole of it. */
function start(node: unknown): Range | null {
  if (!isNode(node) || !node.range) return null;
  return { from: node.range[0], to: Math.min(node.range[1], node.range[0] + 40) };
}

function span(node: Node): Range | null {
  return node.range ? { from: node.range[0], to: Math.max(node.range[1], node.range[0] + 1) } : null;
}

/** The only document of a text as a mapping; null where it is none, or no YAML. */
export function mappingOf(text: string): Mapping | null {
  const { documents, faults } = read(text);
  const [only] = documents;
  return !faults.length && documents.length === 1 && only && isMapping(only.value) ? only.value : null;
}

/** The text with one field changed, everything else as it was typed, comments too. `undefined` takes the field away. */
export function withField(text: string, path: Path, value: unknown): string {
  const document = parseDocument(text);
  if (value === undefined) document.deleteIn(path);
  else document.setIn(path, document.createNode(value));
  // As the person writes them: `{ a: b }` or `{a: b}`.
  return document.toString({ lineWidth: 0, flowCollectionPadding: /[[{] /.test(text) });
}

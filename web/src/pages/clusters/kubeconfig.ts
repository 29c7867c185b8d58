/**
 * The contexts that a kubeconfig names, to choose among: a reading by lines that is enough for what kubectl and vendors
 * write. Whether it is a kubeconfig at all is for the server to say. Pure; the text goes nowhere.
 */
export interface Contexts {
  names: string[];
  /** `current-context`, empty where it names none. */
  current: string;
}

const NONE: Contexts = { names: [], current: "" };

export function contextsOf(text: string): Contexts {
  const json = text.trimStart().startsWith("{") ? ofJson(text) : null;
  return json ?? ofYaml(text);
}

/** A cluster name that the server takes, from a context's: lower case letters, digits and dashes, at most 63. */
export function labelOf(context: string): string {
  const last = context.replace(/^.*[@/]/, "");
  const plain = (last || context).toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return plain.replace(/^-+/, "").slice(0, 63).replace(/-+$/, "");
}

function ofJson(text: string): Contexts | null {
  try {
    const found = JSON.parse(text) as Record<string, unknown>;
    const contexts = Array.isArray(found["contexts"]) ? (found["contexts"] as unknown[]) : [];
    const names = contexts.map((one) => String((one as Record<string, unknown> | null)?.["name"] ?? ""));
    return { names: names.filter(Boolean), current: String(found["current-context"] ?? "") };
  } catch {
    return null;
  }
}

function ofYaml(text: string): Contexts {
  const lines = text.split(/\r?\n/);
  const current = lines.map((line) => /^["']?current-context["']?:\s*(.*)$/.exec(line)?.[1]).find(Boolean) ?? "";
  const start = lines.findIndex((line) => /^["']?contexts["']?:\s*$/.test(line));
  if (start < 0) return { ...NONE, current: unquoted(current) };
  const names: string[] = [];
  let dash = -1;
  for (const line of lines.slice(start + 1)) {
    const [, lead = "", mark] = /^(\s*)(- )?/.exec(line) ?? [];
    if (line.trim() && lead === "" && !mark) break;
    if (mark && (dash < 0 || lead.length === dash)) dash = lead.length;
    const name = /^\s*(?:- +)?["']?name["']?:\s*(.+)$/.exec(line)?.[1];
    const depth = line.search(/["']?name["']?:/);
    if (name && depth === dash + 2) names.push(unquoted(name));
  }
  return { names, current: unquoted(current) };
}

function unquoted(text: string): string {
  const trimmed = text.trim();
  const found = /^"([^"]*)"|^'([^']*)'/.exec(trimmed);
  return found ? (found[1] ?? found[2] ?? "") : trimmed.replace(/\s+#.*$/, "");
}

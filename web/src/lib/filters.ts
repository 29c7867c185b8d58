/**
 * What a table shows, in the address: `?q=shang&state=degraded,unknown&sort=-name&columns=a,b&open=shanghai`.
 * Parameters of others (`team`, `cluster`, ...) are left as they are. Pure.
 */
export interface Filters {
  q: string;
  /** Chosen values by column. */
  picks: Readonly<Record<string, readonly string[]>>;
  /** A column, `-` before it for descending; empty: the order of the rows. */
  sort: string;
  /** The chosen columns; null: those that are shown by default. */
  columns: readonly string[] | null;
  /** The key of the row whose detail is open. */
  open: string;
}

export const NONE: Filters = { q: "", picks: {}, sort: "", columns: null, open: "" };

/** `filterable`: the columns that can be filtered; another parameter of that name is nobody's. */
export function parse(params: URLSearchParams, filterable: readonly string[]): Filters {
  const picks: Record<string, readonly string[]> = {};
  for (const name of filterable) {
    const found = split(params.get(name));
    if (found.length) picks[name] = found;
  }
  const columns = params.get("columns");
  return {
    q: params.get("q") ?? "",
    picks,
    sort: params.get("sort") ?? "",
    columns: columns === null ? null : split(columns),
    open: params.get("open") ?? "",
  };
}

/** The parameters with these filters, and everything else that was there. */
export function write(params: URLSearchParams, filterable: readonly string[], filters: Filters): URLSearchParams {
  const made = new URLSearchParams(params);
  const set = (name: string, value: string) => (value ? made.set(name, value) : made.delete(name));
  set("q", filters.q);
  for (const name of filterable) set(name, join(filters.picks[name] ?? []));
  set("sort", filters.sort);
  if (filters.columns === null) made.delete("columns");
  else made.set("columns", join(filters.columns));
  set("open", filters.open);
  return made;
}

export interface Field<Row> {
  key: string;
  /** What is searched and sorted by. */
  value?: ((row: Row) => string | number | undefined) | undefined;
  /** What is filtered by, where that is not `value`. */
  pick?: ((row: Row) => string | readonly string[]) | undefined;
}

/** The rows that the filters let through, in their order. Words of `q` must all be somewhere in the row. */
export function select<Row>(
  rows: readonly Row[],
  fields: readonly Field<Row>[],
  filters: Filters,
  language: string,
): Row[] {
  const words = filters.q.toLowerCase().split(/\s+/).filter(Boolean);
  const picked = fields.filter((field) => filters.picks[field.key]?.length);
  const found = rows.filter(
    (row) => picked.every((field) => passes(row, field, filters.picks[field.key] ?? [])) && holds(row, fields, words),
  );
  const descending = filters.sort.startsWith("-");
  const by = fields.find((field) => field.key === filters.sort.replace(/^-/, ""))?.value;
  if (!by) return found;
  const collator = new Intl.Collator(language, { numeric: true });
  const sign = descending ? -1 : 1;
  return found.sort((a, b) => sign * compare(by(a), by(b), collator));
}

function passes<Row>(row: Row, field: Field<Row>, wanted: readonly string[]): boolean {
  const has = field.pick ? field.pick(row) : String(field.value?.(row) ?? "");
  return typeof has === "string" ? wanted.includes(has) : has.some((one) => wanted.includes(one));
}

function holds<Row>(row: Row, fields: readonly Field<Row>[], words: readonly string[]): boolean {
  if (!words.length) return true;
  const text = fields
    .map((field) => field.value?.(row) ?? "")
    .join("\n")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

function compare(a: string | number | undefined, b: string | number | undefined, collator: Intl.Collator): number {
  if (a === undefined || a === "") return b === undefined || b === "" ? 0 : 1;
  if (b === undefined || b === "") return -1;
  return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
}

function split(text: string | null): string[] {
  return (text ?? "").split(",").filter(Boolean).map(decoded);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function join(values: readonly string[]): string {
  return values.map((value) => value.replace(/[%,]/g, encodeURIComponent)).join(",");
}

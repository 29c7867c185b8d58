/**
 * Where everything is drawn. Pure. Five columns; under a parent its children, so that lines of one Gateway do not cross
 * those of another; backends as near to their first route as their number allows. Clusters are blocks, one under the other.
 */
import type { TopologyNode } from "~/api/schema";
import { type Fold, isProblem, LAYERS, type Layer, type Shown } from "./graph";

export const WIDTHS: Record<Layer, number> = { class: 128, gateway: 190, listener: 112, route: 216, backend: 190 };
export const HEIGHT = 42;
export const ROW = 52;
const GAP = 40;
const HEAD = 34;
const APART = 20;

export interface Place {
  x: number;
  y: number;
  width: number;
}

export interface Block {
  cluster: string;
  y: number;
  height: number;
}

export interface Drawing {
  places: ReadonlyMap<string, Place>;
  blocks: readonly Block[];
  width: number;
  height: number;
  /** The ids from top to bottom, by cluster and layer: how the keyboard goes up and down. */
  columns: ReadonlyMap<Layer, readonly string[]>;
}

/** The left edge of each column. */
export const COLUMNS: Record<Layer, number> = LAYERS.reduce(
  (found, layer, index) => {
    const before = LAYERS[index - 1];
    found[layer] = before ? found[before] + WIDTHS[before] + GAP : 0;
    return found;
  },
  {} as Record<Layer, number>,
);

export const WIDTH = COLUMNS.backend + WIDTHS.backend;

interface Part {
  id: string;
  layer: Layer;
  rank: number;
  name: string;
}

export function layout({ nodes, edges, folds }: Shown): Drawing {
  const places = new Map<string, Place>();
  const blocks: Block[] = [];
  let top = 0;
  for (const cluster of order(nodes)) {
    const own = nodes.filter((node) => node.cluster === cluster);
    const ids = new Set(own.map((node) => node.id));
    const rows = place(
      own,
      folds.filter((fold) => fold.cluster === cluster),
      edges.filter((edge) => ids.has(edge.source)),
    );
    const last = Math.max(0, ...[...rows.values()].map(({ row }) => row));
    for (const [id, { layer, row }] of rows) {
      places.set(id, { x: COLUMNS[layer], y: top + HEAD + row * ROW, width: WIDTHS[layer] });
    }
    const height = HEAD + last * ROW + HEIGHT;
    blocks.push({ cluster, y: top, height });
    top += height + APART;
  }
  return { places, blocks, width: WIDTH, height: Math.max(0, top - APART), columns: columnsOf(nodes, folds, places) };
}

/** The clusters, as the server ranks them: the worst first. */
function order(nodes: readonly TopologyNode[]): string[] {
  const worst = new Map<string, number>();
  for (const node of nodes) {
    worst.set(
      node.cluster,
      (worst.get(node.cluster) ?? 0) + (node.state === "unhealthy" ? 2 : isProblem(node) ? 1 : 0),
    );
  }
  return [...worst].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([cluster]) => cluster);
}

type Rows = Map<string, { layer: Layer; row: number }>;

function place(
  nodes: readonly TopologyNode[],
  folds: readonly Fold[],
  edges: readonly { source: string; target: string }[],
): Rows {
  const parts = new Map<string, Part>(
    nodes.map((node) => [node.id, { id: node.id, layer: node.layer, rank: isProblem(node) ? 0 : 1, name: node.name }]),
  );
  for (const fold of folds) parts.set(fold.id, { id: fold.id, layer: "route", rank: 2, name: "" });
  const children = new Map<string, Part[]>();
  const taken = new Set<string>();
  const adopt = (parent: string, id: string) => {
    const part = parts.get(id);
    if (!part || part.layer === "backend" || taken.has(id) || !parts.has(parent)) return;
    taken.add(id);
    children.set(parent, [...(children.get(parent) ?? []), part]);
  };
  for (const { source, target } of edges) adopt(source, target);
  for (const fold of folds) adopt(fold.parent, fold.id);
  const rows: Rows = new Map();
  let next = 0;
  const walk = (part: Part): number => {
    const under = [...(children.get(part.id) ?? [])].sort(before).map(walk);
    // Beside its first child, which has the worst problem: the whole way to it is then seen without scrolling.
    const row = under[0] ?? next++;
    rows.set(part.id, { layer: part.layer, row });
    return row;
  };
  const roots = [...parts.values()].filter((part) => part.layer !== "backend" && !taken.has(part.id));
  for (const root of roots.sort(before)) walk(root);
  backends(
    [...parts.values()].filter((part) => part.layer === "backend"),
    edges,
    rows,
  );
  return rows;
}

/** Within one parent: problems first, then by layer and name. */
function before(a: Part, b: Part): number {
  return a.rank - b.rank || LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer) || compare(a.name, b.name);
}

const collator = new Intl.Collator("en", { numeric: true });
const compare = (a: string, b: string) => collator.compare(a, b);

function backends(parts: readonly Part[], edges: readonly { source: string; target: string }[], rows: Rows): void {
  const wanted = parts.map((part) => {
    const of = edges.filter((edge) => edge.target === part.id).flatMap((edge) => rows.get(edge.source)?.row ?? []);
    return { part, row: of.length ? Math.min(...of) : 0 };
  });
  wanted.sort((a, b) => a.row - b.row || compare(a.part.name, b.part.name));
  const placed = spread(wanted.map(({ row }) => row));
  wanted.forEach(({ part }, index) => {
    rows.set(part.id, { layer: "backend", row: placed[index] ?? 0 });
  });
}

/** Rows as near as possible to those wanted (ascending), none negative and each at least 1 behind the one before. */
export function spread(wanted: readonly number[]): number[] {
  // Isotonic regression of what is left when the distances are taken out: neighbours that would overlap are pooled.
  const pools: { sum: number; count: number }[] = [];
  wanted.forEach((row, index) => {
    pools.push({ sum: row - index, count: 1 });
    for (;;) {
      const last = pools.at(-1);
      const prior = pools.at(-2);
      if (!last || !prior || prior.sum / prior.count <= last.sum / last.count) break;
      pools.splice(-2, 2, { sum: prior.sum + last.sum, count: prior.count + last.count });
    }
  });
  const flat = pools.flatMap(({ sum, count }) => new Array<number>(count).fill(Math.max(0, sum / count)));
  return flat.map((row, index) => row + index);
}

function columnsOf(
  nodes: readonly TopologyNode[],
  folds: readonly Fold[],
  places: ReadonlyMap<string, Place>,
): Map<Layer, string[]> {
  const found = new Map<Layer, string[]>(LAYERS.map((layer) => [layer, []]));
  for (const { id, layer } of nodes) found.get(layer)?.push(id);
  for (const { id } of folds) found.get("route")?.push(id);
  const y = (id: string) => places.get(id)?.y ?? 0;
  for (const ids of found.values()) ids.sort((a, b) => y(a) - y(b));
  return found;
}

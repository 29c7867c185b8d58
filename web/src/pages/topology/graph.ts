/**
 * Which part of a graph is shown. Pure. A graph goes from left to right through five layers; what is asked for (a word,
 * only problems) is shown with everything that it hangs on and leads to, and many healthy routes of one parent become
 * one fold.
 */
import type { Topology, TopologyEdge, TopologyNode } from "~/api/schema";

export type Layer = TopologyNode["layer"];
export const LAYERS: readonly Layer[] = ["class", "gateway", "listener", "route", "backend"];
/** A parent with more routes than this shows only so many, those with problems first. */
export const FOLD = 14;

/** Routes that are not drawn one by one; it is drawn in their place. */
export interface Fold {
  id: string;
  parent: string;
  cluster: string;
  count: number;
  problems: number;
}

export interface Shown {
  nodes: readonly TopologyNode[];
  edges: readonly TopologyEdge[];
  folds: readonly Fold[];
  /** How many nodes have a problem, in the whole graph. */
  problems: number;
}

export interface Asked {
  q: string;
  problems: boolean;
  /** Parents whose routes are all drawn. */
  unfolded: ReadonlySet<string>;
}

export function isProblem({ state }: Pick<TopologyNode, "state">): boolean {
  return state === "unhealthy" || state === "degraded" || state === "unknown";
}

export function shown(graph: Topology, asked: Asked): Shown {
  const chosen = choose(graph, asked);
  const { nodes, folds } = fold(chosen.nodes, chosen.edges, asked.unfolded);
  const ids = new Set(nodes.map((node) => node.id));
  return {
    nodes,
    edges: chosen.edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)),
    folds,
    problems: graph.nodes.filter(isProblem).length,
  };
}

/** The nodes that are asked for, with all that they hang on (to the left) and lead to (to the right). */
function choose(graph: Topology, { q, problems }: Asked): { nodes: TopologyNode[]; edges: TopologyEdge[] } {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length && !problems) return { nodes: graph.nodes, edges: graph.edges };
  const wanted = graph.nodes.filter((node) => (!problems || isProblem(node)) && says(node, words)).map(({ id }) => id);
  const left = reach(wanted, graph.edges, "target", "source");
  // A Gateway or a class with a problem is not a reason to show every route of it.
  const leads = new Set(graph.nodes.filter(({ layer }) => layer === "route").map(({ id }) => id));
  const open = words.length ? wanted : wanted.filter((id) => leads.has(id));
  const right = reach(open, graph.edges, "source", "target");
  const kept = new Set([...left, ...right]);
  return {
    nodes: graph.nodes.filter((node) => kept.has(node.id)),
    edges: graph.edges.filter((edge) => kept.has(edge.source) && kept.has(edge.target)),
  };
}

function says(node: TopologyNode, words: readonly string[]): boolean {
  if (!words.length) return true;
  const text = [node.name, node.ref.kind, node.cluster, node.code, ...(node.hostnames ?? [])].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

function reach(
  from: readonly string[],
  edges: readonly TopologyEdge[],
  at: "source" | "target",
  to: "source" | "target",
): Set<string> {
  const next = new Map<string, string[]>();
  for (const edge of edges) next.set(edge[at], [...(next.get(edge[at]) ?? []), edge[to]]);
  const found = new Set(from);
  const waiting = [...from];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const one of next.get(id) ?? []) {
      if (!found.has(one)) {
        found.add(one);
        waiting.push(one);
      }
    }
  }
  return found;
}

function fold(
  nodes: readonly TopologyNode[],
  edges: readonly TopologyEdge[],
  unfolded: ReadonlySet<string>,
): { nodes: TopologyNode[]; folds: Fold[] } {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parent = new Map<string, string>();
  const users = new Map<string, string[]>();
  for (const { source, target } of edges) {
    if (byId.get(target)?.layer === "route" && !parent.has(target)) parent.set(target, source);
    if (byId.get(target)?.layer === "backend") users.set(target, [...(users.get(target) ?? []), source]);
  }
  const children = new Map<string, TopologyNode[]>();
  for (const node of nodes) {
    const of = node.layer === "route" ? parent.get(node.id) : undefined;
    if (of !== undefined) children.set(of, [...(children.get(of) ?? []), node]);
  }
  const hidden = new Set<string>();
  const folds: Fold[] = [];
  for (const [id, routes] of children) {
    if (routes.length <= FOLD || unfolded.has(id)) continue;
    const rest = [...routes].sort((a, b) => Number(isProblem(b)) - Number(isProblem(a))).slice(FOLD - 1);
    for (const one of rest) hidden.add(one.id);
    const cluster = byId.get(id)?.cluster ?? "";
    folds.push({ id: `${id}+`, parent: id, cluster, count: rest.length, problems: rest.filter(isProblem).length });
  }
  const kept = nodes.filter(({ id, layer }) => {
    if (layer !== "backend") return !hidden.has(id);
    const of = users.get(id);
    return !of?.length || of.some((user) => !hidden.has(user));
  });
  return { nodes: kept, folds };
}

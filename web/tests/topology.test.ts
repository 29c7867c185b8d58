import { describe, expect, it } from "vitest";
import type { Topology, TopologyEdge, TopologyNode } from "~/api/schema";
import { FOLD, shown } from "~/pages/topology/graph";
import { COLUMNS, HEIGHT, layout, ROW, spread } from "~/pages/topology/layout";
import { step } from "~/pages/topology/walk";

type State = TopologyNode["state"];

function node(layer: TopologyNode["layer"], name: string, state: State = "healthy", cluster = "a"): TopologyNode {
  const kind = {
    class: "GatewayClass",
    gateway: "Gateway",
    listener: "Gateway",
    route: "HTTPRoute",
    backend: "Service",
  };
  return {
    id: `${cluster}/${layer}/${name}`,
    layer,
    cluster,
    ref: { api_version: "v1", kind: kind[layer], name, namespace: "ns" },
    name,
    state,
  };
}

const line = (source: TopologyNode, target: TopologyNode): TopologyEdge => ({
  source: source.id,
  target: target.id,
  state: "healthy",
});

/** A class, a Gateway, a listener, and routes to a Service each; the routes at `bad` are unhealthy. */
function graph(routes: number, bad: readonly number[] = [], cluster = "a"): Topology {
  const trunk = [
    node("class", "traefik", "healthy", cluster),
    node("gateway", "edge", "healthy", cluster),
    node("listener", "web", "healthy", cluster),
  ] as const;
  const nodes: TopologyNode[] = [...trunk];
  const edges = [line(trunk[0], trunk[1]), line(trunk[1], trunk[2])];
  for (let i = 0; i < routes; i += 1) {
    const route = node("route", `app-${i}`, bad.includes(i) ? "unhealthy" : "healthy", cluster);
    const backend = node("backend", `app-${i}`, "healthy", cluster);
    nodes.push(route, backend);
    edges.push(line(trunk[2], route), line(route, backend));
  }
  return { nodes, edges, total: nodes.length };
}

const none = { q: "", problems: false, unfolded: new Set<string>() };

describe("what is shown", () => {
  it("is everything where nothing is asked and little is there", () => {
    const found = shown(graph(5), none);
    expect(found.nodes).toHaveLength(13);
    expect(found.folds).toEqual([]);
  });

  it("folds many routes of one listener, keeps those with problems, and counts the rest", () => {
    const found = shown(graph(300, [250]), none);
    const routes = found.nodes.filter(({ layer }) => layer === "route");
    expect(routes).toHaveLength(FOLD - 1);
    expect(routes.map(({ name }) => name)).toContain("app-250");
    expect(found.folds).toEqual([
      { id: "a/listener/web+", parent: "a/listener/web", cluster: "a", count: 300 - FOLD + 1, problems: 0 },
    ]);
    // The backends of folded routes go with them.
    expect(found.nodes.filter(({ layer }) => layer === "backend")).toHaveLength(FOLD - 1);
  });

  it("says how many of the folded have problems", () => {
    const bad = Array.from({ length: 20 }, (_, index) => index);
    expect(shown(graph(300, bad), none).folds[0]?.problems).toBe(20 - (FOLD - 1));
  });

  it("draws all routes of a parent that was unfolded", () => {
    const found = shown(graph(300), { ...none, unfolded: new Set(["a/listener/web"]) });
    expect(found.nodes).toHaveLength(603);
    expect(found.folds).toEqual([]);
  });

  it("finds a word with all that it hangs on and leads to", () => {
    const found = shown(graph(40), { ...none, q: "APP-7" });
    expect(found.nodes.map(({ id }) => id).sort()).toEqual([
      "a/backend/app-7",
      "a/class/traefik",
      "a/gateway/edge",
      "a/listener/web",
      "a/route/app-7",
    ]);
    expect(found.edges).toHaveLength(4);
  });

  it("shows only problems with the way to them, and not every route of a Gateway with a problem", () => {
    const told = graph(40, [3]);
    const nodes = told.nodes.map((one) => (one.layer === "gateway" ? { ...one, state: "degraded" as const } : one));
    const found = shown({ ...told, nodes }, { ...none, problems: true });
    expect(found.nodes.map(({ name }) => name)).toEqual(["traefik", "edge", "web", "app-3", "app-3"]);
    expect(found.problems).toBe(2);
  });

  it("is nothing where nothing has a problem", () => {
    expect(shown(graph(4), { ...none, problems: true }).nodes).toEqual([]);
  });
});

describe("the layout", () => {
  const drawn = (told: Topology, asked = none) => {
    const found = shown(told, asked);
    return { found, drawing: layout(found) };
  };

  it("puts each layer in its column and the way to the worst in the first row", () => {
    const { drawing } = drawn(graph(6, [4]));
    const y = (id: string) => drawing.places.get(id)?.y;
    expect(drawing.places.get("a/route/app-4")?.x).toBe(COLUMNS.route);
    for (const id of ["a/class/traefik", "a/gateway/edge", "a/listener/web", "a/route/app-4", "a/backend/app-4"]) {
      expect(y(id)).toBe(y("a/class/traefik"));
    }
  });

  it("never draws two parts of a column over each other, and leaves nothing out", () => {
    const two = graph(30, [1, 2], "a");
    const other = graph(7, [], "b");
    const stray = node("route", "stray", "unhealthy", "b");
    const lonely = node("backend", "lonely", "healthy", "b");
    const told = {
      nodes: [...two.nodes, ...other.nodes, stray, lonely],
      edges: [...two.edges, ...other.edges],
      total: 0,
    };
    const { found, drawing } = drawn(told);
    expect(drawing.places.size).toBe(found.nodes.length + found.folds.length);
    for (const ids of drawing.columns.values()) {
      const rows = ids.map((id) => drawing.places.get(id)?.y ?? -1);
      rows.slice(1).forEach((y, index) => {
        expect(y - (rows[index] ?? 0)).toBeGreaterThanOrEqual(ROW - 0.001);
      });
    }
    const lowest = Math.max(...[...drawing.places.values()].map(({ y }) => y));
    expect(drawing.height).toBeGreaterThanOrEqual(lowest + HEIGHT);
  });

  it("draws clusters as blocks that do not meet, the worst first", () => {
    const calm = graph(3, [], "a");
    const bad = graph(3, [0], "b");
    const { drawing } = drawn({
      nodes: [...calm.nodes, ...bad.nodes],
      edges: [...calm.edges, ...bad.edges],
      total: 18,
    });
    expect(drawing.blocks.map(({ cluster }) => cluster)).toEqual(["b", "a"]);
    const [first, second] = drawing.blocks;
    expect((second?.y ?? 0) - (first?.y ?? 0)).toBeGreaterThanOrEqual(first?.height ?? 0);
  });

  it("puts a shared backend beside the first of its routes", () => {
    const told = graph(0);
    const [a, b, shared] = [node("route", "a"), node("route", "b"), node("backend", "shared")];
    const listener = told.nodes[2] as TopologyNode;
    const { drawing } = drawn({
      nodes: [...told.nodes, a, b, shared],
      edges: [...told.edges, line(listener, a), line(listener, b), line(a, shared), line(b, shared)],
      total: 6,
    });
    expect(drawing.places.get(shared.id)?.y).toBe(drawing.places.get(a.id)?.y);
  });

  it("is empty for nothing", () => {
    expect(layout({ nodes: [], edges: [], folds: [], problems: 0 })).toMatchObject({ height: 0, blocks: [] });
  });
});

describe("spreading", () => {
  it("keeps what does not overlap", () => {
    expect(spread([0, 2, 7])).toEqual([0, 2, 7]);
  });
  it("moves neighbours apart by as little as it can, and never above the first row", () => {
    expect(spread([3, 3, 3])).toEqual([2, 3, 4]);
    expect(spread([0, 0, 0])).toEqual([0, 1, 2]);
    expect(spread([])).toEqual([]);
  });
});

describe("arrow keys", () => {
  const found = shown(graph(3, [1]), none);
  const drawing = layout(found);
  const go = (id: string, direction: "left" | "right" | "up" | "down") => step(found, drawing, id, direction);

  it("go along lines, to the nearest part", () => {
    expect(go("a/listener/web", "right")).toBe("a/route/app-1");
    expect(go("a/route/app-2", "left")).toBe("a/listener/web");
    expect(go("a/route/app-2", "right")).toBe("a/backend/app-2");
    expect(go("a/class/traefik", "left")).toBeUndefined();
  });
  it("go up and down a column", () => {
    expect(go("a/route/app-1", "down")).toBe("a/route/app-0");
    expect(go("a/route/app-0", "up")).toBe("a/route/app-1");
    expect(go("a/route/app-1", "up")).toBeUndefined();
    expect(go("nothing", "down")).toBeUndefined();
  });
  it("reach a fold from its parent", () => {
    const many = shown(graph(30), none);
    const ends = layout(many);
    expect(step(many, ends, "a/listener/web+", "left")).toBe("a/listener/web");
  });
});

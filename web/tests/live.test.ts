/** Live changes reach the page gathered, no faster than it can show them, and nothing is missed after a break. */
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { batchOf, Live, touches } from "~/api/live";
import type { LiveChange } from "~/api/schema";

class Source {
  static all: Source[] = [];
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  reset: (() => void) | undefined;
  readyState = 0;
  constructor() {
    Source.all.push(this);
  }
  addEventListener(_: string, listener: () => void): void {
    this.reset = listener;
  }
  close(): void {
    this.readyState = 2;
  }
  say(changed: Partial<LiveChange>): void {
    this.onmessage?.({ data: JSON.stringify({ id: "e.1", at: 0, what: "object", ...changed }) });
  }
}

const page = { hidden: false, listeners: [] as (() => void)[] };
let client: QueryClient;
let stop: () => void;
let live: Live;

beforeEach(() => {
  vi.useFakeTimers();
  Source.all = [];
  page.hidden = false;
  page.listeners = [];
  vi.stubGlobal("document", {
    get hidden() {
      return page.hidden;
    },
    addEventListener: (_: string, listener: () => void) => page.listeners.push(listener),
    removeEventListener: () => undefined,
  });
  client = new QueryClient();
  live = new Live(client, () => new Source() as never);
  stop = live.start();
});

afterEach(() => {
  stop();
  client.clear();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const source = () => Source.all.at(-1) as Source;

/** A query that somebody looks at; counts how often it is read. */
function watched(key: string, meta: object): { reads: number; data: () => unknown } {
  const seen = { reads: 0, data: () => client.getQueryData([key]) };
  const queryFn = async () => {
    seen.reads += 1;
    return { value: key };
  };
  new QueryObserver(client, { queryKey: [key], queryFn, meta, staleTime: 1e9 }).subscribe(() => undefined);
  return seen;
}

test("of many changes a query is read once, and again only after a pause", async () => {
  const seen = watched("all", { live: touches.any });
  source().onopen?.();
  await vi.advanceTimersByTimeAsync(10);
  for (let n = 0; n < 1000; n += 1) source().say({ cluster: `c-${n % 50}` });
  await vi.advanceTimersByTimeAsync(500);
  expect(seen.reads).toBe(2);
  for (let n = 0; n < 1000; n += 1) source().say({ cluster: "c" });
  await vi.advanceTimersByTimeAsync(500);
  expect(seen.reads).toBe(2);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(seen.reads).toBe(3);
});

test("only what is touched is read", async () => {
  const own = watched("own", { live: touches.cluster("a") });
  const other = watched("other", { live: touches.cluster("b") });
  const still = watched("still", {});
  source().onopen?.();
  await vi.advanceTimersByTimeAsync(10);
  source().say({ cluster: "a" });
  await vi.advanceTimersByTimeAsync(3_000);
  expect([own.reads, other.reads, still.reads]).toEqual([2, 1, 1]);
});

test("a patch is shown before anything is read", async () => {
  let answer: (value: unknown) => void = () => undefined;
  const queryFn = () => new Promise((resolve) => (answer = resolve));
  const patch = (data: unknown, batch: { clusters: ReadonlyMap<string, unknown> }) => ({
    ...(data as object),
    state: batch.clusters.get("a"),
  });
  const meta = { live: touches.clusters, patch };
  new QueryObserver(client, { queryKey: ["x"], queryFn, meta, staleTime: 1e9 }).subscribe(() => undefined);
  source().onopen?.();
  await vi.advanceTimersByTimeAsync(10);
  answer({ state: "healthy" });
  await vi.advanceTimersByTimeAsync(10);
  source().say({ what: "cluster", cluster: "a", state: "degraded" });
  await vi.advanceTimersByTimeAsync(300);
  expect(client.getQueryData(["x"])).toEqual({ state: "degraded" });
});

test("a reset reads everything live anew", async () => {
  const seen = watched("own", { live: touches.cluster("a") });
  source().onopen?.();
  await vi.advanceTimersByTimeAsync(10);
  source().reset?.();
  await vi.advanceTimersByTimeAsync(300);
  expect(seen.reads).toBe(2);
});

test("after a break everything live is read anew, and the header says what is going on", async () => {
  const seen = watched("own", { live: touches.cluster("a") });
  expect(live.connection().state).toBe("connecting");
  source().onopen?.();
  await vi.advanceTimersByTimeAsync(10);
  expect(live.connection().state).toBe("live");
  source().onerror?.();
  const lost = live.connection();
  expect(lost.state).toBe("reconnecting");
  await vi.advanceTimersByTimeAsync(5_000);
  source().onerror?.();
  expect(live.connection()).toBe(lost);
  source().onopen?.();
  await vi.advanceTimersByTimeAsync(300);
  expect(live.connection().state).toBe("live");
  expect(seen.reads).toBe(2);
});

test("where the browser gives up, a new connection is tried until one holds", async () => {
  source().onopen?.();
  for (let n = 1; n < 6; n += 1) {
    const given = source();
    given.readyState = 2;
    given.onerror?.();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(Source.all.length).toBe(n + 1);
  }
  source().onopen?.();
  expect(live.connection().state).toBe("live");
});

test("a page that nobody looks at holds no connection, and reads anew when somebody comes back", async () => {
  const seen = watched("own", { live: touches.cluster("a") });
  source().onopen?.();
  await vi.advanceTimersByTimeAsync(10);
  page.hidden = true;
  for (const told of page.listeners) told();
  await vi.advanceTimersByTimeAsync(61_000);
  expect(source().readyState).toBe(2);
  page.hidden = false;
  for (const told of page.listeners) told();
  expect(Source.all.length).toBe(2);
  source().onopen?.();
  await vi.advanceTimersByTimeAsync(300);
  expect(seen.reads).toBe(2);
});

test("a batch keeps the last state of each cluster", () => {
  const change = (changed: Partial<LiveChange>): LiveChange => ({ id: "e.1", at: 0, what: "cluster", ...changed });
  const batch = batchOf(
    [
      change({ cluster: "a", state: "degraded" }),
      change({ cluster: "a", state: "healthy" }),
      change({ cluster: "b", what: "object", state: "unhealthy" }),
    ],
    false,
  );
  expect([...batch.clusters]).toEqual([["a", "healthy"]]);
  expect([...batch.names]).toEqual(["a", "b"]);
});

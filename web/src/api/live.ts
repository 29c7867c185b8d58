/**
 * One `EventSource` for the whole application: what changes in the clusters, as the server judges it.
 *
 * A fleet may change 200 times in a second. Changes are gathered, and handed on together: at once after silence, then
 * at most every `PACE` milliseconds, and never while the queries of the last batch are still being answered. A query
 * says by its `meta` what concerns it:
 *
 *   meta: { live: touches.cluster(name) }          // read anew after a change there
 *   meta: { live: touches.any, patch: patchStates } // states change at once, the rest follows
 *
 * The browser reconnects by itself and names the last event; the server then goes on, or says `reset` and everything
 * live is read anew. Where the browser gives up (a proxy's answer, a sign-in that ended) we open a new one. A page that
 * nobody looks at holds no connection: it is opened, and everything read anew, when somebody comes back.
 */
import type { QueryClient } from "@tanstack/react-query";
import type { LiveChange } from "./schema";

const PACE = 2_000;
const FIRST = 150;
/** A browser keeps six connections to a server: pages that nobody looks at must not take them from the others. */
const HIDDEN = 15_000;
const RETRY = [1_000, 2_000, 5_000, 10_000];

export type State = LiveChange["state"];

/** What changed since the last time. `clusters`: each with its new state, where it is known. */
export interface Batch {
  reset: boolean;
  clusters: ReadonlyMap<string, State>;
  /** Clusters of which an object or the cluster itself changed. */
  names: ReadonlySet<string>;
  changes: readonly LiveChange[];
}

export type Touched = (batch: Batch) => boolean;
export type Patch = (data: unknown, batch: Batch) => unknown;

export const touches = {
  any: (() => true) as Touched,
  /** Changes of this cluster, or of anything in it. */
  cluster:
    (...names: string[]): Touched =>
    (batch) =>
      names.some((name) => batch.names.has(name)),
  /** Changes of clusters themselves, not of single objects in them. */
  clusters: ((batch) => batch.clusters.size > 0) as Touched,
  kind:
    (...kinds: string[]): Touched =>
    (batch) =>
      batch.changes.some((change) => change.ref && kinds.includes(change.ref.kind)),
};

export interface Connection {
  state: "connecting" | "live" | "reconnecting";
  /** Milliseconds since 1970, when this state began. */
  since: number;
}

interface Source {
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent<string>) => void) | null;
  addEventListener(type: "reset", listener: (event: MessageEvent<string>) => void): void;
  readonly readyState: number;
  close(): void;
}

export class Live {
  #connection: Connection = { state: "connecting", since: Date.now() };
  #listeners = new Set<() => void>();
  #source: Source | null = null;
  #waiting: LiveChange[] = [];
  #reset = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #hidden: ReturnType<typeof setTimeout> | undefined;
  #handed = 0;
  #failures = 0;
  #ever = false;

  constructor(
    private readonly queries: QueryClient,
    private readonly open: () => Source = () => new EventSource("/api/v1/changes"),
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly connection = (): Connection => this.#connection;

  /** Connects, until the returned function is called. */
  start(): () => void {
    this.#connect();
    const seen = () => this.#visibility();
    document.addEventListener("visibilitychange", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      clearTimeout(this.#hidden);
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#close();
    };
  }

  #visibility(): void {
    clearTimeout(this.#hidden);
    if (document.hidden) this.#hidden = setTimeout(() => this.#rest(), HIDDEN);
    else if (!this.#source) this.#connect();
  }

  #rest(): void {
    this.#close();
    this.#become("connecting");
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  #connect(): void {
    this.#close();
    const source = this.open();
    this.#source = source;
    source.onopen = () => {
      // A new connection without a last event knows nothing of what happened in between.
      if (this.#ever && this.#connection.state !== "live") this.#add(null);
      this.#ever = true;
      this.#failures = 0;
      this.#become("live");
    };
    source.onmessage = (event) => this.#add(JSON.parse(event.data) as LiveChange);
    source.addEventListener("reset", () => this.#add(null));
    source.onerror = () => {
      this.#become(this.#ever ? "reconnecting" : "connecting");
      if (source.readyState !== 2) return;
      const wait = RETRY[Math.min(this.#failures, RETRY.length - 1)] ?? 10_000;
      this.#failures += 1;
      this.#retry = setTimeout(() => this.#connect(), wait);
    };
  }

  #become(state: Connection["state"]): void {
    if (this.#connection.state === state) return;
    this.#connection = { state, since: Date.now() };
    for (const listener of this.#listeners) listener();
  }

  #add(change: LiveChange | null): void {
    if (change) this.#waiting.push(change);
    else this.#reset = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer !== undefined || !(this.#waiting.length || this.#reset)) return;
    const due = Math.max(FIRST, this.#handed + PACE - Date.now());
    this.#timer = setTimeout(() => void this.#hand(), due);
  }

  async #hand(): Promise<void> {
    const batch = batchOf(this.#waiting, this.#reset);
    this.#waiting = [];
    this.#reset = false;
    try {
      await apply(this.queries, batch);
    } finally {
      this.#handed = Date.now();
      this.#timer = undefined;
      this.#schedule();
    }
  }
}

/** The changes as one batch; of a cluster the last state counts. */
export function batchOf(changes: readonly LiveChange[], reset: boolean): Batch {
  const clusters = new Map<string, State>();
  const names = new Set<string>();
  for (const change of changes) {
    if (change.cluster) names.add(change.cluster);
    if (change.what === "cluster" && change.cluster) clusters.set(change.cluster, change.state);
  }
  return { reset, clusters, names, changes };
}

/** Patches what can be patched and reads anew what is touched; done when that is read. */
export async function apply(queries: QueryClient, batch: Batch): Promise<void> {
  for (const query of batch.reset ? [] : queries.getQueryCache().getAll()) {
    const { live, patch } = query.meta ?? {};
    if (patch && query.state.data !== undefined && live?.(batch)) {
      const patched = patch(query.state.data, batch);
      if (patched !== query.state.data)
        queries.setQueryData(query.queryKey, patched, { updatedAt: query.state.dataUpdatedAt });
    }
  }
  await queries.invalidateQueries(
    { predicate: (query) => !!query.meta?.live && (batch.reset || query.meta.live(batch)) },
    { cancelRefetch: false },
  );
}

declare module "@tanstack/react-query" {
  interface Register {
    queryMeta: { live?: Touched; patch?: Patch };
  }
}

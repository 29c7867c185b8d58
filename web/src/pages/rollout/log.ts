/**
 * The log of a rollout as it grows, without losing or doubling a line, whatever happens to the connection.
 *
 * Lines are numbered without gaps. The browser reconnects by itself and names the last line that it got; where it gives
 * up (a proxy's answer, a server that is being started) a new connection asks for what comes after the last line that
 * we have. The server ends the stream when nobody carries the rollout out any more; whether that is so, or the server
 * died, is told by asking for the rollout (`driven`), which fails where there is no server.
 */
import type { RolloutEvent } from "~/api/schema";

const RETRY = [500, 1_000, 2_000, 4_000];
const GRACE = 700;
/** Lines that come together are shown together: a log of thousands is not drawn as often when one opens it. */
export const GATHER = 50;

export interface Following {
  lines: readonly RolloutEvent[];
  /** `resting`: nobody carries it out, so that nothing more comes. */
  state: "connecting" | "live" | "reconnecting" | "resting";
  /** Milliseconds since 1970, when this state began. */
  since: number;
}

interface Source {
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent<string>) => void) | null;
  readonly readyState: number;
  close(): void;
}

const CLOSED = 2;

export class RolloutLog {
  #now: Following = { lines: [], state: "connecting", since: Date.now() };
  #listeners = new Set<() => void>();
  #source: Source | null = null;
  #arrived: RolloutEvent[] = [];
  #showing: ReturnType<typeof setTimeout> | undefined;
  #last = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #stopped = true;

  /** `driven`: whether it still is carried out; rejects where the server does not answer. `told`: after new lines. */
  constructor(
    private readonly id: string,
    private readonly driven: () => Promise<boolean>,
    private readonly told: () => void,
    private readonly open: (url: string) => Source = (url) => new EventSource(url),
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly current = (): Following => this.#now;

  start(): () => void {
    this.#stopped = false;
    this.#connect();
    return () => {
      this.#stopped = true;
      this.#close();
      this.#calm();
      this.#show();
    };
  }

  /** Something happened to it: a resume, a retry, an abort. */
  wake(): void {
    if (this.#stopped || this.#now.state !== "resting") return;
    this.#become("connecting");
    this.#connect();
  }

  #close(): void {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  #connect(): void {
    this.#close();
    const source = this.open(`/api/v1/rollouts/${encodeURIComponent(this.id)}/events?after=${this.#last}`);
    this.#source = source;
    source.onopen = () => {
      this.#failures = 0;
      this.#calm();
      this.#become("live");
    };
    source.onmessage = (event) => this.#add(JSON.parse(event.data) as RolloutEvent);
    source.onerror = () => void this.#broken(source);
  }

  #add(line: RolloutEvent): void {
    if (line.seq <= this.#last) return;
    if (line.seq > this.#last + 1) {
      // Between what we have and this line something is missing: it is asked for.
      this.#connect();
      return;
    }
    this.#last = line.seq;
    this.#arrived.push(line);
    this.#showing ??= setTimeout(() => this.#show(), GATHER);
    this.told();
  }

  #show(): void {
    clearTimeout(this.#showing);
    this.#showing = undefined;
    if (!this.#arrived.length) return;
    this.#now = { ...this.#now, lines: [...this.#now.lines, ...this.#arrived] };
    this.#arrived = [];
    this.#tell();
  }

  async #broken(source: Source): Promise<void> {
    // A stream that ends because the rollout rests looks like one that was cut off: a moment is left to tell them apart.
    this.#grace ??= setTimeout(() => this.#become("reconnecting"), GRACE);
    if (source.readyState === CLOSED) this.#again();
    let driven: boolean;
    try {
      driven = await this.driven();
    } catch {
      return;
    }
    if (this.#source !== source || driven || this.#stopped) return;
    this.#rest();
  }

  #again(): void {
    const wait = RETRY[Math.min(this.#failures, RETRY.length - 1)] ?? 4_000;
    this.#failures += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), wait);
  }

  /** Nothing is wrong any more that people would have to be told of. */
  #calm(): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
  }

  #rest(): void {
    this.#close();
    this.#calm();
    this.#become("resting");
  }

  #become(state: Following["state"]): void {
    if (this.#now.state === state) return;
    this.#now = { ...this.#now, state, since: Date.now() };
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

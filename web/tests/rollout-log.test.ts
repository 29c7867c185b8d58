/** The log of a rollout neither loses nor doubles a line, whatever the connection does. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RolloutEvent } from "~/api/schema";
import { GATHER, RolloutLog } from "~/pages/rollout/log";

class FakeSource {
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent<string>) => void) | null = null;
  readyState = 0;
  constructor(readonly url: string) {}
  close() {
    this.readyState = 2;
  }
  opened() {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }
  line(seq: number) {
    const event: RolloutEvent = { seq, at: "2026-11-22T10:00:00Z", kind: "step", message: { key: "k" } };
    this.onmessage?.({ data: JSON.stringify(event) } as MessageEvent<string>);
  }
  broken(readyState: number) {
    this.readyState = readyState;
    this.onerror?.(new Event("error"));
  }
}

function followed(driven: () => Promise<boolean>) {
  const sources: FakeSource[] = [];
  let told = 0;
  const open = (url: string) => {
    const source = new FakeSource(url);
    sources.push(source);
    return source;
  };
  const log = new RolloutLog("r-1", driven, () => (told += 1), open);
  const stop = log.start();
  const source = () => sources.at(-1) as FakeSource;
  const seqs = () => {
    vi.advanceTimersByTime(GATHER);
    return log.current().lines.map((line) => line.seq);
  };
  return { log, sources, source, stop, told: () => told, seqs };
}

const dead = () => Promise.reject(new Error("no server"));

describe("the log of a rollout", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("takes each line once, also when the server repeats some after a reconnect", () => {
    const { source, seqs, told } = followed(() => Promise.resolve(true));
    source().opened();
    for (const seq of [1, 2, 3, 2, 3, 4]) source().line(seq);
    expect(seqs()).toEqual([1, 2, 3, 4]);
    expect(told()).toBe(4);
  });

  it("shows lines that come together at once", () => {
    const { log, source, seqs } = followed(() => Promise.resolve(true));
    let drawn = 0;
    log.subscribe(() => (drawn += 1));
    source().opened();
    drawn = 0;
    for (let seq = 1; seq <= 500; seq += 1) source().line(seq);
    expect(drawn).toBe(0);
    expect(seqs()).toHaveLength(500);
    expect(drawn).toBe(1);
  });

  it("asks for what is missing instead of showing a gap", () => {
    const { source, sources, seqs } = followed(() => Promise.resolve(true));
    source().opened();
    source().line(1);
    source().line(3);
    expect(seqs()).toEqual([1]);
    expect(sources).toHaveLength(2);
    expect(source().url).toBe("/api/v1/rollouts/r-1/events?after=1");
  });

  it("says since when it reconnects, goes on after the last line, and is live again", async () => {
    const { log, source, sources, seqs } = followed(dead);
    source().opened();
    source().line(1);
    source().line(2);
    source().broken(2);
    await vi.advanceTimersByTimeAsync(450);
    expect(log.current().state).toBe("live");
    await vi.advanceTimersByTimeAsync(300);
    const { state, since } = log.current();
    expect(state).toBe("reconnecting");
    for (let i = 0; i < 5; i += 1) {
      source().broken(2);
      await vi.advanceTimersByTimeAsync(4_000);
    }
    expect(log.current()).toMatchObject({ state: "reconnecting", since });
    expect(sources.length).toBeGreaterThan(3);
    expect(source().url).toMatch(/after=2$/);
    source().opened();
    source().line(3);
    expect(seqs()).toEqual([1, 2, 3]);
    expect(log.current().state).toBe("live");
  });

  it("rests when nobody carries the rollout out, and is not reconnecting then", async () => {
    const { log, source } = followed(() => Promise.resolve(false));
    source().opened();
    source().line(1);
    source().broken(0);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(log.current().state).toBe("resting");
    expect(source().readyState).toBe(2);
  });

  it("wakes after a resume and asks for the lines after the last", async () => {
    const { log, source, sources } = followed(() => Promise.resolve(false));
    source().opened();
    source().line(1);
    source().broken(0);
    await vi.advanceTimersByTimeAsync(10);
    log.wake();
    expect(sources).toHaveLength(2);
    expect(source().url).toMatch(/after=1$/);
    log.wake();
    expect(sources).toHaveLength(2);
  });

  it("is silent after it was stopped", async () => {
    const { source, sources, stop } = followed(dead);
    source().opened();
    source().broken(2);
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sources).toHaveLength(1);
  });
});

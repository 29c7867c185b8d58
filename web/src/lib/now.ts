/** One clock for every relative time on the page, so that a thousand rows need no thousand timers. */
import { useSyncExternalStore } from "react";

const EVERY = 5_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (!timer) now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const told of listeners) told();
  }, EVERY);
  return () => {
    listeners.delete(listener);
    if (listeners.size) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Milliseconds since 1970, renewed every five seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** The clusters of a rollout as its board counts, orders and filters them. Pure. */
import type { RolloutStatus, TargetStatus } from "~/api/schema";

export type TargetState = TargetStatus["state"];

/** From here on what needs somebody comes first, and one can search. */
export const MANY = 30;

/** What needs somebody, what happens now, what is to come, what is over. */
export const ATTENTION: readonly TargetState[] = [
  "failed",
  "running",
  "paused",
  "pending",
  "aborted",
  "succeeded",
  "skipped",
];

export interface Placed {
  target: TargetStatus;
  /** From 1: when its turn is. */
  place: number;
}

/** How many clusters are in which state, in the order of attention; what is none is left out. */
export function counted(rollout: RolloutStatus): [state: TargetState, count: number][] {
  const found = new Map<TargetState, number>();
  for (const { state } of rollout.targets ?? []) found.set(state, (found.get(state) ?? 0) + 1);
  return ATTENTION.flatMap((state): [TargetState, number][] => {
    const count = found.get(state);
    return count ? [[state, count]] : [];
  });
}

/** The clusters in one of these states (none: in any) whose name has every word. A few stay in the order of their turns;
 * of many those come first that need attention. */
export function placed(rollout: RolloutStatus, words: string, states: readonly string[]): Placed[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const all = (rollout.targets ?? []).map((target, index): Placed => ({ target, place: index + 1 }));
  const found = all.filter(
    ({ target: { cluster, state } }) =>
      (!states.length || states.includes(state)) && wanted.every((word) => cluster.toLowerCase().includes(word)),
  );
  if (all.length <= MANY) return found;
  const weight = ({ target }: Placed) => ATTENTION.indexOf(target.state);
  return found.sort((a, b) => weight(a) - weight(b) || a.place - b.place);
}

/** The states of rollouts, of clusters in them and of steps: word, tone, and which commands each allows. */

import type { CommandChoice, RolloutStatus, StepStatus, TargetStatus } from "~/api/schema";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import type { Tone } from "~/theme/palette";

export type RolloutState = RolloutStatus["state"];
export type AnyState = RolloutState | TargetStatus["state"] | NonNullable<StepStatus["state"]>;
export type Command = CommandChoice["name"];

export const COMMANDS: readonly Command[] = ["pause", "resume", "retry", "abort"];
/** In the order in which they matter to a person who comes to look. */
export const STATES: readonly RolloutState[] = ["running", "pending", "failed", "paused", "succeeded", "aborted"];

export const stateTone: Record<AnyState, Tone> = {
  pending: "unknown",
  running: "progressing",
  paused: "degraded",
  failed: "unhealthy",
  aborted: "unknown",
  succeeded: "healthy",
  skipped: "unknown",
  done: "healthy",
};

/** Somebody carries it out now, so that it changes by itself. */
export const driven = (state: RolloutState): boolean => state === "pending" || state === "running";
export const ended = (state: RolloutState): boolean => state === "succeeded" || state === "aborted";

/** What the server says of a command now; it decides, in any case. */
export function choice(command: Command, rollout: RolloutStatus): CommandChoice {
  return rollout.commands?.find((one) => one.name === command) ?? { name: command, allowed: false };
}

export function finished(rollout: RolloutStatus): number {
  return (rollout.targets ?? []).filter((one) => one.state === "succeeded" || one.state === "skipped").length;
}

/** When the last step ended; undefined while it runs, or where nothing was done. */
export function endOf(rollout: RolloutStatus): string | undefined {
  if (driven(rollout.state)) return undefined;
  const ends = (rollout.targets ?? []).flatMap((target) => (target.steps ?? []).flatMap((step) => step.ended_at ?? []));
  return ends.sort().at(-1);
}

/** Those that run first, then those that wait for a person, then the newest. */
export function inOrder(rollouts: readonly RolloutStatus[]): RolloutStatus[] {
  const weight = ({ state }: RolloutStatus) => (driven(state) ? 0 : ended(state) ? 2 : 1);
  return [...rollouts].sort((a, b) => weight(a) - weight(b) || b.created_at.localeCompare(a.created_at));
}

export function RolloutTag({ state, quiet }: { state: AnyState; quiet?: boolean }) {
  const { t } = useTranslation("rollouts");
  return (
    <ToneTag tone={stateTone[state]} quiet={quiet}>
      {t(`state.${state}`)}
    </ToneTag>
  );
}

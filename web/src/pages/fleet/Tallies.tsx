/** How many clusters are in each state, and how many are of concern for another reason; each a filter of the matrix. */

import { Shape } from "~/components/Shape";
import { useTranslation } from "~/i18n/react";
import { WORST } from "~/lib/states";
import { useFilters } from "~/lib/useFilters";
import type { Tone } from "~/theme/palette";
import { CONCERNS, type Concern, type Summary } from "./rows";

const TONES: Record<Concern, Tone> = {
  unseen: "unhealthy",
  skew: "degraded",
  drift: "degraded",
  certificates: "degraded",
  rollout: "progressing",
};
const FILTERED = ["health", "concern"] as const;

export function Tallies({ summary }: { summary: Summary }) {
  const { t, i18n } = useTranslation("fleet");
  const { t: common } = useTranslation("common");
  const [filters, change] = useFilters(FILTERED);
  const number = new Intl.NumberFormat(i18n.language);
  const toggle = (key: (typeof FILTERED)[number], value: string) => {
    const had = filters.picks[key] ?? [];
    const now = had.includes(value) ? had.filter((one) => one !== value) : [...had, value];
    change({ picks: { ...filters.picks, [key]: now } });
  };
  const one = (key: (typeof FILTERED)[number], value: string, tone: Tone, count: number, word: string) => {
    const pressed = filters.picks[key]?.includes(value) ?? false;
    return (
      <button
        key={value}
        type="button"
        className={`tally tone-${tone}`}
        aria-pressed={pressed}
        disabled={!count && !pressed}
        onClick={() => toggle(key, value)}
      >
        <Shape tone={tone} />
        <b>{number.format(count)}</b>
        {word}
      </button>
    );
  };
  const concerns = CONCERNS.filter((value) => summary.concerns[value] || filters.picks["concern"]?.includes(value));
  return (
    <fieldset className="tallies plain-set" aria-label={t("tallies")}>
      {WORST.map((state) => one("health", state, state, summary.states[state], common(`state.${state}`)))}
      {concerns.length > 0 && <span className="tally-gap" />}
      {concerns.map((value) => one("concern", value, TONES[value], summary.concerns[value], t(`concern.${value}`)))}
    </fieldset>
  );
}

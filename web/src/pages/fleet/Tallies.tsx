/** How many clusters are in each state, and how many are of concern for another reason; each a filter of the matrix. */

import { Tally, toggled } from "~/components/Tally";
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
  const { t } = useTranslation("fleet");
  const { t: common } = useTranslation("common");
  const [filters, change] = useFilters(FILTERED);
  const one = (key: (typeof FILTERED)[number], value: string, tone: Tone, count: number, word: string) => {
    const had = filters.picks[key] ?? [];
    const toggle = () => change({ picks: { ...filters.picks, [key]: toggled(had, value) } });
    return <Tally key={value} {...{ tone, count, word, toggle }} pressed={had.includes(value)} />;
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

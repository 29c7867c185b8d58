/**
 * A number with its word above a list, which is also a filter of it:
 *
 *   <fieldset className="tallies plain-set" aria-label={...}>
 *     <Tally tone="unhealthy" count={3} word={t("state.failed")} pressed={...} toggle={...} />
 */
import { Shape } from "~/components/Shape";
import { useTranslation } from "~/i18n/react";
import type { Tone } from "~/theme/palette";
import "./tally.css";

interface Props {
  tone: Tone;
  count: number;
  word: string;
  pressed: boolean;
  toggle: () => void;
}

export function Tally({ tone, count, word, pressed, toggle }: Props) {
  const { i18n } = useTranslation();
  return (
    <button
      type="button"
      className={`tally tone-${tone}`}
      aria-pressed={pressed}
      disabled={!count && !pressed}
      onClick={toggle}
    >
      <Shape tone={tone} />
      <b>{new Intl.NumberFormat(i18n.language).format(count)}</b>
      {word}
    </button>
  );
}

/** The values with this one, or without it where it was among them. */
export function toggled(values: readonly string[], value: string): string[] {
  return values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
}

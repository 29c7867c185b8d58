/** How long something takes or took: it counts on, second by second, while it runs. */
import { useTranslation } from "~/i18n/react";
import { duration, moment } from "~/lib/time";
import { useSecond } from "./clock";

interface Props {
  from: string | null | undefined;
  to?: string | null | undefined;
}

export function Ticking({ from, to }: Props) {
  const { i18n } = useTranslation();
  const began = moment(from);
  const ended = moment(to);
  const now = useSecond(began !== null && ended === null);
  if (began === null) return null;
  const spent = (ended ?? now) - began;
  // Whole seconds while it counts: tenths would only flicker.
  const shown = ended === null ? Math.max(0, Math.round(spent / 1000)) * 1000 : spent;
  return <span className="nowrap numbers muted">{duration(shown, i18n.language)}</span>;
}

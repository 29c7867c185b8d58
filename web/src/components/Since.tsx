/**
 * When something was: "3 min ago", the exact moment in the viewer's zone on hover and focus.
 *
 *   <Since at={row.seen_at} />            RFC 3339 text or Unix seconds; an empty one says "never"
 *   <Duration milliseconds={4200} />      <Duration from={started} to={ended} />   without `to`: still running
 *
 * Inside a `DataTable` the time is no tab stop (a thousand of them would be in the way): it has a title instead.
 */
import { Tooltip } from "antd";
import { createContext, useContext } from "react";
import { useWords } from "~/i18n/words";
import { useNow } from "~/lib/now";
import { duration, exact, moment, relative } from "~/lib/time";

/** Whether what is drawn is a row of a table. */
export const InTable = createContext(false);

export function Since({ at }: { at: string | number | null | undefined }) {
  const { t, language } = useWords();
  const inTable = useContext(InTable);
  const now = useNow();
  const when = moment(at);
  if (when === null) return <span className="muted">{t("time.never")}</span>;
  const full = exact(when, language);
  const time = (
    <time
      dateTime={new Date(when).toISOString()}
      className="nowrap numbers"
      title={inTable ? full : undefined}
      tabIndex={inTable ? undefined : 0}
    >
      {relative(when, now, language)}
    </time>
  );
  return inTable ? time : <Tooltip title={full}>{time}</Tooltip>;
}

interface DurationProps {
  milliseconds?: number;
  from?: string | number | null;
  to?: string | number | null;
}

export function Duration({ milliseconds, from, to }: DurationProps) {
  const { language } = useWords();
  const now = useNow();
  const began = moment(from);
  const spent = milliseconds ?? (began === null ? null : (moment(to) ?? now) - began);
  if (spent === null) return <span className="muted">–</span>;
  return <span className="nowrap numbers">{duration(spent, language)}</span>;
}

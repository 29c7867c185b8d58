/**
 * A state as colour, shape and word together; the reason in one line on hover and focus.
 *
 *   <StateTag state="degraded" reason="2 of 14 routes have no backend" />
 *   <Reachability state={row.reachability} />        <Verdict verdict={v.verdict} />
 *   <ToneTag tone="unhealthy">{t("expired")}</ToneTag>      any other word
 *
 * `quiet`: without a background, for dense tables. `dot`: the shape only, its word for screen readers and on hover.
 */
import { Tooltip } from "antd";
import type { ReactNode } from "react";
import { useWords } from "~/i18n/words";
import type { HealthState, Reach, VerdictName } from "~/lib/states";
import { reachabilityTone, verdictTone } from "~/lib/states";
import type { Tone } from "~/theme/palette";
import { Shape } from "./Shape";

interface Look {
  reason?: ReactNode;
  quiet?: boolean | undefined;
  dot?: boolean | undefined;
}

export function ToneTag({ tone, children, reason, quiet, dot }: Look & { tone: Tone; children: ReactNode }) {
  const word = dot ? <span className="visually-hidden">{children}</span> : children;
  const tag = (
    <span
      className={`state tone-${tone}${quiet || dot ? "" : " tag"}`}
      title={dot && typeof children === "string" ? children : undefined}
    >
      <Shape tone={tone} />
      {word}
    </span>
  );
  return reason ? <Tooltip title={reason}>{tag}</Tooltip> : tag;
}

export function StateTag({ state, ...look }: Look & { state: HealthState | null | undefined }) {
  const { t } = useWords();
  const tone = state ?? "unknown";
  return (
    <ToneTag tone={tone} {...look}>
      {t(`state.${tone}`)}
    </ToneTag>
  );
}

export function Reachability({ state, ...look }: Look & { state: Reach }) {
  const { t } = useWords();
  return (
    <ToneTag tone={reachabilityTone[state]} {...look}>
      {t(`reachability.${state}`)}
    </ToneTag>
  );
}

export function Verdict({ verdict, ...look }: Look & { verdict: VerdictName }) {
  const { t } = useWords();
  return (
    <ToneTag tone={verdictTone[verdict]} {...look}>
      {t(`verdict.${verdict}`)}
    </ToneTag>
  );
}

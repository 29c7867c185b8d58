/**
 * Something that is not there yet, without a jump when it comes: bars of the size of what they stand for. After one
 * second a line of progress, after ten it says what it is doing.
 *
 *   <Loading lines={6} doing={t("loading.what")} />      `doing`: what takes so long, as a sentence
 */
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "~/i18n/react";

const WIDTHS = ["62%", "84%", "47%", "73%", "55%"];
const KEYS = Array.from({ length: 40 }, (_, index) => `bar-${index}`);

export function Loading({ lines = 4, doing }: { lines?: number; doing?: ReactNode }) {
  const { t } = useTranslation();
  const long = useAfter(1_000);
  const longer = useAfter(10_000);
  return (
    <div className="stack" role="status" aria-busy="true">
      {long && <div className="progress" />}
      <span className={longer ? "muted" : "visually-hidden"}>{longer && doing ? doing : t("loading")}</span>
      {KEYS.slice(0, lines).map((key, index) => (
        <Skeleton key={key} width={WIDTHS[index % WIDTHS.length] ?? "60%"} />
      ))}
    </div>
  );
}

export function Skeleton({ width, height = 14 }: { width: string | number; height?: number }) {
  return <span className="skeleton" style={{ width, height }} />;
}

/** True once so many milliseconds have passed. */
export function useAfter(milliseconds: number): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setPassed(true), milliseconds);
    return () => clearTimeout(timer);
  }, [milliseconds]);
  return passed;
}

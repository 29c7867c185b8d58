/** The log beside the board: follows its end unless one reads further up; of one cluster, or of all. */
import { Button, Input } from "antd";
import { memo, useDeferredValue, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { RolloutEvent } from "~/api/schema";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { exact, moment } from "~/lib/time";
import type { Following } from "./log";

const tones = { connecting: "unknown", live: "healthy", reconnecting: "degraded", resting: "unknown" } as const;
const SHOWN = 1_000;

interface Props {
  following: Following;
  cluster: string;
  clear: () => void;
  /** Nothing more will ever come. */
  over: boolean;
}

export function Log({ following, cluster, clear, over }: Props) {
  const { t } = useTranslation("rollout");
  const say = useSay();
  const [typed, setTyped] = useState("");
  const [end, setEnd] = useState(true);
  const words = useDeferredValue(typed.trim().toLowerCase());
  const list = useRef<HTMLOListElement>(null);
  const lines = useMemo(
    () =>
      following.lines
        .filter((line) => !cluster || line.cluster === cluster || !line.cluster)
        .filter((line) => !words || `${line.cluster ?? ""} ${say(line.message)}`.toLowerCase().includes(words)),
    [following.lines, cluster, words, say],
  );
  const reading = following.state !== "resting" && !following.lines.length;
  const top = useRef(0);
  // After every drawing: lines come, others are filtered, and words that were missing are loaded.
  useLayoutEffect(() => {
    if (end) list.current?.scrollTo(0, list.current.scrollHeight);
  });
  return (
    <section className="log" aria-label={t("log.title")}>
      <div className="row spread">
        <h2>{t("log.title")}</h2>
        <Connection following={following} over={over} />
      </div>
      <div className="row">
        <Input
          allowClear
          size="small"
          className="grow"
          value={typed}
          placeholder={t("log.search")}
          aria-label={t("log.search")}
          onChange={(event) => setTyped(event.target.value)}
        />
        {cluster && (
          <Button size="small" onClick={clear}>
            {t("log.only", { cluster })}
          </Button>
        )}
      </div>
      <ol
        className="log-lines"
        ref={list}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard
        tabIndex={0}
        aria-label={t("log.lines")}
        aria-busy={reading}
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          if (scrollHeight - scrollTop - clientHeight < 24) setEnd(true);
          else if (scrollTop < top.current) setEnd(false);
          top.current = scrollTop;
        }}
      >
        {lines.length > SHOWN && <li className="muted">{t("log.older", { count: lines.length - SHOWN })}</li>}
        {lines.slice(-SHOWN).map((line) => (
          <Line key={line.seq} line={line} text={say(line.message)} named={!cluster} />
        ))}
        {!lines.length && <li className="muted">{t(reading ? "log.loading" : "log.empty")}</li>}
      </ol>
      {!end && (
        <Button size="small" className="log-end" onClick={() => setEnd(true)}>
          {t("log.end")}
        </Button>
      )}
    </section>
  );
}

const Line = memo(function Line({ line, text, named }: { line: RolloutEvent; text: string; named: boolean }) {
  const { i18n } = useTranslation();
  const at = moment(line.at) ?? 0;
  return (
    <li className={`log-line kind-${line.kind}`} data-seq={line.seq}>
      <time dateTime={line.at} title={exact(at, i18n.language)}>
        {new Date(at).toLocaleTimeString(i18n.language, { hourCycle: "h23" })}
      </time>
      {named && line.cluster && <span className="log-cluster">{line.cluster}</span>}
      <span className="log-text">{text}</span>
    </li>
  );
});

function Connection({ following: { state, since }, over }: { following: Following; over: boolean }) {
  const { t, i18n } = useTranslation("rollout");
  const clock = new Date(since).toLocaleTimeString(i18n.language, { hourCycle: "h23" });
  return (
    <span role="status">
      <ToneTag tone={tones[state]} quiet reason={t("log.since", { at: exact(since, i18n.language) })}>
        {state === "reconnecting"
          ? t("log.reconnecting", { since: clock })
          : t(state === "resting" && over ? "log.complete" : `log.${state}`)}
      </ToneTag>
    </span>
  );
}

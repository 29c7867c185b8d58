/**
 * The server's own sentences. Findings, causes and events come as a key and parameters, and are said with the same
 * templates as on the command line: `src/gatewright/text/<area>.json`, one chunk per area, loaded when it is needed.
 *
 *   <Said message={cause.message} />            in JSX
 *   const say = useSay(); say(event.message)    as text; "" while the words are loading
 */
import { useCallback, useEffect, useState } from "react";
import type { ErrorReport, HealthFinding, Message, ObjectRef } from "~/api/schema";
import { useTranslation } from "~/i18n/react";
import { fill } from "./format";

type Templates = Record<string, { en: string; zh: string }>;
const files = import.meta.glob<Templates>(
  ["../../../src/gatewright/text/*.json", "!../../../src/gatewright/text/{cli,demo,lab,metrics}.json"],
  {
    import: "default",
  },
);
const loads = new Map(Object.entries(files).map(([path, load]) => [/([a-z]+)\.json$/.exec(path)?.[1] ?? "", load]));
const known = new Map<string, Templates>();
const loading = new Map<string, Promise<void>>();

export type Say = (message: Message | null | undefined) => string;

/** Says messages in the person's language; draws again when words that were missing have come. */
export function useSay(): Say {
  const { i18n } = useTranslation();
  const [loaded, redraw] = useState(0);
  const [missing] = useState(() => new Set<string>());
  useEffect(() => {
    let gone = false;
    const wanted = [...missing];
    if (wanted.length) {
      void Promise.all(wanted.map(fetchArea)).then(() => {
        if (gone) return;
        missing.clear();
        redraw((n) => n + 1);
      });
    }
    return () => {
      gone = true;
    };
  });
  const chinese = i18n.language.startsWith("zh");
  // One function until it says something else, so that what was said need not be said again.
  // biome-ignore lint/correctness/useExhaustiveDependencies: with more words loaded the same messages say more
  return useCallback(
    (message) => (message ? render(message, chinese ? "zh" : "en", missing) : ""),
    [chinese, missing, loaded],
  );
}

/** Loads the words of an area (`health`, `planning`) ahead of the page that needs them. */
export function fetchArea(area: string): Promise<void> {
  let found = loading.get(area);
  if (!found) {
    found = (loads.get(area)?.() ?? Promise.resolve({})).then((templates) => void known.set(area, templates));
    loading.set(area, found);
  }
  return found;
}

function render(message: Message, language: "en" | "zh", missing: Set<string>): string {
  const area = message.key.split(".", 1)[0] ?? "";
  const templates = known.get(area);
  if (!templates) {
    missing.add(area);
    return "";
  }
  const template = templates[message.key]?.[language];
  if (template === undefined) return message.key;
  return fill(template, message.params ?? {}, (inner) => render(inner, language, missing));
}

/** `Gateway orders/edge`, as everywhere in the product. */
export function nameOfRef(ref: ObjectRef): string {
  return ref.namespace ? `${ref.kind} ${ref.namespace}/${ref.name}` : `${ref.kind} ${ref.name}`;
}

/** The sentence of a finding, and of what to do about it. */
export function sentencesOf(finding: HealthFinding): { message: Message; remedy: Message } {
  const object = nameOfRef(finding.subject);
  const where = finding.where ?? "";
  const place = where ? `${object} (${where})` : object;
  const params = { object, where: where || "-", place, ...finding.params };
  return { message: { key: finding.code, params }, remedy: { key: `${finding.code}.remedy`, params } };
}

/** The sentence of an error that the server kept (a cluster that did not answer), and its remedy. */
export function sentencesOfReport(report: ErrorReport): { message: Message; remedy: Message } {
  const where = { cluster: report.cluster ?? "-", object: report.object ?? "-", owner: report.owner ?? "-" };
  const params = { ...where, ...report.params };
  return { message: { key: report.code, params }, remedy: { key: `${report.code}.remedy`, params } };
}

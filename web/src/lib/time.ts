/** Times and durations in the person's language and zone. Pure: the language and the moment are given. */
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** Of what has happened, where the language does not say `now`. */
const JUST: Readonly<Record<string, string>> = { "zh-CN": "刚刚" };

const relatives = new Map<string, Intl.RelativeTimeFormat>();
const exacts = new Map<string, Intl.DateTimeFormat>();

/** `3 min ago`, `3分钟前`; within ten seconds `now`. `at`, `now`: milliseconds since 1970. */
export function relative(at: number, now: number, language: string): string {
  let format = relatives.get(language);
  if (!format) {
    format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
    relatives.set(language, format);
  }
  const seconds = Math.round((at - now) / 1000);
  const away = Math.abs(seconds);
  if (away < 10) return (at <= now && JUST[language]) || format.format(0, "second");
  for (const [unit, size] of UNITS) {
    if (away >= size) return tidy(format.format(Math.trunc(seconds / size), unit));
  }
  return tidy(format.format(seconds, "second"));
}

/** `23 Nov 2026, 02:07:05 GMT+8` in the viewer's zone. */
export function exact(at: number, language: string): string {
  let format = exacts.get(language);
  if (!format) {
    format = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "long", hourCycle: "h23" });
    exacts.set(language, format);
  }
  return format.format(at);
}

/** `2 h 5 min`, `12 s`, `0.4 s`: the two largest parts. */
export function duration(milliseconds: number, language: string): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return part(Math.round(seconds * 10) / 10, "second", language);
  const whole = Math.round(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "day"],
    [Math.floor((whole % 86_400) / 3_600), "hour"],
    [Math.floor((whole % 3_600) / 60), "minute"],
    [whole % 60, "second"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => part(count, unit, language))
    .join(" ");
}

/** RFC 3339 text or Unix seconds as milliseconds; null for what is no time (an empty string means never). */
export function moment(at: string | number | null | undefined): number | null {
  if (at === null || at === undefined || at === "") return null;
  const found = typeof at === "number" ? at * 1000 : Date.parse(at);
  return Number.isNaN(found) ? null : found;
}

function part(count: number, unit: string, language: string): string {
  return tidy(new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(count));
}

function tidy(text: string): string {
  return text.replace(/\.(?=\s|$)/g, "");
}

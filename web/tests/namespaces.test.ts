/** Whatever a page draws speaks of words that are loaded with the page: else the names of the keys are shown. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { DOORS, PAGES } from "~/pages";

const SOURCE = new URL("../src/", import.meta.url).pathname;
/** Loaded with the application (`i18n/index.ts`). */
const ALWAYS = ["common", "shell"];

/** The file that `name`, written in `from`, stands for; null for a library. */
function found(name: string, from: string): string | null {
  if (!/^[.~]/.test(name)) return null;
  const path = name.startsWith("~/") ? join(SOURCE, name.slice(2)) : join(dirname(from), name);
  return [`${path}.tsx`, `${path}.ts`, join(path, "index.tsx"), join(path, "index.ts")].find(existsSync) ?? null;
}

/** Every file that is drawn or run with this one. */
function reached(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, "utf8").replace(/import type [^;]*;/g, "");
  for (const [, name = ""] of text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)) {
    const next = found(name, file);
    if (next) reached(next, seen);
  }
  return seen;
}

test.each([...PAGES, ...DOORS])("$path loads every word of $page", ({ page, namespaces = [] }) => {
  const loaded = new Set([...ALWAYS, page, ...namespaces]);
  const missing = [...reached(join(SOURCE, "pages", page, "index.tsx"))].flatMap((file) =>
    [
      ...readFileSync(file, "utf8")
        .replace(/\/\*\*.*?\*\//gs, "")
        .matchAll(/useTranslation\((\[[^\]]*\]|"[^"]*")/g),
    ]
      .flatMap(([, names = ""]) => [...names.matchAll(/"([^"]+)"/g)].map((one) => one[1] ?? ""))
      .filter((name) => !loaded.has(name))
      .map((name) => `${file.slice(SOURCE.length)}: ${name}`),
  );
  expect(missing).toEqual([]);
});

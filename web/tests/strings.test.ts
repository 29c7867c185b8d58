/** Both languages say the same things, with the same parameters, and nothing that nobody asks for. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const SOURCE = new URL("../src/", import.meta.url).pathname;
const WORDS = join(SOURCE, "i18n");
const PLURAL = /_(zero|one|two|few|many|other)$/;

type Words = Map<string, string>;

function flat(value: unknown, prefix = ""): [string, string][] {
  if (typeof value === "string") return [[prefix, value]];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, inner]) =>
    flat(inner, prefix ? `${prefix}.${key}` : key),
  );
}

function words(language: string, namespace: string): Words {
  return new Map(flat(JSON.parse(readFileSync(join(WORDS, language, `${namespace}.json`), "utf8"))));
}

function parameters(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map((found) => found[1] ?? ""))].sort();
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

const namespaces = readdirSync(join(WORDS, "en-US")).map((name) => name.replace(/\.json$/, ""));
const sources = files(SOURCE).filter((file) => !file.endsWith(".d.ts"));
const code = new Map(sources.map((file) => [file, readFileSync(file, "utf8")]));

test("both languages have the same files", () => {
  expect(readdirSync(join(WORDS, "zh-CN")).sort()).toEqual(readdirSync(join(WORDS, "en-US")).sort());
});

test("every file is typed", () => {
  const typed = readFileSync(join(WORDS, "types.d.ts"), "utf8");
  for (const namespace of namespaces) expect(typed).toContain(`"./en-US/${namespace}.json"`);
});

describe.each(namespaces)("%s", (namespace) => {
  const english = words("en-US", namespace);
  const chinese = words("zh-CN", namespace);

  test("has the same keys", () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
  });

  test("has the same parameters", () => {
    for (const [key, text] of english) {
      // English may say "one cluster" where Chinese says the number.
      const counted = (names: string[]) => (key.endsWith("_one") ? names.filter((name) => name !== "count") : names);
      expect([key, counted(parameters(chinese.get(key) ?? ""))]).toEqual([key, counted(parameters(text))]);
    }
  });

  test("is said in Chinese, and in English, and calmly", () => {
    for (const [key, text] of english) {
      expect([key, text]).not.toEqual([key, expect.stringMatching(/[\u4e00-\u9fff]|!|\bsorry\b/i)]);
    }
    for (const [key, text] of chinese) expect([key, text]).not.toEqual([key, expect.stringMatching(/[!！]|抱歉/)]);
  });

  const said = [...code.values()].some((text) => new RegExp(`useTranslation\\(\\[?"${namespace}"`).test(text));
  test.runIf(said)("has no key that nobody asks for", () => {
    const asked = literals(namespace);
    const idle = [...english.keys()].filter((key) => !used(key.replace(PLURAL, ""), asked));
    expect(idle).toEqual([]);
  });
});

interface Asked {
  whole: Set<string>;
  /** The fixed parts before what is put in: `state.` of `state.${state}`. */
  begun: string[];
}

/** The keys in the code: of a page's words only the code that says it uses them. */
function literals(namespace: string): Asked {
  const whole = new Set<string>();
  const begun: string[] = [];
  for (const text of code.values()) {
    const mentions = text.includes(`"${namespace}"`) || text.includes(`"${namespace}:`) || namespace === "common";
    const folder = namespace === "shell";
    if (!mentions && !folder) continue;
    for (const [, found] of text.matchAll(/"([\w-]+(?:[.:][\w-]+)*)"/g))
      whole.add((found ?? "").replace(/^[\w-]+:/, ""));
    for (const [, found] of text.matchAll(/`(?:[\w-]+:)?([\w.-]*)\$\{/g)) if (found) begun.push(found);
  }
  return { whole, begun };
}

function used(key: string, asked: Asked): boolean {
  return asked.whole.has(key) || asked.begun.some((prefix) => key.startsWith(prefix));
}

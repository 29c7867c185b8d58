/**
 * The two languages. A namespace is a file `i18n/<language>/<namespace>.json`; `common` and `shell` come with the
 * application, a page's own with the page (`routes.tsx` loads it beside the code). Keys are typed from the English
 * file; tests hold both languages to the same keys and to no unused ones.
 */
import i18next, { type InitOptions } from "i18next";
import { configure } from "~/api/client";

export type Language = "en-US" | "zh-CN";
export const LANGUAGES: readonly Language[] = ["en-US", "zh-CN"];
export const NAMES: Record<Language, string> = { "en-US": "English", "zh-CN": "简体中文" };
const STORED = "gatewright.language";

const files = import.meta.glob<Record<string, unknown>>("./*/*.json", { import: "default" });

/** The language of a locale: whatever is Chinese is zh-CN, all else English. */
export function languageOf(locale: string | null | undefined): Language | null {
  if (!locale) return null;
  return locale.toLowerCase().startsWith("zh") ? "zh-CN" : "en-US";
}

/** What was chosen in this browser, else what the browser prefers. */
export function initialLanguage(): Language {
  return languageOf(read()) ?? languageOf(navigator.language) ?? "en-US";
}

export function chosenHere(): boolean {
  return read() !== null;
}

const options: InitOptions = {
  ns: ["common", "shell"],
  defaultNS: "common",
  fallbackNS: "common",
  supportedLngs: [...LANGUAGES],
  interpolation: { escapeValue: false },
  returnNull: false,
  partialBundledLanguages: true,
};

/** Loads the first words; the application is drawn after that. */
export function start(language: Language): Promise<void> {
  starting = language;
  ready = begin(language);
  return ready;
}

let starting: Language = "en-US";
let ready: Promise<void> = Promise.resolve();

async function begin(language: Language): Promise<void> {
  await i18next
    .use({
      type: "backend" as const,
      init: () => undefined,
      read: (lng: string, ns: string, done: (error: unknown, data: Record<string, unknown> | null) => void) => {
        const load = files[`./${lng}/${ns}.json`];
        if (!load) return done(null, {});
        load().then(
          (data) => done(null, data),
          (error: unknown) => done(error, null),
        );
      },
    })
    .init({ ...options, lng: language });
  told(language);
}

/** Loads what a page says, before it is drawn. At the start the files come beside the first words, not after them. */
export async function load(...namespaces: string[]): Promise<void> {
  for (const name of namespaces)
    void files[`./${i18next.language ?? starting}/${name}.json`]?.().catch(() => undefined);
  await ready;
  await i18next.loadNamespaces(namespaces);
}

/** Speaks another language. `keep`: this browser does so from now on. */
export async function change(language: Language, keep = true): Promise<void> {
  try {
    if (keep) localStorage.setItem(STORED, language);
  } catch {
    // A browser that keeps nothing still speaks the language for now.
  }
  configure({ language });
  await i18next.changeLanguage(language);
  told(language);
}

function told(language: Language): void {
  configure({ language });
  document.documentElement.lang = language;
}

function read(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

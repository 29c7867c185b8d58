/**
 * `const { t, i18n } = useTranslation("fleet");`: the words of a namespace, drawn anew when the language changes.
 *
 * In place of the hook of react-i18next: that one waits
 * for words that are not there and copies its state for every use, which in each cell of a table is most of what
 * scrolling costs. Here a page's words are always there before the page (`routes.tsx`), and each namespace is bound once.
 */
import i18next, { type FlatNamespace, type i18n, type TFunction } from "i18next";
import { useSyncExternalStore } from "react";

type Names = FlatNamespace | readonly [FlatNamespace, ...FlatNamespace[]];

interface Words<N extends Names> {
  t: TFunction<N>;
  i18n: i18n;
}

const bound = new Map<string, Words<Names>>();

export function useTranslation<const N extends Names = "common">(names?: N): Words<N> {
  const language = useSyncExternalStore(subscribe, spoken);
  const wanted: Names = names ?? "common";
  const key = `${language}/${String(wanted)}`;
  let found = bound.get(key);
  if (!found) {
    found = { t: i18next.getFixedT(language, wanted) as TFunction<Names>, i18n: i18next };
    bound.set(key, found);
  }
  return found as unknown as Words<N>;
}

function subscribe(listener: () => void): () => void {
  i18next.on("languageChanged", listener);
  return () => i18next.off("languageChanged", listener);
}

function spoken(): string {
  return i18next.language;
}

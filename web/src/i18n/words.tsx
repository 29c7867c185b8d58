/**
 * The common words for what is drawn a thousand times: `const { t, language } = useWords();`. The hook of react-i18next
 * costs too much in every cell of a table; this one reads what was made once for the whole application.
 */
import type { TFunction } from "i18next";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { useTranslation } from "~/i18n/react";

interface Words {
  t: TFunction<"common">;
  language: string;
}

const Context = createContext<Words | null>(null);

export function WordsProvider({ children }: { children: ReactNode }) {
  const { t, i18n } = useTranslation("common");
  const value = useMemo(() => ({ t, language: i18n.language }), [t, i18n.language]);
  return <Context value={value}>{children}</Context>;
}

export function useWords(): Words {
  const words = useContext(Context);
  if (!words) throw new Error("useWords needs a WordsProvider above it");
  return words;
}

/** Language and theme that a person chose: kept in the browser at once, and with the person for other browsers. */
import { useEffect } from "react";
import { raw } from "~/api/client";
import type { Session } from "~/api/session";
import { change, chosenHere, type Language, languageOf } from "~/i18n";

/** Speaks the person's language where this browser has no choice of its own. */
export function usePreferences(session: Session | undefined): void {
  const wanted = languageOf(session?.language ?? session?.preferences?.language);
  useEffect(() => {
    if (wanted && !chosenHere()) void change(wanted);
  }, [wanted]);
}

/** Changes the language here, and for the person. That the server cannot keep it changes nothing here. */
export async function chooseLanguage(language: Language, session: Session): Promise<void> {
  await change(language);
  if (session.state !== "signed-in") return;
  await raw("PUT", "/me/preferences", { language: language === "zh-CN" ? "zh" : "en" }).catch(() => undefined);
}

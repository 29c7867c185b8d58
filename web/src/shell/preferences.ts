/** The person's language and theme, where this browser has no choice of its own. */
import { useEffect } from "react";
import type { Session } from "~/api/session";
import { change, chosenHere, languageOf } from "~/i18n";
import { useTheme } from "~/theme";

export function usePreferences(session: Session | undefined): void {
  const preferences = session?.person?.preferences;
  const language = languageOf(preferences?.language);
  const { follow } = useTheme();
  const theme = preferences?.theme;
  useEffect(() => {
    if (language && !chosenHere()) void change(language, false);
  }, [language]);
  useEffect(() => {
    if (theme) follow(theme);
  }, [theme, follow]);
}

/** Language and theme: in this browser at once, and kept for the person's other browsers. */
import { useQueryClient } from "@tanstack/react-query";
import { Radio } from "antd";
import { prefer } from "~/api/session";
import { change, LANGUAGES, type Language, NAMES } from "~/i18n";
import { useTranslation } from "~/i18n/react";
import { useNow } from "~/lib/now";
import { exact } from "~/lib/time";
import { type Preference, useTheme } from "~/theme";
import { Section } from "./Section";

const THEMES: readonly Preference[] = ["system", "light", "dark"];

export function Looks() {
  const { t, i18n } = useTranslation("settings");
  const { t: shell } = useTranslation("shell");
  const client = useQueryClient();
  const now = useNow();
  const { preference, choose } = useTheme();
  const speak = async (language: Language) => {
    await change(language);
    await prefer(client, { language: language === "zh-CN" ? "zh" : "en" });
  };
  const paint = (theme: Preference) => {
    choose(theme);
    void prefer(client, { theme });
  };
  return (
    <Section title={t("looks.title")} about={t("looks.about")}>
      <div className="stack tight">
        <span id="settings-language">{shell("language")}</span>
        <Radio.Group
          aria-labelledby="settings-language"
          optionType="button"
          value={i18n.language}
          onChange={(event) => void speak(event.target.value as Language)}
          options={LANGUAGES.map((value) => ({ value, label: <span lang={value}>{NAMES[value]}</span> }))}
        />
      </div>
      <div className="stack tight">
        <span id="settings-theme">{shell("theme.label")}</span>
        <Radio.Group
          aria-labelledby="settings-theme"
          optionType="button"
          value={preference}
          onChange={(event) => paint(event.target.value as Preference)}
          options={THEMES.map((value) => ({ value, label: shell(`theme.${value}`) }))}
        />
      </div>
      <p className="muted">
        {t("looks.zone", {
          zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
          now: exact(now, i18n.language),
        })}
      </p>
    </Section>
  );
}

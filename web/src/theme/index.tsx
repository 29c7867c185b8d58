/** Light, dark or the system's: Ant Design's tokens and our CSS variables, from one palette. */
import { App as AntApp, theme as antTheme, ConfigProvider, type ThemeConfig } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from "react";
import { useTranslation } from "react-i18next";
import { type Mode, palettes } from "./palette";

export type Preference = Mode | "system";
const STORED = "gatewright.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce || "";

interface Theme {
  preference: Preference;
  mode: Mode;
  choose: (preference: Preference) => void;
  /** Takes the person's preference where this browser has none of its own. */
  follow: (preference: Preference) => void;
}

const Context = createContext<Theme>({
  preference: "system",
  mode: "light",
  choose: () => undefined,
  follow: () => undefined,
});

/** The theme in use, and how to choose another one. */
export const useTheme = (): Theme => useContext(Context);

export function ThemeProvider({ children }: { children: ReactNode }) {
  const { i18n } = useTranslation();
  const [preference, choose] = useState<Preference>(stored);
  const system = useSyncExternalStore(subscribe, () => dark.matches);
  const mode: Mode = preference === "system" ? (system ? "dark" : "light") : preference;
  useEffect(() => apply(mode), [mode]);
  const follow = useCallback((wanted: Preference) => {
    if (!chosenHere()) choose(wanted);
  }, []);
  const value = useMemo<Theme>(
    () => ({
      preference,
      mode,
      choose: (chosen) => {
        store(chosen);
        choose(chosen);
      },
      follow,
    }),
    [preference, mode, follow],
  );
  const config = useMemo(() => tokens(mode), [mode]);
  return (
    <Context.Provider value={value}>
      <ConfigProvider
        theme={config}
        csp={{ nonce }}
        locale={i18n.language === "zh-CN" ? zhCN : enUS}
        button={{ autoInsertSpace: false }}
      >
        <AntApp component={false}>{children}</AntApp>
      </ConfigProvider>
    </Context.Provider>
  );
}

function tokens(mode: Mode): ThemeConfig {
  const palette = palettes[mode];
  return {
    algorithm: mode === "dark" ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
    token: {
      colorPrimary: palette.accent,
      colorLink: palette.accent,
      colorInfo: palette.accent,
      colorSuccess: palette.tones.healthy.mark,
      colorWarning: palette.tones.degraded.mark,
      colorError: palette.tones.unhealthy.text,
      colorBgBase: palette.surface,
      colorBgLayout: palette.page,
      colorBgContainer: palette.surface,
      colorBgElevated: palette.raised,
      colorTextBase: palette.text,
      colorText: palette.text,
      colorTextSecondary: palette.muted,
      colorTextTertiary: palette.muted,
      colorTextDescription: palette.muted,
      colorTextPlaceholder: palette.muted,
      colorTextLightSolid: palette.onAccent,
      colorBorder: palette.border,
      colorBorderSecondary: palette.line,
      fontFamily: "var(--font)",
      fontFamilyCode: "var(--mono)",
      fontSize: 14,
      borderRadius: 6,
      fontSizeSM: 13,
      controlHeight: 30,
      controlHeightSM: 24,
      padding: 14,
      paddingLG: 18,
      motionDurationMid: "0.12s",
      motionDurationSlow: "0.16s",
    },
    components: {
      Table: { headerBg: palette.surface, headerSplitColor: "transparent", cellPaddingBlockSM: 7 },
      Menu: { itemBg: "transparent", activeBarBorderWidth: 0, itemHeight: 34 },
      Tooltip: { colorBgSpotlight: mode === "dark" ? "#39415a" : "#1b2130", colorTextLightSolid: "#ffffff" },
    },
  };
}

function apply(mode: Mode): void {
  const root = document.documentElement;
  root.dataset["theme"] = mode;
  root.style.colorScheme = mode;
  const { tones, ...plain } = palettes[mode];
  for (const [name, value] of Object.entries(plain)) root.style.setProperty(`--${name}`, value);
  for (const [tone, colours] of Object.entries(tones)) {
    for (const [part, value] of Object.entries(colours)) root.style.setProperty(`--${tone}-${part}`, String(value));
  }
}

function subscribe(listener: () => void): () => void {
  dark.addEventListener("change", listener);
  return () => dark.removeEventListener("change", listener);
}

function stored(): Preference {
  const found = read();
  return found === "light" || found === "dark" ? found : "system";
}

function chosenHere(): boolean {
  return read() !== null;
}

function read(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function store(preference: Preference): void {
  try {
    localStorage.setItem(STORED, preference);
  } catch {
    // A browser that keeps nothing still shows the theme for now.
  }
}

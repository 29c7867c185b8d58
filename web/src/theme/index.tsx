/** Light, dark or the system's: Ant Design's tokens and our CSS variables, from one palette. */
import { LoadingOutlined } from "@ant-design/icons";
import { App as AntApp, ConfigProvider } from "antd";
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
import { useTranslation } from "~/i18n/react";
import { nonce } from "./nonce";
import { type Mode, palettes } from "./palette";
import { tokens, WALL } from "./tokens";

export type Preference = Mode | "system";
const STORED = "gatewright.theme";
const dark = asked("(prefers-color-scheme: dark)");
const calm = asked("(prefers-reduced-motion: reduce)");
const wide = asked(WALL);
/** The library's own sign of work has an English name, and stays in the button's when its motion is interrupted. */
const BUTTON = { autoInsertSpace: false, loadingIcon: <LoadingOutlined aria-hidden="true" /> };

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
  const system = useSyncExternalStore(dark.subscribe, dark.matches);
  const still = useSyncExternalStore(calm.subscribe, calm.matches);
  const wall = useSyncExternalStore(wide.subscribe, wide.matches);
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
  const config = useMemo(() => tokens(mode, { motion: !still, wall }), [mode, still, wall]);
  return (
    <Context.Provider value={value}>
      <ConfigProvider theme={config} csp={{ nonce }} locale={i18n.language === "zh-CN" ? zhCN : enUS} button={BUTTON}>
        <AntApp component={false}>{children}</AntApp>
      </ConfigProvider>
    </Context.Provider>
  );
}

/** What the browser or the system prefers, now and from now on. */
function asked(query: string) {
  const list = window.matchMedia(query);
  const subscribe = (listener: () => void) => {
    list.addEventListener("change", listener);
    return () => list.removeEventListener("change", listener);
  };
  return { subscribe, matches: () => list.matches };
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

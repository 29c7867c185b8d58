/**
 * The colours. One accent; each state has a text colour, a strong one for shapes, and a quiet background. Text colours
 * keep 4.5:1 on the page and on their own background, shapes 3:1 (WCAG 2.2 AA); `tests/contrast.test.ts` computes it.
 */
/** `plain`: news that asks for nothing. */
export type Tone = "healthy" | "progressing" | "degraded" | "unhealthy" | "unknown" | "plain";
export type Mode = "light" | "dark";

export interface ToneColours {
  text: string;
  mark: string;
  quiet: string;
}

export interface Palette {
  page: string;
  surface: string;
  raised: string;
  line: string;
  /** Around what can be filled in. */
  border: string;
  text: string;
  muted: string;
  accent: string;
  onAccent: string;
  /** Behind what is chosen; text and accent are readable on it. */
  selected: string;
  /** What destroys, and what is wrong in a form; `onAccent` is readable on it. */
  danger: string;
  tones: Record<Tone, ToneColours>;
}

export const palettes: Record<Mode, Palette> = {
  light: {
    page: "#f5f6f8",
    surface: "#ffffff",
    raised: "#ffffff",
    line: "#dfe2e8",
    border: "#868fa1",
    text: "#1b2130",
    muted: "#566074",
    accent: "#4643c4",
    onAccent: "#ffffff",
    selected: "#ecebfb",
    danger: "#b3212f",
    tones: {
      healthy: { text: "#17663a", mark: "#1f8a4c", quiet: "#e5f4ea" },
      progressing: { text: "#1c56b0", mark: "#2a6fdb", quiet: "#e6effc" },
      degraded: { text: "#83500a", mark: "#b46f0c", quiet: "#fcf1dd" },
      unhealthy: { text: "#ad1f2d", mark: "#cf2f3f", quiet: "#fce8ea" },
      unknown: { text: "#535c6c", mark: "#737d8f", quiet: "#eceef2" },
      plain: { text: "#535c6c", mark: "#737d8f", quiet: "#eceef2" },
    },
  },
  dark: {
    page: "#11141b",
    surface: "#191d27",
    raised: "#212633",
    line: "#333a4a",
    border: "#6b7589",
    text: "#e6e9f0",
    muted: "#a3acbd",
    accent: "#a3a1ff",
    onAccent: "#14123a",
    selected: "#2b2d4a",
    danger: "#ff959d",
    tones: {
      healthy: { text: "#6fd398", mark: "#46b877", quiet: "#16301f" },
      progressing: { text: "#86b4fb", mark: "#5b97f5", quiet: "#182a47" },
      degraded: { text: "#efbb63", mark: "#dba03a", quiet: "#37290f" },
      unhealthy: { text: "#ff959d", mark: "#f26d78", quiet: "#421b20" },
      unknown: { text: "#b1b9c8", mark: "#8a94a6", quiet: "#282e3b" },
      plain: { text: "#b1b9c8", mark: "#8a94a6", quiet: "#282e3b" },
    },
  },
};

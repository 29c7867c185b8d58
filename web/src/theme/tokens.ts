/** Ant Design's tokens from our palette; `tests/contrast.test.ts` checks what Ant Design derives from them. */
import { theme as antTheme, type ThemeConfig } from "antd";
import { type Mode, palettes } from "./palette";

/** How large things are: on a desk, and on a wall (`WALL`), where they are read from afar. `base.css` has its own part. */
const SIZES = {
  desk: { fontSize: 14, fontSizeSM: 13, controlHeight: 30, controlHeightSM: 24, padding: 14, paddingLG: 18 },
  wall: { fontSize: 17, fontSizeSM: 16, controlHeight: 36, controlHeightSM: 30, padding: 17, paddingLG: 22 },
};
export const WALL = "(min-width: 2200px)";

interface Surroundings {
  /** Without it the library does not wait for the end of a motion, which the style sheet then has not (`base.css`). */
  motion?: boolean;
  wall?: boolean;
}

export function tokens(mode: Mode, { motion = true, wall = false }: Surroundings = {}): ThemeConfig {
  const palette = palettes[mode];
  return {
    algorithm: exact(mode),
    token: {
      colorPrimary: palette.accent,
      colorLink: palette.accent,
      colorInfo: palette.accent,
      colorSuccess: palette.tones.healthy.mark,
      colorWarning: palette.tones.degraded.mark,
      colorError: palette.danger,
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
      borderRadius: 6,
      ...(wall ? SIZES.wall : SIZES.desk),
      motion,
      motionDurationMid: "0.12s",
      motionDurationSlow: "0.16s",
    },
    components: {
      Table: { headerBg: palette.surface, headerSplitColor: "transparent", cellPaddingBlockSM: 7 },
      Menu: { itemBg: "transparent", activeBarBorderWidth: 0, itemHeight: wall ? 41 : 34 },
      Tooltip: { colorBgSpotlight: mode === "dark" ? "#39415a" : "#1b2130", colorTextLightSolid: "#ffffff" },
    },
  };
}

type Algorithm = Extract<ThemeConfig["algorithm"], (...given: never[]) => unknown>;

/** Ant Design's own derivation dims our colours in the dark; text in them would be hard to read. */
function exact(mode: Mode): Algorithm {
  const { accent, danger, selected, tones } = palettes[mode];
  const derive = mode === "dark" ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm;
  return (seed, map) => ({
    ...derive(seed, map),
    colorPrimary: accent,
    colorPrimaryText: accent,
    colorPrimaryBg: selected,
    colorLink: accent,
    colorError: danger,
    colorErrorText: danger,
    colorSuccess: tones.healthy.mark,
    colorWarning: tones.degraded.mark,
  });
}

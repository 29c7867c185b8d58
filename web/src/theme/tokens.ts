/** Ant Design's tokens from our palette; `tests/contrast.test.ts` checks what Ant Design derives from them. */
import { theme as antTheme, type ThemeConfig } from "antd";
import { type Mode, palettes } from "./palette";

/** Without `motion` the library does not wait for the end of one, which the style sheet then has not (`base.css`). */
export function tokens(mode: Mode, motion = true): ThemeConfig {
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
      fontSize: 14,
      borderRadius: 6,
      fontSizeSM: 13,
      controlHeight: 30,
      controlHeightSM: 24,
      padding: 14,
      paddingLG: 18,
      motion,
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

/** Text is readable and shapes are visible in both themes (WCAG 2.2, 1.4.3 and 1.4.11). */
import { theme } from "antd";
import { expect, test } from "vitest";
import { type Mode, palettes } from "~/theme/palette";
import { tokens } from "~/theme/tokens";

const TEXT = 4.5;
const SHAPE = 3;

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function ratio(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

test("the measure is right", () => {
  expect(ratio("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(ratio("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

for (const [mode, palette] of Object.entries(palettes)) {
  const grounds = { page: palette.page, surface: palette.surface, raised: palette.raised };
  for (const [name, ground] of Object.entries(grounds)) {
    test(`${mode}: text on ${name}`, () => {
      for (const text of [palette.text, palette.muted, palette.accent])
        expect(ratio(text, ground)).toBeGreaterThan(TEXT);
    });
    test.each(Object.entries(palette.tones))(`${mode}: %s on ${name}`, (_, tone) => {
      expect(ratio(tone.text, ground)).toBeGreaterThan(TEXT);
      expect(ratio(tone.mark, ground)).toBeGreaterThan(SHAPE);
    });
  }
  test.each(Object.entries(palette.tones))(`${mode}: %s on its own background`, (_, tone) => {
    expect(ratio(tone.text, tone.quiet)).toBeGreaterThan(TEXT);
    expect(ratio(tone.mark, tone.quiet)).toBeGreaterThan(SHAPE);
    expect(ratio(palette.text, tone.quiet)).toBeGreaterThan(TEXT);
  });
  test(`${mode}: words on the accent, and the border of what can be filled in`, () => {
    expect(ratio(palette.onAccent, palette.accent)).toBeGreaterThan(TEXT);
    expect(ratio(palette.onAccent, palette.danger)).toBeGreaterThan(TEXT);
    expect(ratio(palette.border, palette.surface)).toBeGreaterThan(SHAPE);
  });
  test(`${mode}: what Ant Design makes of it`, () => {
    const made = theme.getDesignToken(tokens(mode as Mode));
    for (const ground of [made.colorBgContainer, made.colorBgElevated, made.controlItemBgActive]) {
      for (const text of [made.colorText, made.colorTextPlaceholder, made.colorPrimary, made.colorError]) {
        expect(ratio(text, ground)).toBeGreaterThan(TEXT);
      }
    }
    for (const ground of [made.colorPrimary, made.colorError]) {
      expect(ratio(made.colorTextLightSolid, ground)).toBeGreaterThan(TEXT);
    }
  });
}

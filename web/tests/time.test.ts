/** Times and durations, in both languages. */
import { expect, test } from "vitest";
import { duration, exact, moment, relative } from "~/lib/time";

const now = Date.parse("2026-11-22T12:00:00Z");
const ago = (seconds: number) => now - seconds * 1000;

test.each([
  [3, "now", "刚刚"],
  [45, "45 sec ago", "45秒前"],
  [200, "3 min ago", "3分钟前"],
  [7_300, "2 hr ago", "2小时前"],
  [86_400, "yesterday", "昨天"],
  [86_400 * 40, "last mo", "上个月"],
])("%i seconds ago", (seconds, english, chinese) => {
  expect(relative(ago(seconds), now, "en-US")).toBe(english);
  expect(relative(ago(seconds), now, "zh-CN")).toBe(chinese);
});

test("what lies ahead is said so", () => {
  expect(relative(now + 300_000, now, "en-US")).toBe("in 5 min");
});

test.each([
  [0, "0 sec", "0秒"],
  [420, "0.4 sec", "0.4秒"],
  [12_000, "12 sec", "12秒"],
  [125_000, "2 min 5 sec", "2分钟 5秒"],
  [7_200_000, "2 hr", "2小时"],
  [90_061_000, "1 day 1 hr", "1天 1小时"],
  [-5, "0 sec", "0秒"],
])("%i milliseconds", (milliseconds, english, chinese) => {
  expect(duration(milliseconds, "en-US")).toBe(english);
  expect(duration(milliseconds, "zh-CN")).toBe(chinese);
});

test("a moment is RFC 3339 or Unix seconds, and never nonsense", () => {
  expect(moment("2026-11-22T12:00:00Z")).toBe(now);
  expect(moment("2026-11-22T20:00:00+08:00")).toBe(now);
  expect(moment(now / 1000)).toBe(now);
  for (const none of ["", null, undefined, "soon"]) expect(moment(none)).toBeNull();
});

test("the exact time is in the viewer's zone, and names it", () => {
  expect(exact(now, "en-US")).toMatch(/Nov 22, 2026.*12:00:00.*UTC/);
});

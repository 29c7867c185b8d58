import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AREAS, deedsOf, everythingOf, permissionsOf } from "~/pages/audit/acts";

const root = new URL("../", import.meta.url).pathname;
const json = (path: string) => JSON.parse(readFileSync(`${root}${path}`, "utf8"));
const offered = AREAS.flatMap((area) => deedsOf(area) as string[]);

test("every act of people that has a sentence can be asked for", () => {
  const told = Object.keys(json("../src/gatewright/text/event.json"))
    .map((key) => /^event\.(\w+\.\w+)(-[\w-]+)?$/.exec(key)?.[1] ?? "")
    .filter((act) => act && !act.startsWith("groups.") && /\.(create|update|delete|password|refused)$/.test(act));
  expect(told).toContain("session.refused");
  expect(told.filter((act) => !offered.includes(act))).toEqual([]);
});

test.each(["en-US", "zh-CN"])("each has words in %s", (language) => {
  const { deed, area: areas } = json(`src/i18n/${language}/audit.json`);
  const { of } = json(`src/i18n/${language}/permissions.json`);
  const said = (words: Record<string, Record<string, string>>, name: string) => {
    const [noun = "", verb = ""] = name.split(".");
    return words[noun]?.[verb];
  };
  for (const area of AREAS) {
    expect(areas[area], area).toBeTruthy();
    for (const one of deedsOf(area)) expect(said(deed, one), one).toBeTruthy();
    for (const one of permissionsOf(area)) expect(said(of, one), one).toBeTruthy();
  }
});

test("the acts of an area begin as what asks for all of them", () => {
  for (const area of AREAS) {
    const acts = [...deedsOf(area), ...permissionsOf(area)];
    expect(acts.length).toBeGreaterThan(0);
    expect(acts.filter((act) => !act.startsWith(everythingOf(area)))).toEqual([]);
  }
});

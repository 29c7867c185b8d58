/** What leads somewhere is one link: a button within a link is two stops of the tab key that do the same. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SOURCE = new URL("../src/", import.meta.url).pathname;
const pages = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tsx"));

const NESTED = /<(Link|NavLink|a)\b[^>]*>\s*<(Button|button)\b/;

test("no button stands within a link", () => {
  expect(pages.length).toBeGreaterThan(100);
  expect(pages.filter((name) => NESTED.test(readFileSync(join(SOURCE, name), "utf8")))).toEqual([]);
});

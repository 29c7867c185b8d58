/** Says how large each part of the built application is, and fails when what is loaded first is over its budget. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BUDGET_KB = 350;
const out = new URL("../../src/gatewright/server/static/", import.meta.url).pathname;
const manifest = JSON.parse(readFileSync(join(out, ".vite/manifest.json"), "utf8"));
rmSync(join(out, ".vite"), { recursive: true });
const sizes = new Map();
const size = (file) => {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(join(out, file))).length / 1000);
  return sizes.get(file);
};
const closure = (key, found = new Set()) => {
  const chunk = manifest[key];
  if (!chunk || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const next of chunk.imports ?? []) closure(next, found);
  return found;
};
const total = (files) => [...files].filter((f) => f.endsWith(".js")).reduce((sum, file) => sum + size(file), 0);

const first = closure("index.html");
const rows = Object.keys(manifest)
  .filter((key) => /^src\/pages\/.*\.tsx$/.test(key))
  .map((key) => [
    key.replace(/^src\/pages\/|\/index\.tsx$/g, ""),
    total([...closure(key)].filter((f) => !first.has(f))),
  ]);
process.stdout.write(`first load  ${total(first).toFixed(1)} kB gzip of JavaScript (budget ${BUDGET_KB} kB)\n`);
for (const [page, kb] of rows) process.stdout.write(`  + ${page.padEnd(16)} ${kb.toFixed(1)} kB\n`);
if (total(first) > BUDGET_KB) {
  process.stderr.write(`The first load is over its budget: split a route, or import less.\n`);
  process.exit(1);
}

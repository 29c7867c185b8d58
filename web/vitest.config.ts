/** Tests of what is pure: no browser, no DOM. What a person sees is tested in a browser (tests/e2e). */
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "~": new URL("./src", import.meta.url).pathname } },
  test: { environment: "node", include: ["tests/**/*.test.ts"], env: { TZ: "UTC" }, maxWorkers: 2 },
});

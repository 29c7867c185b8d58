/** How the application is built: one folder of hashed files, and an index.html whose nonce the server fills in. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env["GATEWRIGHT_SERVER"] ?? "http://127.0.0.1:8770";

const folder = new URL("./src", import.meta.url).pathname;

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "~": folder } },
  html: { cspNonce: "__NONCE__" },
  server: { proxy: { "/api": { target: server, changeOrigin: false } }, fs: { allow: [".."] } },
  build: {
    outDir: "../src/gatewright/server/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
  },
});

import { defineConfig } from "vite";

// Hashed names for ever-lasting caches; the server finds them by manifest.json.
export default defineConfig({
  base: "/assets/",
  publicDir: false,
  build: {
    outDir: "../src/allmende/share/portal/static",
    emptyOutDir: true,
    assetsDir: "",
    assetsInlineLimit: 0,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    rollupOptions: { input: "main.ts" },
  },
  worker: { format: "es" },
});

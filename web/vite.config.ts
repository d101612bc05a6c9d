import { defineConfig } from "vite";

/** The console, built to static files that the API sends under /console/. */
export default defineConfig({
  root: import.meta.dirname,
  base: "/console/",
  esbuild: { jsx: "automatic" },
  build: {
    target: "es2022",
    sourcemap: false,
    // Fonts and workers stay files of their own: the page may load only what the server sends.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000,
    rollupOptions: {
      // A mark for frameworks that render on a server, which means nothing here.
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
    },
  },
});

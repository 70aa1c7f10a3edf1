import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// widget.js: one classic script without dependencies, to be named by a plain <script src>.
export default defineConfig({
  build: {
    target: "es2022",
    emptyOutDir: false,
    copyPublicDir: false,
    lib: {
      entry: fileURLToPath(new URL("./widget/main.ts", import.meta.url)),
      formats: ["iife"],
      name: "SpanDeskWidget",
      fileName: () => "widget.js",
    },
  },
});

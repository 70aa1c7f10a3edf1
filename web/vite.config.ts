import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const page = (name: string): string => fileURLToPath(new URL(`./${name}.html`, import.meta.url));

// The pages; the widget is built by vite.widget.config.ts into the same folder.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    rollupOptions: { input: { index: page("index"), agent: page("agent"), operator: page("operator") } },
  },
  test: { include: ["**/*.test.ts"], environment: "node" },
});

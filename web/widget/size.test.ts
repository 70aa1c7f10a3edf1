import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { expect, test } from "vitest";

const MAX_GZIP_BYTES = 20_000;

async function buildWidget(): Promise<Rolldown.OutputChunk> {
  const configFile = fileURLToPath(new URL("../vite.widget.config.ts", import.meta.url));
  const root = fileURLToPath(new URL("..", import.meta.url));
  const built = await build({ root, configFile, logLevel: "silent", build: { write: false } });
  const outputs = (Array.isArray(built) ? built : []) as Rolldown.RolldownOutput[];
  const chunks = outputs.flatMap((one) => one.output).filter((part) => part.type === "chunk");
  if (chunks.length !== 1 || chunks[0] === undefined)
    throw new Error(`expected one file, got ${chunks.length}`);
  return chunks[0];
}

test("widget.js is one small classic script without imports", async () => {
  const { code, imports, dynamicImports } = await buildWidget();

  expect([...imports, ...dynamicImports]).toEqual([]);
  expect(code).not.toMatch(/^\s*(import|export)\b/mu);
  expect(code).toContain("spandesk-chat");
  expect(gzipSync(code).byteLength).toBeLessThan(MAX_GZIP_BYTES);
});

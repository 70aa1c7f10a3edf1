// Draws Markdown-lite blocks as DOM nodes; text goes in as text.

import { isExternal } from "../shared/links";
import { type Block, markedStretches, type Run } from "../shared/markdown";
import { el } from "./dom";

/** Draw each block as one element. */
export function drawBlocks(blocks: readonly Block[]): HTMLElement[] {
  return blocks.map(drawBlock);
}

/** Draw a link; it opens beside the shop's page, so that nobody loses the chat or a basket. */
export function drawLink(href: string, ...children: (Node | string)[]): HTMLAnchorElement {
  const attrs: Record<string, string> = isExternal(href)
    ? { href, target: "_blank", rel: "noopener noreferrer" }
    : { href, target: "_blank" };
  return el("a", { attrs }, ...children);
}

function drawBlock(block: Block): HTMLElement {
  if (block.kind === "list") {
    const items = block.items.map((runs) => el("li", {}, ...drawRuns(runs)));
    return el(block.isOrdered ? "ol" : "ul", {}, ...items);
  }
  const drawn = drawRuns(block.runs);
  return block.kind === "heading" ? el("p", { class: "heading" }, ...drawn) : el("p", {}, ...drawn);
}

function drawRuns(runs: readonly Run[]): Node[] {
  return markedStretches(runs).flatMap((stretch) => {
    const nodes = stretch.map(drawRun);
    return stretch[0]?.isMarked ? [el("mark", {}, ...nodes)] : nodes;
  });
}

function drawRun(run: Run): Node {
  let node: Node = document.createTextNode(run.text);
  if (run.isBold) node = el("strong", {}, node);
  return run.href === null ? node : drawLink(run.href, node);
}

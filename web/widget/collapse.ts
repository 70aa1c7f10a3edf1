// Which blocks of a long passage are shown before "Show more". Pure.

import { type Block, isMarkedBlock } from "../shared/markdown";

const MAX_CHARS = 330;

/**
 * Give, per block, whether it is shown at first.
 *
 * The blocks that hold the answer span are; without a span, those from the top that fit, at least one.
 * A rest that is hardly shorter than the button is shown too.
 */
export function shownAtFirst(blocks: readonly Block[]): boolean[] {
  const lengths = blocks.map(lengthOf);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total <= MAX_CHARS * 1.25) return blocks.map(() => true);
  const marked = blocks.map(isMarkedBlock);
  if (marked.some(Boolean)) return marked;
  let used = 0;
  return lengths.map((length, index) => {
    used += length;
    return index === 0 || used <= MAX_CHARS;
  });
}

function lengthOf(block: Block): number {
  const runs = block.kind === "list" ? block.items.flat() : block.runs;
  return runs.reduce((sum, run) => sum + run.text.length, 0);
}

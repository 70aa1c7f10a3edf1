// An answer from the help pages as Markdown-lite blocks, with the answer span marked. Pure.

import type { WireSource } from "./frames";
import { type Block, markSpan, parseMarkdown } from "./markdown";
import { toUtf16Offset } from "./offsets";

/** Parse the passage; a span over all of it marks nothing, since it would say nothing. */
export function parseAnswer(text: string, faq: WireSource): Block[] {
  const start = toUtf16Offset(text, faq.span_start);
  const end = toUtf16Offset(text, faq.span_end);
  const isWhole = text.slice(0, start).trim() === "" && text.slice(end).trim() === "";
  const blocks = parseMarkdown(text);
  return isWhole || end <= start ? blocks : markSpan(blocks, start, end);
}

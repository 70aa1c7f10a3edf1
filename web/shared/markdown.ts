// Markdown-lite: paragraphs, lists, headings, bold and links of help passages, as values. Knows no DOM, makes
// no HTML; every run remembers where its text stands in the source, so that a span can be highlighted.

import { safeLink } from "./links";

/** A piece of text with one look. `start` is the UTF-16 offset of `text` in the source. */
export interface Run {
  text: string;
  start: number;
  isBold: boolean;
  isMarked: boolean;
  href: string | null;
}

export type Block =
  | { kind: "paragraph" | "heading"; runs: Run[] }
  | { kind: "list"; isOrdered: boolean; items: Run[][] };

interface Line {
  text: string;
  start: number;
}

const INLINE =
  /\*\*(?<bold>[^*\n]+)\*\*|\[(?<label>[^\]\n]+)\]\((?<target>[^()\s]+)\)|(?<bare>https?:\/\/[^\s<>"]+)/gu;
const BULLET = /^\s{0,3}[-*•]\s+/u;
const NUMBER = /^\s{0,3}\d{1,3}[.)]\s+/u;
const HEADING = /^#{1,6}\s+/u;

/** Parse a passage; anything that is no Markdown-lite stays as the text it is. */
export function parseMarkdown(source: string): Block[] {
  const blocks: Block[] = [];
  let paragraph: Line[] = [];
  const endParagraph = (): void => {
    if (paragraph.length > 0) blocks.push(paragraphOf(source, paragraph));
    paragraph = [];
  };
  for (const line of splitLines(source)) {
    const marker = markerOf(line.text);
    if (line.text.trim() === "") {
      endParagraph();
    } else if (marker === null) {
      if (!continueItem(blocks, paragraph, line, source)) paragraph.push(line);
    } else {
      endParagraph();
      addMarked(
        blocks,
        marker,
        runsOf(source, line.start + marker.length, line.start + line.text.length),
        line,
      );
    }
  }
  endParagraph();
  return blocks;
}

/** Mark the span `[start, end)` (UTF-16 offsets of the source); runs are cut where the span begins or ends. */
export function markSpan(blocks: readonly Block[], start: number, end: number): Block[] {
  const mark = (runs: readonly Run[]): Run[] => runs.flatMap((run) => cutRun(run, start, end));
  return blocks.map((block) =>
    block.kind === "list" ? { ...block, items: block.items.map(mark) } : { ...block, runs: mark(block.runs) },
  );
}

/** Whether any run of the block is marked. */
export function isMarkedBlock(block: Block): boolean {
  const runs = block.kind === "list" ? block.items.flat() : block.runs;
  return runs.some((run) => run.isMarked);
}

/** Cut runs into stretches that are marked or not, so that a mark that goes on is drawn as one. */
export function markedStretches(runs: readonly Run[]): Run[][] {
  const stretches: Run[][] = [];
  for (const run of runs) {
    const last = stretches.at(-1);
    if (last?.[0]?.isMarked === run.isMarked) last.push(run);
    else stretches.push([run]);
  }
  return stretches;
}

interface Marker {
  kind: "bullet" | "number" | "heading";
  length: number;
}

function markerOf(text: string): Marker | null {
  for (const [kind, pattern] of [
    ["bullet", BULLET],
    ["number", NUMBER],
    ["heading", HEADING],
  ] as const) {
    const match = pattern.exec(text);
    if (match !== null) return { kind, length: match[0].length };
  }
  return null;
}

function addMarked(blocks: Block[], marker: Marker, runs: Run[], line: Line): void {
  if (marker.kind === "heading") {
    blocks.push({ kind: "heading", runs });
    return;
  }
  const isOrdered = marker.kind === "number";
  const last = blocks.at(-1);
  if (last?.kind === "list" && last.isOrdered === isOrdered && line.start > 0) last.items.push(runs);
  else blocks.push({ kind: "list", isOrdered, items: [runs] });
}

/** An indented line right below a list item belongs to the item. */
function continueItem(blocks: Block[], paragraph: readonly Line[], line: Line, source: string): boolean {
  const last = blocks.at(-1);
  const item = last?.kind === "list" && paragraph.length === 0 ? last.items.at(-1) : undefined;
  if (item === undefined || !/^\s/u.test(line.text)) return false;
  const indent = line.text.length - line.text.trimStart().length;
  item.push({ text: "\n", start: line.start - 1, isBold: false, isMarked: false, href: null });
  item.push(...runsOf(source, line.start + indent, line.start + line.text.length));
  return true;
}

function paragraphOf(source: string, lines: readonly Line[]): Block {
  const first = lines[0];
  const last = lines.at(-1);
  if (first === undefined || last === undefined) return { kind: "paragraph", runs: [] };
  return { kind: "paragraph", runs: runsOf(source, first.start, last.start + last.text.trimEnd().length) };
}

function splitLines(source: string): Line[] {
  let start = 0;
  return source.split("\n").map((text) => {
    const line = { text, start };
    start += text.length + 1;
    return line;
  });
}

function runsOf(source: string, start: number, end: number): Run[] {
  const runs: Run[] = [];
  const text = source.slice(start, end);
  const push = (from: number, to: number, look: { isBold?: boolean; href?: string } = {}): void => {
    if (to <= from) return;
    const { isBold = false, href = null } = look;
    runs.push({ text: text.slice(from, to), start: start + from, isBold, isMarked: false, href });
  };
  let plainFrom = 0;
  for (const match of text.matchAll(INLINE)) {
    const piece = pieceOf(match);
    if (piece === null) continue;
    push(plainFrom, match.index);
    push(match.index + piece.offset, match.index + piece.offset + piece.length, piece.look);
    plainFrom = match.index + piece.consumed;
  }
  push(plainFrom, text.length);
  return runs;
}

interface Piece {
  offset: number;
  length: number;
  consumed: number;
  look: { isBold?: boolean; href?: string };
}

function pieceOf(match: RegExpExecArray): Piece | null {
  const { bold, label, target, bare } = match.groups ?? {};
  if (bold !== undefined) {
    return { offset: 2, length: bold.length, consumed: match[0].length, look: { isBold: true } };
  }
  if (label !== undefined && target !== undefined) {
    const href = safeLink(target);
    if (href === null) return null;
    return { offset: 1, length: label.length, consumed: match[0].length, look: { href } };
  }
  if (bare === undefined) return null;
  const address = bare.replace(/[.,;:!?)\]'"]+$/u, "");
  const href = safeLink(address);
  return href === null
    ? null
    : { offset: 0, length: address.length, consumed: address.length, look: { href } };
}

function cutRun(run: Run, start: number, end: number): Run[] {
  const from = Math.max(start, run.start) - run.start;
  const to = Math.min(end, run.start + run.text.length) - run.start;
  if (from >= to) return [run];
  const piece = (a: number, b: number, isMarked: boolean): Run => ({
    ...run,
    text: run.text.slice(a, b),
    start: run.start + a,
    isMarked,
  });
  return [piece(0, from, false), piece(from, to, true), piece(to, run.text.length, false)].filter(
    (part) => part.text !== "",
  );
}

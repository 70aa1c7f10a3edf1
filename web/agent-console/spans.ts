// Entity spans of one customer turn, for showing and editing. Offsets here are UTF-16 units of the text; the wire's
// code points are converted on the way in and out. Pure.

import type { EntityCorrection } from "../console-shared/api";
import type { WireEntity } from "../shared/frames";
import { toCodePointOffset, toUtf16Offset } from "../shared/offsets";

/** A labelled piece `[start, end)` of the text. */
export interface Span {
  start: number;
  end: number;
  entity: string;
  value: string;
  role: string | null;
  group: string | null;
  confidence: number;
}

export interface Segment {
  text: string;
  start: number;
  span: Span | null;
}

export function spansFromWire(text: string, entities: readonly WireEntity[]): Span[] {
  return entities
    .map((entity) => ({
      ...entity,
      start: toUtf16Offset(text, entity.start),
      end: toUtf16Offset(text, entity.end),
    }))
    .sort((a, b) => a.start - b.start);
}

export function spansToWire(text: string, spans: readonly Span[]): EntityCorrection[] {
  return spans.map(({ start, end, entity, value, role, group }) => ({
    start: toCodePointOffset(text, start),
    end: toCodePointOffset(text, end),
    entity,
    value,
    role,
    group,
  }));
}

/** Cut the text where spans begin and end; of overlapping spans the first counts. */
export function cutAtSpans(text: string, spans: readonly Span[]): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.start < at || span.end <= span.start) continue;
    segments.push({ text: text.slice(at, span.start), start: at, span: null });
    segments.push({ text: text.slice(span.start, span.end), start: span.start, span });
    at = span.end;
  }
  segments.push({ text: text.slice(at), start: at, span: null });
  return segments.filter((segment) => segment.text !== "");
}

/** Give the whole words that a selection touches, without space around them; null when there are none. */
export function snapToWords(text: string, start: number, end: number): { start: number; end: number } | null {
  let from = start;
  let to = end;
  while (from < to && isSpace(text.charAt(from))) from += 1;
  while (to > from && isSpace(text.charAt(to - 1))) to -= 1;
  if (from >= to) return null;
  while (from > 0 && isWordBetween(text, from)) from -= 1;
  while (to < text.length && isWordBetween(text, to)) to += 1;
  return { start: from, end: to };
}

/** Add a span; those that it overlaps give way. */
export function addSpan(spans: readonly Span[], added: Span): Span[] {
  const kept = spans.filter((span) => span.end <= added.start || span.start >= added.end);
  return [...kept, added].sort((a, b) => a.start - b.start);
}

function isSpace(character: string): boolean {
  return /\s/u.test(character);
}

/** Whether a word goes on across this place: letters and digits on both sides, or the middle of a character. */
function isWordBetween(text: string, at: number): boolean {
  const before = text.charAt(at - 1);
  const after = text.charAt(at);
  const isInsidePair = /[\uDC00-\uDFFF]/.test(after) && /[\uD800-\uDBFF]/.test(before);
  return isInsidePair || (/[\p{L}\p{N}\p{M}]/u.test(before) && /[\p{L}\p{N}\p{M}]/u.test(after));
}

import { expect, test } from "vitest";
import { addSpan, cutAtSpans, type Span, snapToWords, spansFromWire, spansToWire } from "./spans";

const span = (start: number, end: number, entity = "colour"): Span => ({
  start,
  end,
  entity,
  value: "v",
  role: null,
  group: null,
  confidence: 1,
});

test("spans survive the way from the wire and back, behind an emoji", () => {
  const text = "👟👟 in navy";
  const wire = [
    { start: 6, end: 10, entity: "colour", value: "navy blue", role: "new", group: null, confidence: 1 },
  ];

  const spans = spansFromWire(text, wire);

  expect(spans.map((one) => text.slice(one.start, one.end))).toEqual(["navy"]);
  expect(spansToWire(text, spans)).toEqual([
    { start: 6, end: 10, entity: "colour", value: "navy blue", role: "new", group: null },
  ]);
});

test("cutAtSpans gives back the whole text in pieces", () => {
  const segments = cutAtSpans("a navy hat", [span(7, 10, "product"), span(2, 6)]);

  expect(segments.map(({ text, span: one }) => [text, one?.entity ?? null])).toEqual([
    ["a ", null],
    ["navy", "colour"],
    [" ", null],
    ["hat", "product"],
  ]);
});

test("cutAtSpans skips what overlaps or is empty", () => {
  expect(cutAtSpans("abcdef", [span(0, 4), span(2, 6), span(5, 5)]).map((one) => one.text)).toEqual([
    "abcd",
    "ef",
  ]);
});

test.each([
  ["part of a word becomes the word", 4, 6, "navy"],
  ["space around is left out", 2, 8, "navy"],
  ["a hyphen ends a word", 9, 10, "FH"],
  ["a selection over the hyphen takes both sides", 10, 13, "FH-10482"],
])("snapToWords: %s", (_, start, end, expected) => {
  const text = "in  navy FH-10482!";

  const snapped = snapToWords(text, start, end);

  expect(text.slice(snapped?.start, snapped?.end)).toBe(expected);
});

test("snapToWords takes no half of an emoji", () => {
  expect(snapToWords("👟", 0, 1)).toEqual({ start: 0, end: 2 });
});

test("snapToWords finds nothing in mere space", () => {
  expect(snapToWords("a   b", 1, 3)).toBeNull();
});

test("a new span takes the place of those it overlaps", () => {
  const spans = addSpan([span(0, 4), span(5, 9), span(10, 12)], span(3, 7, "product"));

  expect(spans.map((one) => [one.start, one.entity])).toEqual([
    [3, "product"],
    [10, "colour"],
  ]);
});

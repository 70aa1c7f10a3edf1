import { expect, test } from "vitest";
import { markSpan, parseMarkdown } from "../shared/markdown";
import { shownAtFirst } from "./collapse";

const paragraphs = (...lengths: number[]): string => lengths.map((length) => "x".repeat(length)).join("\n\n");

test("a short passage is shown whole", () => {
  expect(shownAtFirst(parseMarkdown(paragraphs(100, 100)))).toEqual([true, true]);
});

test("of a long passage the paragraphs that fit are shown", () => {
  expect(shownAtFirst(parseMarkdown(paragraphs(200, 100, 300)))).toEqual([true, true, false]);
});

test("the first paragraph is shown however long it is", () => {
  expect(shownAtFirst(parseMarkdown(paragraphs(900, 50)))).toEqual([true, false]);
});

test("the paragraph that holds the answer span is shown in place of the first", () => {
  const blocks = markSpan(parseMarkdown(paragraphs(300, 100, 300)), 310, 320);

  expect(shownAtFirst(blocks)).toEqual([false, true, false]);
});

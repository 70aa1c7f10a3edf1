import { expect, test } from "vitest";
import { parseAnswer } from "./answer";
import type { WireSource } from "./frames";
import { type Block, markedStretches, type Run } from "./markdown";
import { toCodePointOffset } from "./offsets";

/** Mark `span`, a piece of the passage, as a reader would: by code points of the Markdown source. */
function marked(passage: string, span: string): Block[] {
  const start = passage.indexOf(span);
  expect(start).toBeGreaterThanOrEqual(0);
  const faq: WireSource = {
    entry_id: "e",
    question: "Q?",
    source: "",
    span_start: toCodePointOffset(passage, start),
    span_end: toCodePointOffset(passage, start + span.length),
  };
  return parseAnswer(passage, faq);
}

const linesOf = (block: Block): Run[][] => (block.kind === "list" ? block.items : [block.runs]);
/** Give each mark as it is drawn: the text of one stretch. */
const marksOf = (blocks: Block[]): string[] =>
  blocks
    .flatMap(linesOf)
    .flatMap(markedStretches)
    .filter((stretch) => stretch[0]?.isMarked)
    .map((stretch) => stretch.map((run) => run.text).join(""));
const textOf = (blocks: Block[]): string =>
  blocks
    .flatMap(linesOf)
    .map((runs) => runs.map((run) => run.text).join(""))
    .join("|");

test("a span in plain text is marked as it is", () => {
  expect(marksOf(marked("We deliver in two days. Not on Sundays.", "two days"))).toEqual(["two days"]);
});

test("a span inside bold text stays bold", () => {
  const blocks = marked("It costs **four pounds ninety** per parcel.", "four pounds");
  const run = blocks
    .flatMap(linesOf)
    .flat()
    .find((one) => one.isMarked);

  expect(marksOf(blocks)).toEqual(["four pounds"]);
  expect(run?.isBold).toBe(true);
  expect(textOf(blocks)).toBe("It costs four pounds ninety per parcel.");
});

test("a span over the edge of bold text is one mark without asterisks", () => {
  expect(marksOf(marked("Express is **next day** if ordered early.", "is **next day** if ordered"))).toEqual([
    "is next day if ordered",
  ]);
});

test("a span that begins at the asterisks marks the words", () => {
  expect(marksOf(marked("Pay **£4** now.", "**£4**"))).toEqual(["£4"]);
  expect(marksOf(marked("Pay **£4** now.", "*£4*"))).toEqual(["£4"]);
});

test("a span inside a link keeps the link", () => {
  const blocks = marked("See the [table of prices](/help/prices) first.", "table");
  const links = blocks
    .flatMap(linesOf)
    .flat()
    .filter((run) => run.href !== null);

  expect(marksOf(blocks)).toEqual(["table"]);
  expect(links.map((run) => [run.text, run.isMarked])).toEqual([
    ["table", true],
    [" of prices", false],
  ]);
});

test("a span around a link is one mark without the address", () => {
  expect(
    marksOf(
      marked(
        "Please print [the form](/help/form) at home, then post it.",
        "print [the form](/help/form) at home",
      ),
    ),
  ).toEqual(["print the form at home"]);
});

test("a span within an address marks nothing", () => {
  expect(marksOf(marked("See [prices](/help/prices).", "/help/prices"))).toEqual([]);
});

test("a span in a list item marks only that item", () => {
  const passage = "Pack:\n- the shoes, clean\n- the form, signed\n- the box";

  expect(marksOf(marked(passage, "the form, signed"))).toEqual(["the form, signed"]);
});

test("a span over list items marks each without the bullets", () => {
  const passage = "Do this:\n1. Print the form\n2. Sign **it** here\n3. Post it";

  expect(marksOf(marked(passage, "Print the form\n2. Sign **it** here"))).toEqual([
    "Print the form",
    "Sign it here",
  ]);
});

test("a span over the lines of one item is one mark", () => {
  expect(marksOf(marked("- the shoes\n  and their box\n- the form", "shoes\n  and their"))).toEqual([
    "shoes\nand their",
  ]);
});

test("a span over paragraphs and a heading marks each", () => {
  const passage = "# Returns\n\nWithin 30 days.\n\nFree of charge. Keep the slip.";

  expect(marksOf(marked(passage, "Returns\n\nWithin 30 days.\n\nFree of charge."))).toEqual([
    "Returns",
    "Within 30 days.",
    "Free of charge.",
  ]);
});

test("offsets are code points: emoji before and inside do not shift the mark", () => {
  expect(marksOf(marked("👟👟 Shoes: **two 👟 days** at most.", "two 👟 days"))).toEqual(["two 👟 days"]);
});

test("a span over the whole passage, or of nothing, marks nothing", () => {
  expect(marksOf(marked("Two **days**.\n", "Two **days**."))).toEqual([]);
  expect(marksOf(marked("Two days.", ""))).toEqual([]);
});

import { expect, test } from "vitest";
import { safeLink } from "./links";
import { type Block, isMarkedBlock, markSpan, parseMarkdown } from "./markdown";

const runsOf = (block: Block | undefined) =>
  block?.kind === "list" ? block.items.flat() : (block?.runs ?? []);
const textsOf = (block: Block | undefined) => runsOf(block).map((run) => run.text);

test("blank lines separate paragraphs and a lone line end stays inside one", () => {
  const blocks = parseMarkdown("One\ntwo\n\n\nThree\n");

  expect(blocks.map(textsOf)).toEqual([["One\ntwo"], ["Three"]]);
});

test("bullets and numbers make lists, with their indented lines", () => {
  const blocks = parseMarkdown("Pack:\n- the shoes\n  and box\n- the form\n\n1. Print\n2. Post");

  expect(blocks.map((block) => block.kind)).toEqual(["paragraph", "list", "list"]);
  expect(textsOf(blocks[1])).toEqual(["the shoes", "\n", "and box", "the form"]);
  expect(blocks[2]).toMatchObject({ isOrdered: true });
});

test("bold, links and bare addresses become runs", () => {
  const [block] = parseMarkdown("Pay **£4** or see [prices](/help/prices), https://example.org/a.");

  expect(runsOf(block).map(({ text, isBold, href }) => [text, isBold, href])).toEqual([
    ["Pay ", false, null],
    ["£4", true, null],
    [" or see ", false, null],
    ["prices", false, "/help/prices"],
    [", ", false, null],
    ["https://example.org/a", false, "https://example.org/a"],
    [".", false, null],
  ]);
});

test("every run stands in the source where it says", () => {
  const source = "# Title\n\nPay **£4 👟** now\nor later.\n\n- **a** b\n- [c](/c) d";

  const runs = parseMarkdown(source).flatMap(runsOf);

  expect(runs.map((run) => source.slice(run.start, run.start + run.text.length))).toEqual(
    runs.map((run) => run.text),
  );
});

test("HTML stays text", () => {
  const [block] = parseMarkdown("<img src=x onerror=alert(1)> <b>hi</b>");

  expect(textsOf(block)).toEqual(["<img src=x onerror=alert(1)> <b>hi</b>"]);
});

test("a link to an unsafe address stays text", () => {
  const [block] = parseMarkdown("[click](javascript:alert) me");

  expect(runsOf(block).map((run) => run.href)).toEqual([null]);
  expect(textsOf(block)).toEqual(["[click](javascript:alert) me"]);
});

test("markSpan cuts runs at the borders of the span", () => {
  const source = "First. Pay **£4 to** us. Last.";
  const start = source.indexOf("Pay");
  const end = source.indexOf(" us");

  const [block] = markSpan(parseMarkdown(source), start, end);

  expect(
    runsOf(block)
      .filter((run) => run.isMarked)
      .map((run) => run.text),
  ).toEqual(["Pay ", "£4 to"]);
  expect(textsOf(block)).toEqual(["First. ", "Pay ", "£4 to", " us. Last."]);
});

test("isMarkedBlock finds the block that holds the span", () => {
  const blocks = markSpan(parseMarkdown("One.\n\nTwo."), 6, 10);

  expect(blocks.map(isMarkedBlock)).toEqual([false, true]);
});

test.each(["https://example.org/x", "http://example.org", "/help/delivery#express"])(
  "safeLink lets %s through",
  (address) => {
    expect(safeLink(address)).toBe(address);
  },
);

test.each([
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "data:text/html,x",
  "//evil.example/x",
  "/\\evil.example",
  "/\t/evil.example",
  "https:\\\\evil.example",
  "java\nscript:alert(1)",
  "vbscript:x",
  "help/delivery",
  "",
])("safeLink refuses %j", (address) => {
  expect(safeLink(address)).toBeNull();
});

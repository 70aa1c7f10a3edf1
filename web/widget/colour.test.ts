import { expect, test } from "vitest";
import { readableOn } from "./colour";

test.each([
  ["#2f5d50", "#ffffff"],
  ["#000000", "#ffffff"],
  ["#ffd54a", "#14181a"],
  ["#FFFFFF", "#14181a"],
  ["rebeccapurple", "#ffffff"],
])("on %s one reads %s", (colour, expected) => {
  expect(readableOn(colour)).toBe(expected);
});

import { expect, test } from "vitest";
import { countCodePoints, toCodePointOffset, toUtf16Offset } from "./offsets";

const TEXT = "a👟b 👩‍👧é";

test("countCodePoints counts an emoji once and a joined family by its parts", () => {
  expect(countCodePoints("👟")).toBe(1);
  expect(countCodePoints("👩‍👧")).toBe(3);
  expect(countCodePoints("")).toBe(0);
});

test.each([
  [0, 0],
  [1, 1],
  [2, 3],
  [3, 4],
  [4, 5],
  [5, 7],
])("code point %i is UTF-16 unit %i", (codePoints, units) => {
  expect(toUtf16Offset(TEXT, codePoints)).toBe(units);
  expect(toCodePointOffset(TEXT, units)).toBe(codePoints);
});

test("every code point offset survives the way to UTF-16 and back", () => {
  const offsets = Array.from({ length: countCodePoints(TEXT) + 1 }, (_, index) => index);

  expect(offsets.map((offset) => toCodePointOffset(TEXT, toUtf16Offset(TEXT, offset)))).toEqual(offsets);
});

test("an offset inside a surrogate pair means the place before the pair", () => {
  expect(toCodePointOffset("a👟b", 2)).toBe(1);
});

test("an offset beyond the end gives the end", () => {
  expect(toUtf16Offset("👟", 9)).toBe(2);
  expect(toCodePointOffset("👟", 9)).toBe(1);
});

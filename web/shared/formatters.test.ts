import { expect, test } from "vitest";
import { formatDay, formatDuration, formatPercent, words } from "./formatters";

const now = new Date(2026, 2, 1, 0, 10);

test("days are told as people tell them, by the calendar and not by hours", () => {
  expect(formatDay(new Date(2026, 2, 1, 0, 5), now)).toBe("Today");
  expect(formatDay(new Date(2026, 1, 28, 23, 59), now)).toBe("Yesterday");
  expect(formatDay(new Date(2026, 1, 27, 12, 0), now)).toContain("2026");
});

test.each([
  [4.4, "4 s"],
  [63, "1 min 03 s"],
  [-3, "0 s"],
])("%s seconds are %s", (seconds, expected) => {
  expect(formatDuration(seconds)).toBe(expected);
});

test("shares and identifiers are written for people", () => {
  expect(formatPercent(0.934)).toBe("93 %");
  expect(words("change_delivery_date")).toBe("change delivery date");
});

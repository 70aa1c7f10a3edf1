import { expect, test } from "vitest";
import { reconnectDelayMs } from "./backoff";

test("the pause doubles with every attempt", () => {
  expect([0, 1, 2, 3].map((attempt) => reconnectDelayMs(attempt, 0))).toEqual([250, 500, 1000, 2000]);
});

test("jitter spreads the pause over half of its value", () => {
  expect(reconnectDelayMs(1, 0.5)).toBe(750);
});

test("the pause is never longer than fifteen seconds", () => {
  expect(reconnectDelayMs(60, 0.999)).toBeLessThanOrEqual(15_000);
});

import { expect, test } from "vitest";
import { formatDifference, formatFigure, readReport } from "./report";

const comparison = (champion: number | null, challenger: number, metric = "span_f1") => ({
  metric,
  champion,
  challenger,
  tolerance: 0.02,
  isOk: true,
});

test("readReport reads what a retraining job writes", () => {
  const report = readReport({
    champion_id: "b1",
    challenger_id: "b2",
    dataset: { num_train: 900, num_held_out: 120, num_corrections_in_train: 3, num_corrections_held_out: 1 },
    is_promotable: true,
    reasons: ["fine"],
    comparisons: [{ metric: "span_f1", champion: 0.9, challenger: 0.91, tolerance: 0.02, is_ok: true }],
    changed: [
      {
        text: "hi",
        expected_intent: "greet",
        champion_intent: "bye",
        challenger_intent: "greet",
        change: "fixed",
      },
    ],
  });

  expect(report).toMatchObject({
    challengerId: "b2",
    isPromotable: true,
    comparisons: [comparison(0.9, 0.91)],
    changed: [{ text: "hi", change: "fixed" }],
    dataset: { numTrain: 900, numCorrectionsInTrain: 3, skipped: [] },
  });
});

test("readReport gives null for a job without a report or with another one", () => {
  expect(readReport(null)).toBeNull();
  expect(readReport({ something: "else" })).toBeNull();
});

test("figures are shares in per cent, or counts", () => {
  expect(formatFigure("span_f1", 0.9123)).toBe("91.2 %");
  expect(formatFigure("corrected_turns_understood", 4)).toBe("4");
});

test.each([
  [comparison(0.9, 0.912), "+1.2"],
  [comparison(0.9, 0.85), "−5.0"],
  [comparison(0.9, 0.9004), "±0"],
  [comparison(null, 0.9), "–"],
  [comparison(3, 5, "corrected_turns_understood"), "+2"],
])("formatDifference of %o is %s", (one, expected) => {
  expect(formatDifference(one)).toBe(expected);
});

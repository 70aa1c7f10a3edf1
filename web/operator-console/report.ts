// The comparison of champion and challenger as the retraining job reports it, read from JSON with care. Pure.

export interface Comparison {
  metric: string;
  champion: number | null;
  challenger: number;
  tolerance: number;
  isOk: boolean;
}

export type Change = "fixed" | "broken" | "changed";

export interface ChangedExample {
  text: string;
  expectedIntent: string;
  championIntent: string;
  challengerIntent: string;
  change: Change;
}

export interface Dataset {
  numTrain: number;
  numHeldOut: number;
  numCorrectionsInTrain: number;
  numCorrectionsHeldOut: number;
  skipped: string[];
}

export interface Report {
  championId: string | null;
  challengerId: string;
  isPromotable: boolean;
  reasons: string[];
  comparisons: Comparison[];
  changed: ChangedExample[];
  dataset: Dataset;
}

const METRIC_TITLES: Record<string, string> = {
  frame_accuracy: "Turns understood completely",
  intent_accuracy: "Intents right",
  accepted_accuracy: "Intents right, after thresholds",
  macro_f1: "Macro-F1 over intents",
  span_f1: "Entities found (span F1)",
  calibration_error: "Calibration error",
  fallback_rate: "Not understood",
  corrected_turns_understood: "Corrected turns understood",
};
const COUNTS = new Set(["corrected_turns_understood", "num_examples"]);

/** Read a job's report; null when there is none or it has another shape. */
export function readReport(json: Record<string, unknown> | null): Report | null {
  if (json === null || !Array.isArray(json.comparisons)) return null;
  const dataset = record(json.dataset);
  return {
    championId: json.champion_id === null ? null : text(json.champion_id),
    challengerId: text(json.challenger_id),
    isPromotable: json.is_promotable === true,
    reasons: list(json.reasons).map(text),
    comparisons: list(json.comparisons).map(record).map(readComparison),
    changed: list(json.changed).map(record).map(readChanged),
    dataset: {
      numTrain: number(dataset.num_train),
      numHeldOut: number(dataset.num_held_out),
      numCorrectionsInTrain: number(dataset.num_corrections_in_train),
      numCorrectionsHeldOut: number(dataset.num_corrections_held_out),
      skipped: list(dataset.skipped_corrections).map(text),
    },
  };
}

export function metricTitle(metric: string): string {
  return METRIC_TITLES[metric] ?? metric.replaceAll("_", " ");
}

/** Say a figure: shares in per cent with one decimal, counts as they are. */
export function formatFigure(metric: string, value: number): string {
  return COUNTS.has(metric) ? String(value) : `${(value * 100).toFixed(1)} %`;
}

/** Say how far the challenger is ahead, with its sign: points for shares. */
export function formatDifference({ metric, champion, challenger }: Comparison): string {
  if (champion === null) return "–";
  const difference = COUNTS.has(metric) ? challenger - champion : (challenger - champion) * 100;
  const digits = COUNTS.has(metric) ? 0 : 1;
  const rounded = difference.toFixed(digits);
  if (Number(rounded) === 0) return "±0";
  return difference > 0 ? `+${rounded}` : rounded.replace("-", "−");
}

function readComparison(json: Record<string, unknown>): Comparison {
  return {
    metric: text(json.metric),
    champion: typeof json.champion === "number" ? json.champion : null,
    challenger: number(json.challenger),
    tolerance: number(json.tolerance),
    isOk: json.is_ok === true,
  };
}

function readChanged(json: Record<string, unknown>): ChangedExample {
  const change = json.change === "fixed" || json.change === "broken" ? json.change : "changed";
  return {
    text: text(json.text),
    expectedIntent: text(json.expected_intent),
    championIntent: text(json.champion_intent),
    challengerIntent: text(json.challenger_intent),
    change,
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

import { expect, test } from "vitest";
import type { TrainingJob } from "../shared/frames";
import {
  activeJob,
  emptyOperator,
  modelsVersion,
  type OperatorAction,
  reduceOperator,
  shownJob,
} from "./state";

const job = (id: string, parts: Partial<TrainingJob> = {}): TrainingJob => ({
  job_id: id,
  status: "succeeded",
  stage: "promote",
  progress: 1,
  eta_s: null,
  message: "",
  created_at: "2026-03-01T10:00:00Z",
  finished_at: "2026-03-01T10:02:00Z",
  challenger_id: null,
  promoted: null,
  report: null,
  ...parts,
});
const running = (id: string, parts: Partial<TrainingJob> = {}) =>
  job(id, { status: "running", finished_at: null, progress: 0.3, ...parts });
const fold = (...actions: OperatorAction[]) => actions.reduce(reduceOperator, emptyOperator);
const live = (one: TrainingJob): OperatorAction => ({ type: "frame", frame: { type: "job", job: one } });

test("jobs stand latest first, each once, and follow their progress", () => {
  const state = fold(
    { type: "jobs_loaded", jobs: [job("a")] },
    live(running("b", { created_at: "2026-03-01T11:00:00Z" })),
    live(running("b", { created_at: "2026-03-01T11:00:00Z", progress: 0.6 })),
  );

  expect(state.jobs.map((one) => one.job_id)).toEqual(["b", "a"]);
  expect(activeJob(state)?.progress).toBe(0.6);
});

test("an ended job stays ended", () => {
  const state = fold(live(job("a")), live(running("a")));

  expect(activeJob(state)).toBeNull();
});

test("the comparison shown is the chosen one, else the latest, and a new job takes the choice back", () => {
  const older = job("a", { report: { comparisons: [] } });
  const newer = job("b", { report: { comparisons: [] }, created_at: "2026-03-01T12:00:00Z" });
  const loaded = fold({ type: "jobs_loaded", jobs: [older, newer] });
  const chosen = reduceOperator(loaded, { type: "job_shown", jobId: "a" });
  const next = reduceOperator(chosen, live(running("c", { created_at: "2026-03-01T13:00:00Z" })));

  expect(shownJob(loaded)?.job_id).toBe("b");
  expect(shownJob(chosen)?.job_id).toBe("a");
  expect(shownJob(next)?.job_id).toBe("b");
});

test("models are read anew when a job ends or another bundle serves, not on progress", () => {
  const before = fold(live(running("a")));
  const progressed = reduceOperator(before, live(running("a", { progress: 0.9 })));
  const ended = reduceOperator(before, live(job("a")));
  const swapped = reduceOperator(before, { type: "frame", frame: { type: "model", bundle_id: "b2" } });

  expect(modelsVersion(progressed)).toBe(modelsVersion(before));
  expect(modelsVersion(ended)).not.toBe(modelsVersion(before));
  expect(modelsVersion(swapped)).not.toBe(modelsVersion(before));
});

// What the operator's console knows, as a fold over frames and answers. Pure.

import type { Model } from "../console-shared/api";
import type { StaffServerFrame, TrainingJob } from "../shared/frames";

export interface OperatorState {
  isLive: boolean;
  /** The latest first. */
  jobs: readonly TrainingJob[];
  models: readonly Model[];
  /** The bundle that this server answers with, as it last said. */
  servedId: string | null;
  /** The job whose comparison is shown; null: the latest that has one. */
  shownJobId: string | null;
}

export type OperatorAction =
  | { type: "frame"; frame: StaffServerFrame }
  | { type: "line_changed"; isLive: boolean }
  | { type: "jobs_loaded"; jobs: readonly TrainingJob[] }
  | { type: "job_changed"; job: TrainingJob }
  | { type: "models_loaded"; models: readonly Model[] }
  | { type: "job_shown"; jobId: string };

export const emptyOperator: OperatorState = {
  isLive: false,
  jobs: [],
  models: [],
  servedId: null,
  shownJobId: null,
};

export function reduceOperator(state: OperatorState, action: OperatorAction): OperatorState {
  switch (action.type) {
    case "frame":
      return applyFrame(state, action.frame);
    case "line_changed":
      return { ...state, isLive: action.isLive };
    case "jobs_loaded":
      return { ...state, jobs: latestFirst(action.jobs) };
    case "job_changed":
      return putJob(state, action.job);
    case "models_loaded":
      return { ...state, models: action.models };
    case "job_shown":
      return { ...state, shownJobId: action.jobId };
  }
}

/** The job that is under way, if any. */
export function activeJob(state: OperatorState): TrainingJob | null {
  return state.jobs.find((job) => job.status === "queued" || job.status === "running") ?? null;
}

/** The job whose comparison is to be shown. */
export function shownJob(state: OperatorState): TrainingJob | null {
  const chosen = state.jobs.find((job) => job.job_id === state.shownJobId);
  return chosen ?? state.jobs.find((job) => job.report !== null) ?? null;
}

/** Changes whenever the list of models has to be read anew: a job ended, or another bundle serves. */
export function modelsVersion(state: OperatorState): string {
  const numEnded = state.jobs.filter((job) => job.finished_at !== null).length;
  return `${state.isLive} ${state.servedId} ${numEnded}`;
}

function applyFrame(state: OperatorState, frame: StaffServerFrame): OperatorState {
  if (frame.type === "job") return putJob(state, frame.job);
  if (frame.type === "model") return { ...state, servedId: frame.bundle_id };
  return state;
}

/** An ended job stays ended: a late report of its progress changes nothing. */
function putJob(state: OperatorState, job: TrainingJob): OperatorState {
  const known = state.jobs.find((one) => one.job_id === job.job_id);
  if (known !== undefined && known.finished_at !== null && job.finished_at === null) return state;
  const others = state.jobs.filter((one) => one.job_id !== job.job_id);
  const isNew = known === undefined;
  return { ...state, jobs: latestFirst([...others, job]), shownJobId: isNew ? null : state.shownJobId };
}

function latestFirst(jobs: readonly TrainingJob[]): TrainingJob[] {
  return [...jobs].sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at));
}

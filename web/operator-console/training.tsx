// Retraining: the button, the job under way, the history.

import { formatDuration, formatPercent, formatTime, formatWhen } from "../shared/formatters";
import type { TrainingJob } from "../shared/frames";

const STAGES: Record<string, string> = {
  snapshot: "Collecting the data",
  train: "Training",
  evaluate: "Comparing with the model in service",
  gate: "Deciding",
  promote: "Putting it in service",
};

interface RetrainProps {
  job: TrainingJob | null;
  failure: string;
  onStart: () => void;
}

export function Retrain({ job, failure, onStart }: RetrainProps) {
  return (
    <section class="card" aria-labelledby="retrain-title">
      <div class="title">
        <h2 id="retrain-title">Retrain</h2>
        <button type="button" class="primary" disabled={job !== null} onClick={onStart}>
          Retrain now
        </button>
      </div>
      {failure !== "" && (
        <p class="problem" role="alert">
          {failure}
        </p>
      )}
      {job === null ? (
        <p class="hint">
          Trains on the bot's data and everything that agents corrected. The new model goes into service only
          if it is not worse than the present one.
        </p>
      ) : (
        <JobProgress job={job} />
      )}
    </section>
  );
}

function JobProgress({ job }: { job: TrainingJob }) {
  const stage = job.status === "queued" ? "Waiting for the worker" : (STAGES[job.stage] ?? job.stage);
  return (
    <div class="progress">
      <p class="stage" role="status">
        {stage}
      </p>
      <progress max={1} value={job.progress} aria-label="Progress of the retraining" />
      <p class="numbers">
        <span>{formatPercent(job.progress)}</span>
        <span class="message">{job.message}</span>
        {job.eta_s !== null && <span>about {formatDuration(job.eta_s)} left</span>}
      </p>
    </div>
  );
}

interface HistoryProps {
  jobs: readonly TrainingJob[];
  shownId: string | null;
  onShow: (jobId: string) => void;
}

export function JobHistory({ jobs, shownId, onShow }: HistoryProps) {
  return (
    <section class="card" aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      {jobs.length === 0 && <p class="empty">No retraining yet.</p>}
      <ul class="history">
        {jobs.map((job) => (
          <li key={job.job_id}>
            <button
              type="button"
              disabled={job.report === null && job.status !== "failed"}
              aria-current={job.job_id === shownId ? "true" : undefined}
              onClick={() => onShow(job.job_id)}
            >
              <Outcome job={job} />
              <span class="when">{whenOf(job)}</span>
              <span class="said">{job.message}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Outcome({ job }: { job: TrainingJob }) {
  if (job.status === "failed") return <span class="badge failed">Failed</span>;
  if (job.status !== "succeeded") return <span class="badge waiting">Under way</span>;
  return job.promoted === true ? (
    <span class="badge">Promoted</span>
  ) : (
    <span class="badge kept">Not promoted</span>
  );
}

function whenOf(job: TrainingJob): string {
  const started = new Date(job.created_at);
  const day = formatWhen(started, new Date());
  const time = formatTime(started);
  const when = day === time ? time : `${day}, ${time}`;
  if (job.finished_at === null) return when;
  return `${when} · took ${formatDuration((Date.parse(job.finished_at) - started.getTime()) / 1000)}`;
}

// Champion and challenger side by side: figures, the gate's reasons, the examples that changed.

import { words } from "../shared/formatters";
import type { TrainingJob } from "../shared/frames";
import {
  type Change,
  type ChangedExample,
  type Comparison,
  formatDifference,
  formatFigure,
  metricTitle,
  type Report,
  readReport,
} from "./report";

const CHANGE_TITLES: Record<Change, string> = {
  fixed: "Now right",
  broken: "Now wrong",
  changed: "Different",
};

export function JobComparison({ job }: { job: TrainingJob }) {
  const report = readReport(job.report);
  return (
    <section class="card" aria-labelledby="comparison-title">
      <div class="title">
        <h2 id="comparison-title">Champion and challenger</h2>
        {report !== null && (
          <span class={report.isPromotable ? "badge" : "badge kept"}>
            {report.isPromotable ? "Passed the gate" : "Stopped by the gate"}
          </span>
        )}
      </div>
      {report === null ? <p class="problem">{job.message}</p> : <Details report={report} />}
    </section>
  );
}

function Details({ report }: { report: Report }) {
  const { dataset } = report;
  return (
    <>
      <ul class="reasons">
        {report.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <Figures report={report} />
      <p class="hint">
        Trained on {dataset.numTrain} examples, {dataset.numCorrectionsInTrain} of them corrections. Measured
        on {dataset.numHeldOut} examples that no training sees, {dataset.numCorrectionsHeldOut} of them
        corrections.
      </p>
      {dataset.skipped.map((reason) => (
        <p key={reason} class="hint warn">
          Left out: {reason}
        </p>
      ))}
      <Changes changed={report.changed} />
    </>
  );
}

function Figures({ report }: { report: Report }) {
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">On the held-out examples</th>
            <th scope="col">
              Champion <code>{report.championId?.slice(0, 12) ?? "none"}</code>
            </th>
            <th scope="col">
              Challenger <code>{report.challengerId.slice(0, 12)}</code>
            </th>
            <th scope="col">Difference</th>
            <th scope="col">May fall by</th>
          </tr>
        </thead>
        <tbody>
          {report.comparisons.map((comparison) => (
            <Figure key={comparison.metric} comparison={comparison} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Figure({ comparison }: { comparison: Comparison }) {
  const { metric, champion, challenger, tolerance, isOk } = comparison;
  return (
    <tr class={isOk ? undefined : "worse"}>
      <th scope="row">{metricTitle(metric)}</th>
      <td>{champion === null ? "–" : formatFigure(metric, champion)}</td>
      <td>{formatFigure(metric, challenger)}</td>
      <td class="difference">{formatDifference(comparison)}</td>
      <td>{formatFigure(metric, tolerance)}</td>
    </tr>
  );
}

function Changes({ changed }: { changed: readonly ChangedExample[] }) {
  if (changed.length === 0) return <p class="hint">No held-out example is understood differently.</p>;
  return (
    <details open={changed.length <= 8}>
      <summary>
        {changed.length === 1 ? "1 example is" : `${changed.length} examples are`} understood differently
      </summary>
      <ul class="changes">
        {changed.map((example) => (
          <li key={example.text}>
            <span class={`change ${example.change}`}>{CHANGE_TITLES[example.change]}</span>
            <span class="text">{example.text}</span>
            <span class="intents">
              {words(example.championIntent)} → <b>{words(example.challengerIntent)}</b>
              {example.change !== "fixed" && ` (should be ${words(example.expectedIntent)})`}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

// Which models there are, which one answers customers, and the way forward and back.

import { useState } from "preact/hooks";
import type { Model } from "../console-shared/api";
import { formatWhen } from "../shared/formatters";
import { formatFigure, metricTitle } from "./report";

const SHOWN_METRICS = ["frame_accuracy", "intent_accuracy", "span_f1"];

interface ModelsProps {
  models: readonly Model[];
  servedId: string | null;
  failure: string;
  onPromote: (bundleId: string) => void;
  onRollBack: () => void;
}

export function Models({ models, servedId, failure, onPromote, onRollBack }: ModelsProps) {
  const champion = models.find((model) => model.is_champion);
  const isSwapping = champion !== undefined && servedId !== null && servedId !== champion.bundle_id;
  return (
    <section class="card" aria-labelledby="models-title">
      <div class="title">
        <h2 id="models-title">Models</h2>
        <Confirmed label="Roll back" question="Go back to the champion before?" onConfirm={onRollBack} />
      </div>
      {isSwapping && (
        <p class="hint" role="status">
          The server is loading {champion.bundle_id.slice(0, 12)}; chats go on meanwhile.
        </p>
      )}
      {failure !== "" && (
        <p class="problem" role="alert">
          {failure}
        </p>
      )}
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Made</th>
              {SHOWN_METRICS.map((metric) => (
                <th key={metric} scope="col">
                  {metricTitle(metric)}
                </th>
              ))}
              <th scope="col">
                <span class="unseen">Service</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {models.map((model) => (
              <ModelRow key={model.bundle_id} model={model} onPromote={onPromote} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface RowProps {
  model: Model;
  onPromote: (bundleId: string) => void;
}

function ModelRow({ model, onPromote }: RowProps) {
  return (
    <tr class={model.is_champion ? "champion" : undefined}>
      <th scope="row">
        <code title={model.bundle_id}>{model.bundle_id.slice(0, 12)}</code>
        <small>{originOf(model.origin)}</small>
      </th>
      <td>{formatWhen(new Date(model.created_at), new Date())}</td>
      {SHOWN_METRICS.map((metric) => {
        const value = model.metrics[metric];
        return <td key={metric}>{typeof value === "number" ? formatFigure(metric, value) : "–"}</td>;
      })}
      <td class="act">
        {model.is_champion ? (
          <span class="badge">In service</span>
        ) : (
          <Confirmed
            label="Promote"
            question="Put it in service?"
            onConfirm={() => onPromote(model.bundle_id)}
          />
        )}
      </td>
    </tr>
  );
}

interface ConfirmedProps {
  label: string;
  question: string;
  onConfirm: () => void;
}

/** A button that asks once more, in place. */
function Confirmed({ label, question, onConfirm }: ConfirmedProps) {
  const [isAsking, setIsAsking] = useState(false);
  if (!isAsking) {
    return (
      <button type="button" class="quiet" onClick={() => setIsAsking(true)}>
        {label}
      </button>
    );
  }
  const confirm = (): void => {
    setIsAsking(false);
    onConfirm();
  };
  return (
    <span class="asking">
      {question}
      <button type="button" class="primary" onClick={confirm}>
        {label}
      </button>
      <button type="button" class="quiet" onClick={() => setIsAsking(false)}>
        Cancel
      </button>
    </span>
  );
}

function originOf(origin: string): string {
  if (origin === "shipped") return "shipped with the bot";
  if (origin === "train") return "trained by command";
  return origin.startsWith("job:") ? "retrained" : origin;
}

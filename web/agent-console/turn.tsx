// What the bot understood in a customer turn, what it decided and why; and the correction of it.

import { useState } from "preact/hooks";
import type { BotDescription } from "../console-shared/api";
import { formatPercent, words } from "../shared/formatters";
import type { TranscriptItem, WireIntent } from "../shared/frames";
import { CorrectionEditor } from "./correction-editor";

interface UnderstandingProps {
  item: TranscriptItem;
  bot: BotDescription | null;
  onSaved: (item: TranscriptItem) => void;
}

const NUM_ALTERNATIVES = 3;

export function Understanding({ item, bot, onSaved }: UnderstandingProps) {
  const [isEditing, setIsEditing] = useState(false);
  const save = (saved: TranscriptItem): void => {
    setIsEditing(false);
    onSaved(saved);
  };
  return (
    <div class="understanding">
      <div class="headline">
        <IntentLine item={item} />
        {!isEditing && bot !== null && (
          <button type="button" class="quiet" onClick={() => setIsEditing(true)}>
            Correct
          </button>
        )}
      </div>
      {isEditing && bot !== null ? (
        <CorrectionEditor item={item} bot={bot} onSaved={save} onCancel={() => setIsEditing(false)} />
      ) : (
        <Reasons item={item} />
      )}
    </div>
  );
}

function IntentLine({ item }: { item: TranscriptItem }) {
  const { intent, correction } = item;
  const isSame = correction !== null && correction.intent === intent?.name;
  return (
    <>
      {intent !== null && <Intent intent={intent} isStruck={correction !== null && !isSame} />}
      {correction !== null && (
        <span class="corrected">
          <b>{isSame ? "confirmed" : words(correction.intent)}</b> corrected by {correction.corrected_by}
        </span>
      )}
    </>
  );
}

function Intent({ intent, isStruck }: { intent: WireIntent; isStruck: boolean }) {
  const isFallback = intent.name === "nlu_fallback";
  return (
    <span class={isStruck ? "intent struck" : "intent"}>
      <b class={isFallback ? "fallback" : undefined}>{isFallback ? "not understood" : words(intent.name)}</b>
      <Bar share={intent.confidence} />
      <span class="number">{formatPercent(intent.confidence)}</span>
    </span>
  );
}

function Bar({ share }: { share: number }) {
  const level = share >= 0.8 ? "high" : share >= 0.5 ? "middle" : "low";
  return (
    <span class={`bar-track ${level}`} aria-hidden="true">
      <span style={{ width: `${Math.round(share * 100)}%` }} />
    </span>
  );
}

function Reasons({ item }: { item: TranscriptItem }) {
  const others = item.ranking
    .filter((intent) => intent.name !== item.intent?.name)
    .slice(0, NUM_ALTERNATIVES);
  return (
    <>
      {item.failures.map((failure) => (
        <p key={failure} class="failure" role="alert">
          {failure}
        </p>
      ))}
      <ul class="decisions">
        {item.decisions.map((decision, index) => (
          <li key={`${index} ${decision.decision} ${decision.target}`}>
            <span class="policy">{words(decision.policy)}</span>
            <span class="outcome">
              {decision.decision} {decision.target !== "" && <code>{decision.target}</code>}
            </span>
            <span class="why">{decision.reasons.join(" · ")}</span>
          </li>
        ))}
      </ul>
      <p class="fine">
        {others.length > 0 && (
          <span>
            Also thought of{" "}
            {others.map((one) => `${words(one.name)} ${formatPercent(one.confidence)}`).join(", ")}
          </span>
        )}
        {item.out_of_scope_score !== null && <span>Out of scope {item.out_of_scope_score.toFixed(2)}</span>}
        {item.bundle_id !== null && item.bundle_id !== "" && <span>Model {item.bundle_id.slice(0, 12)}</span>}
      </p>
    </>
  );
}

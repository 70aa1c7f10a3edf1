// Where an agent says what a turn really meant: an intent chosen from the bot's, spans marked in the text.

import { useMemo, useRef, useState } from "preact/hooks";
import { type BotDescription, explain, saveCorrection } from "../console-shared/api";
import { words } from "../shared/formatters";
import type { TranscriptItem } from "../shared/frames";
import { Highlighted, useHues } from "./highlighted";
import { addSpan, type Span, snapToWords, spansFromWire, spansToWire } from "./spans";

interface EditorProps {
  item: TranscriptItem;
  bot: BotDescription;
  onSaved: (item: TranscriptItem) => void;
  onCancel: () => void;
}

export function CorrectionEditor({ item, bot, onSaved, onCancel }: EditorProps) {
  const { text, conversation_id, sequence } = item.utterance;
  const [intent, setIntent] = useState(firstIntent(item));
  const [spans, setSpans] = useState(() => spansFromWire(text, item.correction?.entities ?? item.entities));
  const [failure, setFailure] = useState("");
  const save = (): void => {
    saveCorrection(conversation_id, sequence, { intent, entities: spansToWire(text, spans) }).then(
      onSaved,
      (error: unknown) => setFailure(explain(error)),
    );
  };
  return (
    <div class="editor">
      <IntentChooser bot={bot} item={item} chosen={intent} onChoose={setIntent} />
      <SpanField text={text} spans={spans} bot={bot} onChange={setSpans} />
      <SpanRows text={text} spans={spans} bot={bot} onChange={setSpans} />
      {failure !== "" && (
        <p class="problem" role="alert">
          {failure}
        </p>
      )}
      <div class="buttons">
        <button type="button" class="primary" disabled={intent === ""} onClick={save}>
          Save correction
        </button>
        <button type="button" class="quiet" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </div>
  );
}

/** What to begin with: the correction there is, else the likeliest real intent. */
function firstIntent(item: TranscriptItem): string {
  return item.correction?.intent ?? item.ranking[0]?.name ?? "";
}

interface ChooserProps {
  bot: BotDescription;
  item: TranscriptItem;
  chosen: string;
  onChoose: (intent: string) => void;
}

function IntentChooser({ bot, item, chosen, onChoose }: ChooserProps) {
  const [filter, setFilter] = useState("");
  const shown = useMemo(() => {
    const rank = new Map(item.ranking.map((intent, index) => [intent.name, index]));
    const place = (name: string): number => rank.get(name) ?? item.ranking.length;
    const wanted = filter.trim().toLowerCase();
    return bot.intents
      .filter(({ name, title }) => `${words(name)} ${name} ${title}`.toLowerCase().includes(wanted))
      .sort((a, b) => place(a.name) - place(b.name) || a.name.localeCompare(b.name));
  }, [bot, item, filter]);
  return (
    <fieldset class="intents">
      <legend>What did the customer want?</legend>
      <input
        type="search"
        placeholder="Filter intents"
        aria-label="Filter intents"
        value={filter}
        onInput={(event) => setFilter(event.currentTarget.value)}
      />
      <div class="options">
        {shown.map(({ name, title }) => (
          <label key={name} title={title} class={name === chosen ? "chosen" : undefined}>
            <input
              type="radio"
              name={`intent-${item.utterance.sequence}`}
              value={name}
              checked={name === chosen}
              onChange={() => onChoose(name)}
            />
            {words(name)}
          </label>
        ))}
        {shown.length === 0 && <span class="empty">No intent of this name.</span>}
      </div>
    </fieldset>
  );
}

interface SpansProps {
  text: string;
  spans: readonly Span[];
  bot: BotDescription;
  onChange: (spans: Span[]) => void;
}

/**
 * The text to mark in: a text area, which selects by mouse, touch and keyboard, over its coloured twin.
 *
 * It takes no input, but is not `readonly`: browsers then move no caret, and the keyboard could not select.
 */
function SpanField({ text, spans, bot, onChange }: SpansProps) {
  const hueOf = useHues();
  const area = useRef<HTMLTextAreaElement>(null);
  const [selected, setSelected] = useState<{ start: number; end: number } | null>(null);
  const look = (): void => {
    const { selectionStart, selectionEnd } = area.current ?? { selectionStart: 0, selectionEnd: 0 };
    setSelected(snapToWords(text, selectionStart, selectionEnd));
  };
  const mark = (entity: string): void => {
    if (selected === null) return;
    const value = text.slice(selected.start, selected.end);
    onChange(addSpan(spans, { ...selected, entity, value, role: null, group: null, confidence: 1 }));
    setSelected(null);
  };
  return (
    <fieldset class="spans">
      <legend>Which words matter? Select them, then choose what they are.</legend>
      <div class="span-field">
        <div class="twin" aria-hidden="true">
          <Highlighted text={text} spans={spans} isLabelled={false} />
        </div>
        <textarea
          ref={area}
          aria-readonly="true"
          inputMode="none"
          spellcheck={false}
          value={text}
          rows={1}
          aria-label="Text to mark in"
          onBeforeInput={(event) => event.preventDefault()}
          onSelect={look}
          onPointerUp={look}
          onKeyUp={look}
        />
      </div>
      {selected !== null && (
        <fieldset class="types">
          <legend>“{text.slice(selected.start, selected.end)}” is</legend>
          {bot.entities.map((entity) => (
            <button key={entity} type="button" style={hueOf(entity)} onClick={() => mark(entity)}>
              {words(entity)}
            </button>
          ))}
        </fieldset>
      )}
    </fieldset>
  );
}

function SpanRows({ text, spans, bot, onChange }: SpansProps) {
  const hueOf = useHues();
  const change = (index: number, part: Partial<Span>): void => {
    onChange(spans.map((span, at) => (at === index ? { ...span, ...part } : span)));
  };
  return (
    <ul class="span-rows">
      {spans.map((span, index) => (
        <li key={`${span.start}-${span.end}`}>
          <mark style={hueOf(span.entity)}>{text.slice(span.start, span.end)}</mark>
          <Choice
            label="Entity"
            value={span.entity}
            options={bot.entities}
            onChange={(entity) => change(index, { entity, role: null })}
          />
          <RoleChoice
            span={span}
            roles={bot.entity_roles?.[span.entity] ?? []}
            onChange={(role) => change(index, { role })}
          />
          <input
            aria-label="Value"
            value={span.value}
            onInput={(event) => change(index, { value: event.currentTarget.value })}
          />
          <button type="button" class="quiet" onClick={() => onChange(spans.filter((_, at) => at !== index))}>
            Remove
          </button>
        </li>
      ))}
    </ul>
  );
}

interface RoleProps {
  span: Span;
  roles: readonly string[];
  onChange: (role: string | null) => void;
}

function RoleChoice({ span, roles, onChange }: RoleProps) {
  const options = span.role === null || roles.includes(span.role) ? roles : [...roles, span.role];
  if (options.length === 0) return null;
  return (
    <Choice
      label="Role"
      value={span.role ?? ""}
      options={["", ...options]}
      onChange={(role) => onChange(role === "" ? null : role)}
    />
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly string[];
  onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {options.map((option) => (
        <option key={option} value={option}>
          {option === "" ? "no role" : words(option)}
        </option>
      ))}
    </select>
  );
}

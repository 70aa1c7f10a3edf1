// The right side: one conversation, turn by turn, and the agent's own part in it.

import { useEffect, useRef, useState } from "preact/hooks";
import {
  type BotDescription,
  closeHandoff,
  explain,
  joinConversation,
  writeToCustomer,
} from "../console-shared/api";
import { parseAnswer } from "../shared/answer";
import { formatTime } from "../shared/formatters";
import type { ConversationSummary, TranscriptItem, WireUtterance } from "../shared/frames";
import { parseMarkdown } from "../shared/markdown";
import { ModeBadge, shortName } from "./conversation-list";
import { Highlighted } from "./highlighted";
import { RichText } from "./rich-text";
import { spansFromWire } from "./spans";
import { Understanding } from "./turn";

interface TranscriptProps {
  conversationId: string;
  summary: ConversationSummary | null;
  items: readonly TranscriptItem[];
  bot: BotDescription | null;
  onSummary: (summary: ConversationSummary) => void;
  onItem: (item: TranscriptItem) => void;
  onBack: () => void;
}

const NEAR_END_PX = 120;

export function Transcript({
  conversationId,
  summary,
  items,
  bot,
  onSummary,
  onItem,
  onBack,
}: TranscriptProps) {
  const [failure, setFailure] = useState("");
  const act = (doing: Promise<ConversationSummary>): Promise<boolean> =>
    doing.then(
      (changed) => {
        setFailure("");
        onSummary(changed);
        return true;
      },
      (error: unknown) => {
        setFailure(explain(error));
        return false;
      },
    );
  const mode = summary?.mode ?? "bot";
  return (
    <section class="transcript" aria-label="Transcript">
      <header>
        <button type="button" class="quiet back" onClick={onBack}>
          Back
        </button>
        <h1>{shortName(conversationId)}</h1>
        <ModeBadge mode={mode} />
        <code class="id">{conversationId}</code>
      </header>
      <Items items={items} bot={bot} onItem={onItem} />
      {failure !== "" && (
        <p class="problem" role="alert">
          {failure}
        </p>
      )}
      {mode === "agent" ? (
        <AgentComposer
          onWrite={(text) => act(writeToCustomer(conversationId, text))}
          onHandBack={() => act(closeHandoff(conversationId))}
        />
      ) : (
        <TakeOver
          isRequested={mode === "handoff_requested"}
          onTakeOver={() => act(joinConversation(conversationId))}
          onWithdraw={() => act(closeHandoff(conversationId))}
        />
      )}
    </section>
  );
}

interface ItemsProps {
  items: readonly TranscriptItem[];
  bot: BotDescription | null;
  onItem: (item: TranscriptItem) => void;
}

function Items({ items, bot, onItem }: ItemsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const newest = items.at(-1)?.utterance.sequence;
  useEffect(() => {
    const element = scroller.current;
    if (newest !== undefined && element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [newest]);
  const note = (): void => {
    const element = scroller.current;
    if (element !== null) {
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    }
  };
  return (
    <div class="items" ref={scroller} onScroll={note}>
      <ol>
        {items.map((item) => (
          <li key={item.utterance.sequence} class={item.utterance.kind}>
            <Item item={item} bot={bot} onItem={onItem} />
          </li>
        ))}
      </ol>
    </div>
  );
}

interface ItemProps {
  item: TranscriptItem;
  bot: BotDescription | null;
  onItem: (item: TranscriptItem) => void;
}

function Item({ item, bot, onItem }: ItemProps) {
  const { utterance } = item;
  if (utterance.kind === "notice") return <p class="notice">{noticeText(utterance)}</p>;
  if (utterance.kind !== "customer") return <Said utterance={utterance} isHelpful={item.is_helpful} />;
  const spans = spansFromWire(utterance.text, item.correction?.entities ?? item.entities);
  return (
    <>
      <div class="said">
        <Who name="Customer" utterance={utterance} />
        <p class="text">
          <Highlighted text={utterance.text} spans={spans} isLabelled />
        </p>
      </div>
      {item.intent !== null && <Understanding item={item} bot={bot} onSaved={onItem} />}
    </>
  );
}

function Said({ utterance, isHelpful }: { utterance: WireUtterance; isHelpful: boolean | null }) {
  const { text, faq } = utterance;
  const blocks = faq === null ? parseMarkdown(text) : parseAnswer(text, faq);
  return (
    <div class="said">
      <Who
        name={utterance.kind === "agent" ? (utterance.agent_name ?? "Agent") : "Bot"}
        utterance={utterance}
      />
      {utterance.faq !== null && <p class="question">{utterance.faq.question}</p>}
      <RichText blocks={blocks} />
      {isHelpful !== null && (
        <p class={isHelpful ? "rated" : "rated unhelpful"}>
          {isHelpful ? "Helped the customer" : "Did not help the customer"}
        </p>
      )}
      {utterance.buttons.length > 0 && (
        <p class="offered">
          {utterance.buttons.map((button) => (
            <span key={button.payload + button.title}>{button.title}</span>
          ))}
        </p>
      )}
    </div>
  );
}

function Who({ name, utterance }: { name: string; utterance: WireUtterance }) {
  return (
    <p class="who">
      {name} <time dateTime={utterance.sent_at}>{formatTime(new Date(utterance.sent_at))}</time>
    </p>
  );
}

function noticeText(utterance: WireUtterance): string {
  switch (utterance.notice) {
    case "handoff_requested":
      return "The customer waits for a person";
    case "agent_joined":
      return `${utterance.agent_name ?? "An agent"} took over`;
    case "handoff_closed":
      return "Handed back to the bot";
    case null:
      return utterance.text;
  }
}

interface TakeOverProps {
  isRequested: boolean;
  onTakeOver: () => void;
  onWithdraw: () => void;
}

function TakeOver({ isRequested, onTakeOver, onWithdraw }: TakeOverProps) {
  return (
    <footer class="takeover">
      <p>{isRequested ? "The customer asked for a person." : "The bot answers this customer."}</p>
      {isRequested && (
        <button type="button" class="quiet" onClick={onWithdraw}>
          Leave it to the bot
        </button>
      )}
      <button type="button" class="primary" onClick={onTakeOver}>
        Take over
      </button>
    </footer>
  );
}

interface ComposerProps {
  onWrite: (text: string) => Promise<boolean>;
  onHandBack: () => void;
}

function AgentComposer({ onWrite, onHandBack }: ComposerProps) {
  const [text, setText] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const write = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (text.trim() === "" || isBusy) return;
    setIsBusy(true);
    if (await onWrite(text)) setText("");
    setIsBusy(false);
  };
  const handleKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) void write(event);
  };
  return (
    <footer>
      <form class="reply" onSubmit={write}>
        <textarea
          rows={2}
          placeholder="Write to the customer…"
          aria-label="Write to the customer"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={handleKey}
        />
        <div class="buttons">
          <button type="button" class="quiet" onClick={onHandBack}>
            Hand back to the bot
          </button>
          <button type="submit" class="primary" disabled={text.trim() === "" || isBusy}>
            Send
          </button>
        </div>
      </form>
    </footer>
  );
}

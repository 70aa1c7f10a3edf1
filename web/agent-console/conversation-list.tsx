// The left side: search and the live list of conversations.

import { formatWhen } from "../shared/formatters";
import type { ConversationSummary } from "../shared/frames";
import { type AgentState, isUnread, orderedConversations } from "./state";

interface ListProps {
  state: AgentState;
  onSearch: (search: string) => void;
  onNarrow: (onlyUnhelpful: boolean) => void;
  onSelect: (conversationId: string) => void;
  onMore: () => void;
}

export function ConversationList({ state, onSearch, onNarrow, onSelect, onMore }: ListProps) {
  const conversations = orderedConversations(state);
  return (
    <aside class="list" aria-label="Conversations">
      <input
        type="search"
        placeholder="Search conversations"
        aria-label="Search conversations"
        value={state.search}
        onInput={(event) => onSearch(event.currentTarget.value)}
      />
      <label class="narrow">
        <input
          type="checkbox"
          checked={state.onlyUnhelpful}
          onChange={(event) => onNarrow(event.currentTarget.checked)}
        />
        Only where an answer did not help
      </label>
      {conversations.length === 0 && (
        <p class="empty">
          {state.search === "" && !state.onlyUnhelpful ? "No conversations yet." : "Nothing found."}
        </p>
      )}
      <ul>
        {conversations.map((summary) => (
          <li key={summary.conversation_id}>
            <Row
              summary={summary}
              isUnread={isUnread(state, summary)}
              isSelected={summary.conversation_id === state.selectedId}
              onSelect={onSelect}
            />
          </li>
        ))}
      </ul>
      {state.hasMore && (
        <button type="button" class="quiet more" onClick={onMore}>
          Show older conversations
        </button>
      )}
    </aside>
  );
}

interface RowProps {
  summary: ConversationSummary;
  isUnread: boolean;
  isSelected: boolean;
  onSelect: (conversationId: string) => void;
}

function Row({ summary, isUnread: hasNews, isSelected, onSelect }: RowProps) {
  const turns = summary.num_customer_turns;
  return (
    <button
      type="button"
      class="row"
      aria-current={isSelected ? "true" : undefined}
      onClick={() => onSelect(summary.conversation_id)}
    >
      <span class={hasNews ? "dot unread" : "dot"} role="img" aria-label={hasNews ? "Unread" : "Read"} />
      <span class="what">
        <span class="name">{shortName(summary.conversation_id)}</span>
        <time dateTime={summary.last_at}>{formatWhen(new Date(summary.last_at), new Date())}</time>
        <span class="last">{summary.last_text || "Nothing said yet"}</span>
        <span class="facts">
          <ModeBadge mode={summary.mode} />
          {summary.num_unhelpful > 0 && <span class="badge unhelpful">Did not help</span>}
          {summary.channel} · {turns === 1 ? "1 turn" : `${turns} turns`}
        </span>
      </span>
    </button>
  );
}

export function ModeBadge({ mode }: { mode: ConversationSummary["mode"] }) {
  if (mode === "handoff_requested") return <span class="badge waiting">Waits for a person</span>;
  if (mode === "agent") return <span class="badge agent">With an agent</span>;
  return null;
}

/** A customer has no name here; the end of the id tells conversations apart. */
export function shortName(conversationId: string): string {
  return `Customer ${conversationId.slice(-4)}`;
}

// What an agent's console knows, as a fold over frames, answers and clicks. Pure.

import type { ConversationSummary, StaffServerFrame, TranscriptItem } from "../shared/frames";

export interface AgentState {
  isLive: boolean;
  search: string;
  /** Only conversations with an answer that did not help the customer. */
  onlyUnhelpful: boolean;
  hasMore: boolean;
  conversations: Readonly<Record<string, ConversationSummary>>;
  /** Per conversation the last sequence number that this browser has shown. */
  seen: Readonly<Record<string, number>>;
  selectedId: string | null;
  /** The open conversation's line, also while a search hides it from the list; null until it is known. */
  open: ConversationSummary | null;
  items: readonly TranscriptItem[];
  /** The bundle in service, as the server last said. */
  bundleId: string | null;
}

export type AgentAction =
  | { type: "frame"; frame: StaffServerFrame }
  | { type: "line_changed"; isLive: boolean }
  | { type: "searched"; search: string }
  | { type: "narrowed"; onlyUnhelpful: boolean }
  | {
      type: "page_loaded";
      search: string;
      onlyUnhelpful: boolean;
      isFirst: boolean;
      conversations: readonly ConversationSummary[];
      hasMore: boolean;
    }
  | { type: "selected"; conversationId: string | null }
  | { type: "item_changed"; conversationId: string; item: TranscriptItem }
  | { type: "summary_changed"; summary: ConversationSummary };

export function startState(seen: Readonly<Record<string, number>>, selectedId: string | null): AgentState {
  return {
    isLive: false,
    search: "",
    onlyUnhelpful: false,
    hasMore: false,
    conversations: {},
    seen,
    selectedId,
    open: null,
    items: [],
    bundleId: null,
  };
}

export function reduceAgent(state: AgentState, action: AgentAction): AgentState {
  switch (action.type) {
    case "frame":
      return applyFrame(state, action.frame);
    case "line_changed":
      return { ...state, isLive: action.isLive };
    case "searched":
      return { ...state, search: action.search };
    case "narrowed":
      return { ...state, onlyUnhelpful: action.onlyUnhelpful };
    case "page_loaded":
      return addPage(state, action);
    case "selected":
      return select(state, action.conversationId);
    case "item_changed":
      return applyItems(state, action.conversationId, [action.item]);
    case "summary_changed":
      return applySummary(state, action.summary);
  }
}

/** The list as it is shown: who waits for a person first, then the latest. */
export function orderedConversations(state: AgentState): ConversationSummary[] {
  const rank = (summary: ConversationSummary): number => (summary.mode === "handoff_requested" ? 0 : 1);
  return Object.values(state.conversations).sort(
    (a, b) => rank(a) - rank(b) || Date.parse(b.last_at) - Date.parse(a.last_at),
  );
}

export function isUnread(state: AgentState, summary: ConversationSummary): boolean {
  return summary.last_sequence > (state.seen[summary.conversation_id] ?? 0);
}

/** Where the next page begins: the time of the oldest line. */
export function oldestShown(state: AgentState): string | null {
  const times = Object.values(state.conversations).map((summary) => summary.last_at);
  return times.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null;
}

function applyFrame(state: AgentState, frame: StaffServerFrame): AgentState {
  switch (frame.type) {
    case "conversation":
      return applySummary(state, frame.conversation);
    case "transcript":
      return applyItems(state, frame.conversation_id, frame.items);
    case "model":
      return { ...state, bundleId: frame.bundle_id };
    case "job":
    case "pong":
    case "error":
      return state;
  }
}

function select(state: AgentState, conversationId: string | null): AgentState {
  if (conversationId === state.selectedId) return state;
  const open = conversationId === null ? null : (state.conversations[conversationId] ?? null);
  return markSeen({ ...state, selectedId: conversationId, open, items: [] });
}

/** While a search is on, only lines that it found change; whether another one fits is the server's to say. */
function applySummary(state: AgentState, summary: ConversationSummary): AgentState {
  const id = summary.conversation_id;
  const known = state.conversations[id];
  const isOld = (shown: ConversationSummary | null | undefined): boolean =>
    shown != null && shown.last_sequence > summary.last_sequence;
  const open = id === state.selectedId && !isOld(state.open) ? summary : state.open;
  const isWanted = state.search === "" && (!state.onlyUnhelpful || summary.num_unhelpful > 0);
  const isListed = (known !== undefined || isWanted) && !isOld(known);
  const conversations = isListed ? { ...state.conversations, [id]: summary } : state.conversations;
  return markSeen({ ...state, open, conversations });
}

function addPage(state: AgentState, page: Extract<AgentAction, { type: "page_loaded" }>): AgentState {
  if (page.search !== state.search || page.onlyUnhelpful !== state.onlyUnhelpful) return state;
  const before = page.isFirst ? {} : state.conversations;
  const added = Object.fromEntries(page.conversations.map((summary) => [summary.conversation_id, summary]));
  const open = (state.selectedId === null ? null : added[state.selectedId]) ?? state.open;
  return markSeen({ ...state, open, conversations: { ...before, ...added }, hasMore: page.hasMore });
}

function applyItems(state: AgentState, conversationId: string, items: readonly TranscriptItem[]): AgentState {
  if (conversationId !== state.selectedId) return state;
  const bySequence = new Map(state.items.map((item) => [item.utterance.sequence, item]));
  for (const item of items) bySequence.set(item.utterance.sequence, item);
  const merged = [...bySequence.values()].sort((a, b) => a.utterance.sequence - b.utterance.sequence);
  return { ...state, items: merged };
}

/** What is open is read. */
function markSeen(state: AgentState): AgentState {
  const { open } = state;
  if (open === null || !isUnread(state, open)) return state;
  return { ...state, seen: { ...state.seen, [open.conversation_id]: open.last_sequence } };
}

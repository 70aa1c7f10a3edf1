import { expect, test } from "vitest";
import { utterance } from "../shared/fakes";
import type { ConversationSummary, TranscriptItem } from "../shared/frames";
import {
  type AgentAction,
  type AgentState,
  isUnread,
  oldestShown,
  orderedConversations,
  reduceAgent,
  startState,
} from "./state";

const summary = (id: string, parts: Partial<ConversationSummary> = {}): ConversationSummary => ({
  conversation_id: id,
  channel: "web",
  mode: "bot",
  last_text: "",
  last_at: "2026-03-01T10:00:00Z",
  last_sequence: 5,
  num_customer_turns: 1,
  num_unhelpful: 0,
  ...parts,
});
const item = (sequence: number, parts: Partial<TranscriptItem> = {}): TranscriptItem => ({
  utterance: utterance(sequence),
  intent: null,
  ranking: [],
  entities: [],
  out_of_scope_score: null,
  bundle_id: null,
  decisions: [],
  failures: [],
  correction: null,
  is_helpful: null,
  ...parts,
});
const fold = (...actions: AgentAction[]): AgentState => actions.reduce(reduceAgent, startState({}, null));
const page = (search: string, ...conversations: ConversationSummary[]): AgentAction => ({
  type: "page_loaded",
  search,
  onlyUnhelpful: false,
  isFirst: true,
  conversations,
  hasMore: false,
});
const live = (conversation: ConversationSummary): AgentAction => ({
  type: "frame",
  frame: { type: "conversation", conversation },
});
const transcript = (conversation_id: string, ...items: TranscriptItem[]): AgentAction => ({
  type: "frame",
  frame: { type: "transcript", conversation_id, items },
});
const ids = (state: AgentState) => orderedConversations(state).map((one) => one.conversation_id);

test("who waits for a person comes first, then the latest", () => {
  const state = fold(
    page(
      "",
      summary("old", { last_at: "2026-03-01T08:00:00Z" }),
      summary("waits", { mode: "handoff_requested", last_at: "2026-03-01T07:00:00Z" }),
      summary("new", { last_at: "2026-03-01T11:00:00Z" }),
    ),
  );

  expect(ids(state)).toEqual(["waits", "new", "old"]);
  expect(oldestShown(state)).toBe("2026-03-01T07:00:00Z");
});

test("a live frame adds a conversation and changes one", () => {
  const state = fold(
    page("", summary("a")),
    live(summary("b")),
    live(summary("a", { last_text: "hi", last_sequence: 8 })),
  );

  expect(Object.keys(state.conversations)).toEqual(["a", "b"]);
  expect(state.conversations.a?.last_text).toBe("hi");
});

test("a late summary does not replace a newer one", () => {
  const state = fold(live(summary("a", { last_sequence: 9 })), live(summary("a", { last_sequence: 4 })));

  expect(state.conversations.a?.last_sequence).toBe(9);
});

test("while searching, a live frame adds nothing that the search did not find", () => {
  const state = fold({ type: "searched", search: "navy" }, page("navy", summary("a")), live(summary("b")));

  expect(ids(state)).toEqual(["a"]);
});

test("the answer to an older search is ignored", () => {
  const state = fold({ type: "searched", search: "navy" }, page("na", summary("a")));

  expect(ids(state)).toEqual([]);
});

test("a conversation is unread until it is opened, and stays read while it is open", () => {
  const closed = fold(page("", summary("a")));
  const open = reduceAgent(closed, { type: "selected", conversationId: "a" });
  const more = reduceAgent(open, live(summary("a", { last_sequence: 9 })));

  expect(isUnread(closed, summary("a"))).toBe(true);
  expect(isUnread(open, summary("a"))).toBe(false);
  expect(more.seen).toEqual({ a: 9 });
});

test("transcript items stand by sequence, each once, the latest version", () => {
  const corrected = item(2, { failures: ["changed"] });
  const state = fold(
    { type: "selected", conversationId: "a" },
    transcript("a", item(5), item(2)),
    transcript("a", corrected),
  );

  expect(state.items).toEqual([corrected, item(5)]);
});

test("items of another conversation are ignored, and opening another one empties the transcript", () => {
  const first = fold(
    { type: "selected", conversationId: "a" },
    transcript("b", item(2)),
    transcript("a", item(3)),
  );
  const second = reduceAgent(first, { type: "selected", conversationId: "b" });

  expect(first.items).toHaveLength(1);
  expect(second.items).toEqual([]);
});

test("the open conversation's line follows it also while a search hides it from the list", () => {
  const state = fold(
    page("", summary("a")),
    { type: "selected", conversationId: "a" },
    { type: "searched", search: "navy" },
    page("navy", summary("b")),
    live(summary("a", { mode: "agent", last_sequence: 9 })),
  );

  expect(ids(state)).toEqual(["b"]);
  expect(state.open?.mode).toBe("agent");
});

test("a conversation that the address named is known once its line comes", () => {
  const named = startState({}, "far");
  const known = reduceAgent(named, { type: "summary_changed", summary: summary("far") });

  expect(named.open).toBeNull();
  expect(known.open?.conversation_id).toBe("far");
});

test("narrowed to answers that did not help, only such conversations appear by themselves", () => {
  const state = fold(
    { type: "narrowed", onlyUnhelpful: true },
    live(summary("good")),
    live(summary("bad", { num_unhelpful: 1 })),
  );

  expect(Object.keys(state.conversations)).toEqual(["bad"]);
});

test("a page that was asked for before narrowing is dropped", () => {
  const state = fold({ type: "narrowed", onlyUnhelpful: true }, page("", summary("late")));

  expect(state.conversations).toEqual({});
});

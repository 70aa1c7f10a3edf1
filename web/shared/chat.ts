// The state of one chat as a fold over frames and the customer's own doings. Pure: no DOM, socket or clock.
// Order-safe: utterances stand by sequence, each once, however often and in whatever order they come.

import type { CustomerServerFrame, ErrorFrame, WireButton, WireUtterance } from "./frames";
import {
  changeRating,
  chooseRating,
  lastRated,
  noRatings,
  type Ratings,
  requeueRatings,
  shownRating,
  takeRated,
} from "./ratings";

/** `waiting`: not on the wire · `sending`: on the wire · `sent`: saved by the server · `failed`: refused. */
export type PendingStatus = "waiting" | "sending" | "sent" | "failed";

/** A message of the customer that has not come back as an utterance yet. */
export interface PendingMessage {
  clientMessageId: string;
  text: string;
  payload: string | null;
  writtenAt: number;
  status: PendingStatus;
  error: string | null;
}

export type Line = "idle" | "connecting" | "online" | "reconnecting";

export interface ChatState {
  line: Line;
  botName: string;
  maxMessageChars: number;
  isTyping: boolean;
  utterances: readonly WireUtterance[];
  pending: readonly PendingMessage[];
  ratings: Ratings;
}

export type ChatAction =
  | { type: "frame"; frame: CustomerServerFrame }
  | { type: "written"; message: Pick<PendingMessage, "clientMessageId" | "text" | "payload" | "writtenAt"> }
  | { type: "put_on_wire"; clientMessageId: string }
  | { type: "rating_chosen"; answerSequence: number; isHelpful: boolean }
  | { type: "rating_on_wire"; answerSequence: number }
  | { type: "retried"; clientMessageId: string }
  | { type: "discarded"; clientMessageId: string }
  | { type: "line_changed"; line: Line }
  | { type: "conversation_replaced" };

export const emptyChat: ChatState = {
  line: "idle",
  botName: "",
  maxMessageChars: 2000,
  isTyping: false,
  utterances: [],
  pending: [],
  ratings: noRatings,
};

export function reduceChat(state: ChatState, action: ChatAction): ChatState {
  switch (action.type) {
    case "frame":
      return applyFrame(state, action.frame);
    case "written": {
      const message: PendingMessage = { ...action.message, status: "waiting", error: null };
      return { ...state, pending: [...state.pending, message] };
    }
    case "put_on_wire":
      return changePending(state, action.clientMessageId, { status: "sending", error: null });
    case "rating_chosen": {
      const ratings = chooseRating(state.ratings, action.answerSequence, action.isHelpful);
      return { ...state, ratings };
    }
    case "rating_on_wire":
      return { ...state, ratings: changeRating(state.ratings, action.answerSequence, "sending") };
    case "retried":
      return changePending(state, action.clientMessageId, { status: "waiting", error: null });
    case "discarded":
      return { ...state, pending: withoutPending(state.pending, action.clientMessageId) };
    case "line_changed":
      return changeLine(state, action.line);
    case "conversation_replaced":
      return {
        ...requeue(state, ["sending", "sent"]),
        utterances: [],
        isTyping: false,
        ratings: noRatings,
      };
  }
}

/** The highest sequence number seen: what to ask the server to go on from. */
export function lastSequence(state: ChatState): number {
  return state.utterances.at(-1)?.sequence ?? 0;
}

/** The message to put on the wire next; one at a time, so that the server gets them in the customer's order. */
export function nextToSend(state: ChatState): PendingMessage | null {
  if (state.pending.some((message) => message.status === "sending")) return null;
  return state.pending.find((message) => message.status === "waiting") ?? null;
}

/** The quick replies that may still be pressed: the bot's latest, until somebody else says something. */
export function activeButtons(state: ChatState): readonly WireButton[] {
  if (state.pending.some((message) => message.status !== "failed")) return [];
  const last = state.utterances.findLast(
    (utterance) =>
      utterance.buttons.length > 0 || utterance.kind === "customer" || utterance.kind === "agent",
  );
  return last?.kind === "bot" ? last.buttons : [];
}

/** What the widget shows of an answer's rating. */
export interface RatingView {
  isHelpful: boolean | null;
  hasFailed: boolean;
  /** The answer did not help, and nothing has been done about it since. */
  offersHelp: boolean;
}

export function viewRating(state: ChatState, answerSequence: number): RatingView {
  const shown = shownRating(state.ratings, answerSequence);
  const hasFailed = state.ratings.pending.some(
    (one) => one.answerSequence === answerSequence && one.status === "failed",
  );
  const offersHelp =
    shown?.isHelpful === false &&
    lastRated(state.ratings) === answerSequence &&
    !isPersonComing(state) &&
    !hasSpokenAfter(state, shown.sequence);
  return { isHelpful: shown?.isHelpful ?? null, hasFailed, offersHelp };
}

function isPersonComing(state: ChatState): boolean {
  const last = state.utterances.findLast((utterance) => utterance.kind === "notice");
  return last?.notice === "handoff_requested" || last?.notice === "agent_joined";
}

function hasSpokenAfter(state: ChatState, sequence: number): boolean {
  return (
    state.pending.some((message) => message.status !== "failed") ||
    state.utterances.some((utterance) => utterance.kind === "customer" && utterance.sequence > sequence)
  );
}

function applyFrame(state: ChatState, frame: CustomerServerFrame): ChatState {
  switch (frame.type) {
    case "welcome":
      return { ...state, line: "online", botName: frame.bot_name, maxMessageChars: frame.max_message_chars };
    case "utterance":
      return addUtterance(state, frame);
    case "ack":
      return changePending(state, frame.client_message_id, { status: "sent", error: null });
    case "typing":
      return { ...state, isTyping: frame.is_typing };
    case "rated":
      return { ...state, ratings: takeRated(state.ratings, frame) };
    case "error":
      return applyError(state, frame);
    case "pong":
      return state;
  }
}

function addUtterance(state: ChatState, utterance: WireUtterance): ChatState {
  const { utterances } = state;
  const pending = withoutPending(state.pending, utterance.client_message_id);
  const isTyping = utterance.kind === "bot" || utterance.kind === "agent" ? false : state.isTyping;
  const place = utterances.findLastIndex((known) => known.sequence <= utterance.sequence);
  if (utterances[place]?.sequence === utterance.sequence) return { ...state, pending };
  return { ...state, pending, isTyping, utterances: utterances.toSpliced(place + 1, 0, utterance) };
}

function applyError(state: ChatState, error: ErrorFrame): ChatState {
  const { code, message } = error;
  if (error.answer_sequence !== null) {
    const status = code === "rate_limited" ? "waiting" : "failed";
    return { ...state, ratings: changeRating(state.ratings, error.answer_sequence, status) };
  }
  const id =
    error.client_message_id ?? state.pending.find((one) => one.status === "sending")?.clientMessageId;
  if (id === undefined) return state;
  if (code === "rate_limited") return changePending(state, id, { status: "waiting", error: null });
  return changePending(state, id, { status: "failed", error: message });
}

function changeLine(state: ChatState, line: Line): ChatState {
  if (line === "online") return { ...state, line };
  return {
    ...requeue(state, ["sending"]),
    line,
    isTyping: false,
    ratings: requeueRatings(state.ratings),
  };
}

/** What was under way is to be sent again, with the same id: the server knows it if it got through. */
function requeue(state: ChatState, statuses: readonly PendingStatus[]): ChatState {
  const pending = state.pending.map(
    (message): PendingMessage =>
      statuses.includes(message.status) ? { ...message, status: "waiting" } : message,
  );
  return { ...state, pending };
}

function changePending(
  state: ChatState,
  clientMessageId: string,
  change: Partial<PendingMessage>,
): ChatState {
  const pending = state.pending.map((message) =>
    message.clientMessageId === clientMessageId ? { ...message, ...change } : message,
  );
  return { ...state, pending };
}

function withoutPending(
  pending: readonly PendingMessage[],
  clientMessageId: string | null,
): PendingMessage[] {
  return pending.filter((message) => message.clientMessageId !== clientMessageId);
}

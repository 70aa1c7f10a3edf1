// Which conversation this browser has, and what it has not delivered yet: kept over page loads in localStorage.

import type { PendingMessage } from "./chat";
import type { PendingRating } from "./ratings";

export interface VisitorSession {
  conversationId: string;
  token: string;
}

export interface SessionKeeper {
  load(): VisitorSession | null;
  save(session: VisitorSession): void;
  forget(): void;
  loadOutbox(): PendingMessage[];
  saveOutbox(messages: readonly PendingMessage[]): void;
  /** Ratings that are not delivered; they belong to the session and are forgotten with it. */
  loadRatings(): PendingRating[];
  saveRatings(ratings: readonly PendingRating[]): void;
  /** The highest sequence number that the customer has had before their eyes. */
  loadRead(): number;
  saveRead(sequence: number): void;
}

/** Keep the session under a name of its own per server; without storage (private windows) keep nothing. */
export function keepIn(storage: Storage | null, server: string): SessionKeeper {
  const sessionKey = `spandesk:session:${server}`;
  const outboxKey = `spandesk:outbox:${server}`;
  const ratingsKey = `spandesk:ratings:${server}`;
  const readKey = `spandesk:read:${server}`;
  const read = (key: string): unknown => {
    try {
      return JSON.parse(storage?.getItem(key) ?? "null");
    } catch {
      return null;
    }
  };
  const write = (key: string, value: unknown): void => {
    try {
      storage?.setItem(key, JSON.stringify(value));
    } catch {
      // Storage is full or forbidden: the chat works, it only does not survive a page load.
    }
  };
  return {
    load: () => asSession(read(sessionKey)),
    save: (session) => write(sessionKey, session),
    forget: () => {
      write(sessionKey, null);
      write(ratingsKey, []);
      write(readKey, null);
    },
    loadOutbox: () => asMessages(read(outboxKey)),
    saveOutbox: (messages) => write(outboxKey, messages),
    loadRatings: () => asRatings(read(ratingsKey)),
    saveRatings: (ratings) => write(ratingsKey, ratings),
    loadRead: () => Number(read(readKey)) || 0,
    saveRead: (sequence) => write(readKey, sequence),
  };
}

function asSession(value: unknown): VisitorSession | null {
  if (!isRecord(value)) return null;
  const { conversationId, token } = value;
  return typeof conversationId === "string" && typeof token === "string" ? { conversationId, token } : null;
}

function asMessages(value: unknown): PendingMessage[] {
  return Array.isArray(value) ? value.filter(isPendingMessage) : [];
}

function isPendingMessage(value: unknown): value is PendingMessage {
  return (
    isRecord(value) &&
    typeof value.clientMessageId === "string" &&
    typeof value.text === "string" &&
    typeof value.writtenAt === "number" &&
    typeof value.status === "string" &&
    (value.payload === null || typeof value.payload === "string")
  );
}

function asRatings(value: unknown): PendingRating[] {
  return Array.isArray(value) ? value.filter(isPendingRating) : [];
}

function isPendingRating(value: unknown): value is PendingRating {
  return (
    isRecord(value) &&
    typeof value.answerSequence === "number" &&
    typeof value.isHelpful === "boolean" &&
    typeof value.status === "string"
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

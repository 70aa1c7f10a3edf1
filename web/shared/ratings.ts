// What the customer said about answers: saved ratings, and those that the server does not have yet. Pure.
// Order-safe: of several saved ratings of an answer the one with the highest sequence counts, in whatever order they come.

import type { RatedFrame } from "./frames";

/** `waiting`: not on the wire · `sending`: on the wire · `failed`: refused. */
export interface PendingRating {
  answerSequence: number;
  isHelpful: boolean;
  status: "waiting" | "sending" | "failed";
}

export interface Ratings {
  /** By the sequence of the answer. */
  saved: Readonly<Record<number, { sequence: number; isHelpful: boolean }>>;
  /** At most one per answer, the newest last. */
  pending: readonly PendingRating[];
}

export const noRatings: Ratings = { saved: {}, pending: [] };

/** Note what the customer chose; choosing what is saved already changes nothing. */
export function chooseRating(ratings: Ratings, answerSequence: number, isHelpful: boolean): Ratings {
  const before = ratings.pending.find((one) => one.answerSequence === answerSequence);
  if (before === undefined && ratings.saved[answerSequence]?.isHelpful === isHelpful) return ratings;
  return {
    ...ratings,
    pending: [...without(ratings.pending, answerSequence), { answerSequence, isHelpful, status: "waiting" }],
  };
}

/** Take a saved rating in; it is the receipt of a pending one that says the same. */
export function takeRated(ratings: Ratings, frame: RatedFrame): Ratings {
  const { answer_sequence: answerSequence, is_helpful: isHelpful, sequence } = frame;
  const mine = ratings.pending.find((one) => one.answerSequence === answerSequence);
  const isReceipt = mine?.isHelpful === isHelpful;
  const pending = isReceipt ? without(ratings.pending, answerSequence) : ratings.pending;
  const known = ratings.saved[answerSequence];
  if (known !== undefined && known.sequence >= sequence) return { ...ratings, pending };
  return { pending, saved: { ...ratings.saved, [answerSequence]: { sequence, isHelpful } } };
}

export function changeRating(
  ratings: Ratings,
  answerSequence: number,
  status: PendingRating["status"],
): Ratings {
  const pending = ratings.pending.map((one) =>
    one.answerSequence === answerSequence ? { ...one, status } : one,
  );
  return { ...ratings, pending };
}

/** What was under way is to be sent again: the server takes it as the same rating if it got through. */
export function requeueRatings(ratings: Ratings): Ratings {
  if (!ratings.pending.some((one) => one.status === "sending")) return ratings;
  const pending = ratings.pending.map(
    (one): PendingRating => (one.status === "sending" ? { ...one, status: "waiting" } : one),
  );
  return { ...ratings, pending };
}

/** How an answer is rated, as the customer sees it; `sequence` says when, infinite while it is not saved. */
export function shownRating(
  ratings: Ratings,
  answerSequence: number,
): { isHelpful: boolean; sequence: number } | null {
  const pending = ratings.pending.find((one) => one.answerSequence === answerSequence);
  if (pending !== undefined && pending.status !== "failed") {
    return { isHelpful: pending.isHelpful, sequence: Number.POSITIVE_INFINITY };
  }
  return ratings.saved[answerSequence] ?? null;
}

/** The answer that was rated last, or null. */
export function lastRated(ratings: Ratings): number | null {
  const pending = ratings.pending.findLast((one) => one.status !== "failed");
  if (pending !== undefined) return pending.answerSequence;
  const saved = Object.entries(ratings.saved).sort(([, a], [, b]) => a.sequence - b.sequence);
  const last = saved.at(-1);
  return last === undefined ? null : Number(last[0]);
}

function without(pending: readonly PendingRating[], answerSequence: number): PendingRating[] {
  return pending.filter((one) => one.answerSequence !== answerSequence);
}

import { expect, test } from "vitest";
import type { RatedFrame } from "./frames";
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

const rated = (sequence: number, is_helpful: boolean, answer_sequence = 5): RatedFrame => ({
  type: "rated",
  conversation_id: "c1",
  sequence,
  answer_sequence,
  is_helpful,
});
const shown = (ratings: Ratings, answer = 5) => shownRating(ratings, answer)?.isHelpful ?? null;

test("a choice is shown at once and waits for its receipt", () => {
  const chosen = chooseRating(noRatings, 5, true);
  const received = takeRated(chosen, rated(6, true));

  expect(shown(noRatings)).toBeNull();
  expect(shown(chosen)).toBe(true);
  expect(chosen.pending).toHaveLength(1);
  expect(received.pending).toEqual([]);
  expect(shown(received)).toBe(true);
});

test("the last of several ratings counts, in whatever order they come", () => {
  const frames = [rated(6, true), rated(9, false), rated(7, true)];

  expect(shown(frames.reduce(takeRated, noRatings))).toBe(false);
  expect(shown(frames.toReversed().reduce(takeRated, noRatings))).toBe(false);
});

test("another word replaces the first, also before it is saved", () => {
  const changed = chooseRating(chooseRating(noRatings, 5, true), 5, false);
  const afterFirstReceipt = takeRated(changed, rated(6, true));

  expect(changed.pending).toEqual([{ answerSequence: 5, isHelpful: false, status: "waiting" }]);
  expect(shown(afterFirstReceipt)).toBe(false);
  expect(shown(takeRated(afterFirstReceipt, rated(7, false)))).toBe(false);
});

test("choosing what is saved already changes nothing", () => {
  const saved = takeRated(noRatings, rated(6, true));

  expect(chooseRating(saved, 5, true)).toBe(saved);
});

test("going back to what is saved while another word is under way is sent", () => {
  const saved = takeRated(noRatings, rated(6, true));
  const back = chooseRating(chooseRating(saved, 5, false), 5, true);

  expect(back.pending).toEqual([{ answerSequence: 5, isHelpful: true, status: "waiting" }]);
});

test("a refused rating shows what is saved", () => {
  const saved = takeRated(noRatings, rated(6, true));
  const failed = changeRating(chooseRating(saved, 5, false), 5, "failed");

  expect(shown(failed)).toBe(true);
});

test("what was under way when the line broke waits again, what failed does not", () => {
  const sending = changeRating(chooseRating(noRatings, 5, true), 5, "sending");
  const failed = changeRating(chooseRating(sending, 8, true), 8, "failed");

  expect(requeueRatings(failed).pending.map((one) => one.status)).toEqual(["waiting", "failed"]);
});

test("answers are rated one by one", () => {
  const ratings = chooseRating(takeRated(noRatings, rated(6, true, 5)), 8, false);

  expect([shown(ratings, 5), shown(ratings, 8), shown(ratings, 9)]).toEqual([true, false, null]);
});

test("the answer rated last is known: not saved before saved, then by when it was saved", () => {
  const saved = [rated(12, true, 5), rated(11, false, 8)].reduce(takeRated, noRatings);

  expect(lastRated(noRatings)).toBeNull();
  expect(lastRated(saved)).toBe(5);
  expect(lastRated(chooseRating(saved, 8, true))).toBe(8);
});

import { expect, test } from "vitest";
import {
  activeButtons,
  type ChatAction,
  type ChatState,
  emptyChat,
  lastSequence,
  nextToSend,
  reduceChat,
  viewRating,
} from "./chat";
import { utterance } from "./fakes";
import type { ErrorFrame } from "./frames";

const fold = (...actions: ChatAction[]): ChatState => actions.reduce(reduceChat, emptyChat);
const frame = (value: Extract<ChatAction, { type: "frame" }>["frame"]): ChatAction => ({
  type: "frame",
  frame: value,
});
const written = (clientMessageId: string): ChatAction => ({
  type: "written",
  message: { clientMessageId, text: `hello ${clientMessageId}`, payload: null, writtenAt: 1 },
});
const error = (parts: Partial<ErrorFrame>): ChatAction =>
  frame({
    type: "error",
    code: "internal",
    message: "broke",
    client_message_id: null,
    answer_sequence: null,
    retry_after_ms: null,
    ...parts,
  });
const ack = (client_message_id: string): ChatAction =>
  frame({ type: "ack", client_message_id, sequence: 3, last_sequence: 9, duplicate: false });

test("utterances stand by sequence in whatever order they come", () => {
  const state = fold(frame(utterance(9)), frame(utterance(2)), frame(utterance(5)));

  expect(state.utterances.map((one) => one.sequence)).toEqual([2, 5, 9]);
  expect(lastSequence(state)).toBe(9);
});

test("an utterance that comes twice is shown once", () => {
  const state = fold(frame(utterance(2)), frame(utterance(5)), frame(utterance(2)), frame(utterance(5)));

  expect(state.utterances.map((one) => one.sequence)).toEqual([2, 5]);
});

test("a written message waits, and gives way to its utterance", () => {
  const before = fold(written("m1"));
  const after = reduceChat(before, frame(utterance(3, { kind: "customer", client_message_id: "m1" })));

  expect(before.pending).toMatchObject([{ clientMessageId: "m1", status: "waiting" }]);
  expect(after.pending).toEqual([]);
  expect(after.utterances).toHaveLength(1);
});

test("an utterance known already still takes its pending message away", () => {
  const own = utterance(3, { kind: "customer", client_message_id: "m1" });

  const state = fold(frame(own), written("m1"), frame(own));

  expect(state.pending).toEqual([]);
});

test("an ack says that the message is saved", () => {
  const state = fold(written("m1"), { type: "put_on_wire", clientMessageId: "m1" }, ack("m1"));

  expect(state.pending[0]?.status).toBe("sent");
});

test("one message is on the wire at a time, in the customer's order", () => {
  const waiting = fold(written("m1"), written("m2"));
  const sending = reduceChat(waiting, { type: "put_on_wire", clientMessageId: "m1" });
  const acked = reduceChat(sending, ack("m1"));

  expect(nextToSend(waiting)?.clientMessageId).toBe("m1");
  expect(nextToSend(sending)).toBeNull();
  expect(nextToSend(acked)?.clientMessageId).toBe("m2");
});

test("what was on the wire when the line broke waits again", () => {
  const state = fold(
    written("m1"),
    { type: "put_on_wire", clientMessageId: "m1" },
    { type: "line_changed", line: "reconnecting" },
  );

  expect(nextToSend(state)?.clientMessageId).toBe("m1");
});

test("a saved message is not sent again after the line broke", () => {
  const state = fold(written("m1"), ack("m1"), { type: "line_changed", line: "reconnecting" });

  expect(nextToSend(state)).toBeNull();
});

test("a refused message has failed with the reason, and can be retried", () => {
  const failed = fold(
    written("m1"),
    error({ client_message_id: "m1", code: "message_too_long", message: "too long" }),
  );
  const retried = reduceChat(failed, { type: "retried", clientMessageId: "m1" });

  expect(failed.pending).toMatchObject([{ status: "failed", error: "too long" }]);
  expect(nextToSend(failed)).toBeNull();
  expect(retried.pending).toMatchObject([{ status: "waiting", error: null }]);
});

test("an error without an id is about the message on the wire", () => {
  const state = fold(written("m1"), { type: "put_on_wire", clientMessageId: "m1" }, error({}));

  expect(state.pending[0]?.status).toBe("failed");
});

test("a rate-limited message waits", () => {
  const state = fold(
    written("m1"),
    { type: "put_on_wire", clientMessageId: "m1" },
    error({ code: "rate_limited", client_message_id: "m1" }),
  );

  expect(state.pending[0]?.status).toBe("waiting");
});

test("a replaced conversation is empty and gets what was not delivered", () => {
  const state = fold(
    frame(utterance(2)),
    written("m1"),
    { type: "put_on_wire", clientMessageId: "m1" },
    { type: "conversation_replaced" },
  );

  expect(state.utterances).toEqual([]);
  expect(nextToSend(state)?.clientMessageId).toBe("m1");
});

test("an answer ends the typing indicator", () => {
  const typing = fold(frame({ type: "typing", is_typing: true }));

  expect(typing.isTyping).toBe(true);
  expect(reduceChat(typing, frame(utterance(4))).isTyping).toBe(false);
});

test("only the latest utterance's buttons are active, until the customer says something", () => {
  const buttons = [{ title: "Yes", payload: "/affirm" }];
  const asked = fold(
    frame(utterance(2, { buttons: [{ title: "Old", payload: "/old" }] })),
    frame(utterance(4, { buttons })),
  );

  expect(activeButtons(asked)).toEqual(buttons);
  expect(activeButtons(reduceChat(asked, written("m1")))).toEqual([]);
  expect(activeButtons(reduceChat(asked, frame(utterance(6, { kind: "customer" }))))).toEqual([]);
});

test("buttons stay active when the bot goes on talking, not when an agent does", () => {
  const buttons = [{ title: "Yes", payload: "/affirm" }];
  const asked = fold(frame(utterance(2, { buttons })), frame(utterance(4)));

  expect(activeButtons(asked)).toEqual(buttons);
  expect(activeButtons(reduceChat(asked, frame(utterance(6, { kind: "agent" }))))).toEqual([]);
});

const chosen = (isHelpful: boolean, answerSequence = 5): ChatAction => ({
  type: "rating_chosen",
  answerSequence,
  isHelpful,
});
const rated = (sequence: number, is_helpful: boolean, answer_sequence = 5): ChatAction =>
  frame({ type: "rated", conversation_id: "c1", sequence, answer_sequence, is_helpful });

test("an answer is not rated at first", () => {
  expect(viewRating(emptyChat, 5)).toEqual({ isHelpful: null, hasFailed: false, offersHelp: false });
});

test("a refused rating says so, and leaves the message on the wire alone", () => {
  const state = fold(
    written("m1"),
    { type: "put_on_wire", clientMessageId: "m1" },
    chosen(true),
    error({ answer_sequence: 5, code: "invalid_input" }),
  );

  expect(viewRating(state, 5)).toEqual({ isHelpful: null, hasFailed: true, offersHelp: false });
  expect(state.pending[0]?.status).toBe("sending");
});

test("a rate-limited rating waits", () => {
  const sending: ChatAction = { type: "rating_on_wire", answerSequence: 5 };

  const state = fold(chosen(true), sending, error({ answer_sequence: 5, code: "rate_limited" }));

  expect(state.ratings.pending[0]?.status).toBe("waiting");
  expect(viewRating(state, 5)).toMatchObject({ isHelpful: true, hasFailed: false });
});

test("an answer that did not help offers something else until the customer goes on", () => {
  const notHelped = fold(frame(utterance(5)), chosen(false));
  const saved = reduceChat(notHelped, rated(6, false));

  expect(viewRating(notHelped, 5).offersHelp).toBe(true);
  expect(viewRating(saved, 5).offersHelp).toBe(true);
  expect(viewRating(reduceChat(saved, written("m1")), 5).offersHelp).toBe(false);
  expect(viewRating(reduceChat(saved, frame(utterance(7, { kind: "customer" }))), 5).offersHelp).toBe(false);
});

test("only the answer rated last offers something else, and none that helped", () => {
  const state = fold(frame(utterance(5)), frame(utterance(8)), rated(9, false, 5), rated(10, false, 8));

  expect(viewRating(state, 5).offersHelp).toBe(false);
  expect(viewRating(state, 8).offersHelp).toBe(true);
  expect(viewRating(reduceChat(state, rated(11, true, 8)), 8).offersHelp).toBe(false);
});

test("with a person on the way nothing else is offered", () => {
  const asked = fold(
    frame(utterance(5)),
    frame(utterance(6, { kind: "notice", notice: "handoff_requested" })),
  );

  expect(viewRating(reduceChat(asked, chosen(false)), 5).offersHelp).toBe(false);
});

test("ratings go with a replaced conversation", () => {
  const state = fold(rated(6, true), chosen(false, 8), { type: "conversation_replaced" });

  expect(viewRating(state, 5).isHelpful).toBeNull();
  expect(state.ratings.pending).toEqual([]);
});

test("a rating does not move the place from which the server goes on", () => {
  expect(lastSequence(fold(frame(utterance(5)), rated(9, true)))).toBe(5);
});

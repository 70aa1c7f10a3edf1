import { expect, test } from "vitest";
import type { PendingMessage } from "./chat";
import { ChatClient } from "./chat-client";
import { FakeSocket, FakeTimers, utterance } from "./fakes";
import type { PendingRating } from "./ratings";
import type { SessionKeeper, VisitorSession } from "./visitor-session";

class FakeKeeper implements SessionKeeper {
  session: VisitorSession | null = { conversationId: "c1", token: "t1" };
  outbox: readonly PendingMessage[] = [];
  load = () => this.session;
  save = (session: VisitorSession) => {
    this.session = session;
  };
  forget = () => {
    this.session = null;
  };
  ratings: readonly PendingRating[] = [];
  loadRatings = () => [...this.ratings];
  saveRatings = (ratings: readonly PendingRating[]) => {
    this.ratings = ratings;
  };
  loadRead = () => 0;
  saveRead = () => undefined;
  loadOutbox = () => [...this.outbox];
  saveOutbox = (messages: readonly PendingMessage[]) => {
    this.outbox = messages;
  };
}

function makeClient(keeper = new FakeKeeper(), createVisitor?: () => Promise<VisitorSession>) {
  const sockets: FakeSocket[] = [];
  const timers = new FakeTimers();
  let ids = 0;
  const deps = {
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    timers,
    random: () => 0,
    newId: () => `m${++ids}`,
    keeper,
    createVisitor: createVisitor ?? (async () => ({ conversationId: "c2", token: "t2" })),
  };
  const client = new ChatClient("ws://shop.test/api/v1/chat", deps, () => undefined);
  const last = () => sockets.at(-1) ?? new FakeSocket();
  const welcome = () => {
    last().open();
    last().deliver({
      type: "welcome",
      conversation_id: "c1",
      bot_name: "Fern",
      last_sequence: 0,
      max_message_chars: 500,
    });
  };
  return { client, sockets, timers, keeper, last, welcome };
}

const messagesOn = (socket: FakeSocket | undefined) =>
  (socket?.sent ?? []).filter((frame) => frame.type === "message");

test("the first frame is hello with what has been seen", () => {
  const { client, sockets, timers, last, welcome } = makeClient();
  client.start();
  welcome();
  last().deliver(utterance(7));
  last().close(1006);
  timers.advance(1000);
  last().open();

  expect(sockets[0]?.sent[0]).toEqual({
    type: "hello",
    conversation_id: "c1",
    token: "t1",
    after_sequence: 0,
  });
  expect(sockets[1]?.sent[0]).toMatchObject({ type: "hello", after_sequence: 7 });
});

test("a message written while offline is sent after the welcome", () => {
  const { client, last, welcome } = makeClient();

  client.send("hello");
  expect(messagesOn(last())).toEqual([]);
  welcome();

  expect(messagesOn(last())).toEqual([
    { type: "message", client_message_id: "m1", text: "hello", payload: null },
  ]);
});

test("a message without ack is sent again with the same id after a reconnect", () => {
  const { client, sockets, timers, last, welcome } = makeClient();
  client.start();
  welcome();
  client.send("hello");
  last().close(1006);
  timers.advance(1000);
  welcome();

  expect(messagesOn(sockets[0])).toEqual(messagesOn(sockets[1]));
  expect(messagesOn(sockets[1])).toHaveLength(1);
});

test("the second message waits for the first one's ack", () => {
  const { client, last, welcome } = makeClient();
  client.start();
  welcome();
  client.send("one");
  client.send("two");
  expect(messagesOn(last())).toHaveLength(1);

  last().deliver({ type: "ack", client_message_id: "m1", sequence: 2, last_sequence: 4, duplicate: false });

  expect(messagesOn(last()).map((frame) => frame.text)).toEqual(["one", "two"]);
});

test("a rate-limited message is sent again when the server said", () => {
  const { client, timers, last, welcome } = makeClient();
  client.start();
  welcome();
  client.send("one");
  last().deliver({
    type: "error",
    code: "rate_limited",
    message: "",
    client_message_id: "m1",
    answer_sequence: null,
    retry_after_ms: 3000,
  });
  timers.advance(2999);
  expect(messagesOn(last())).toHaveLength(1);

  timers.advance(1);

  expect(messagesOn(last()).map((frame) => frame.client_message_id)).toEqual(["m1", "m1"]);
});

test("attempts to reconnect come further and further apart", () => {
  const { client, sockets, timers, last } = makeClient();
  client.start();
  last().close(1006);
  timers.advance(250);
  last().close(1006);
  timers.advance(499);
  expect(sockets).toHaveLength(2);

  timers.advance(1);

  expect(sockets).toHaveLength(3);
  expect(client.state.line).toBe("reconnecting");
});

test("a line that answers no ping is given up and opened anew", () => {
  const { client, sockets, timers, last, welcome } = makeClient();
  client.start();
  welcome();
  timers.advance(20_000);
  expect(last().sent.at(-1)).toEqual({ type: "ping" });

  timers.advance(10_250);

  expect(sockets).toHaveLength(2);
});

test("an answered ping keeps the line", () => {
  const { client, sockets, timers, last, welcome } = makeClient();
  client.start();
  welcome();
  timers.advance(20_000);
  last().deliver({ type: "pong" });
  timers.advance(15_000);

  expect(sockets).toHaveLength(1);
});

const REJECTION = {
  type: "error",
  code: "not_authenticated",
  message: "",
  client_message_id: null,
  answer_sequence: null,
  retry_after_ms: null,
};

test("a conversation that is refused twice is replaced by a new one, which gets the waiting message", async () => {
  const { client, sockets, timers, keeper, last, welcome } = makeClient();
  client.send("hello");
  last().open();
  last().deliver(REJECTION);
  timers.advance(1000);
  last().open();
  last().deliver(REJECTION);
  timers.advance(2000);
  await Promise.resolve();
  welcome();

  expect(keeper.session).toEqual({ conversationId: "c2", token: "t2" });
  expect(sockets[2]?.sent[0]).toMatchObject({ conversation_id: "c2", token: "t2", after_sequence: 0 });
  expect(messagesOn(sockets[2])).toHaveLength(1);
});

test("a conversation that is refused once is tried again", () => {
  const { client, sockets, timers, keeper, last } = makeClient();
  client.start();
  last().open();
  last().deliver(REJECTION);
  timers.advance(1000);
  last().open();

  expect(keeper.session).toEqual({ conversationId: "c1", token: "t1" });
  expect(sockets[1]?.sent[0]).toMatchObject({ conversation_id: "c1" });
});

test("a conversation that could not be created is tried again", async () => {
  const keeper = new FakeKeeper();
  keeper.session = null;
  let attempts = 0;
  const { client, sockets, timers } = makeClient(keeper, async () => {
    attempts += 1;
    if (attempts === 1) throw new Error("unreachable");
    return { conversationId: "c9", token: "t9" };
  });
  client.start();
  await new Promise(process.nextTick);
  expect(client.state.line).toBe("reconnecting");

  timers.advance(1000);
  await new Promise(process.nextTick);

  expect(attempts).toBe(2);
  expect(sockets).toHaveLength(1);
});

test("what was not delivered survives a page load", () => {
  const first = makeClient();
  first.client.send("hello");

  const second = makeClient(first.keeper);
  second.client.start();
  second.welcome();

  expect(messagesOn(second.last())).toMatchObject([{ client_message_id: "m1", text: "hello" }]);
});

test("what is no frame is ignored", () => {
  const { client, last, welcome } = makeClient();
  client.start();
  welcome();
  last().deliverText("not json");
  last().deliverText("[1]");

  expect(client.state.line).toBe("online");
});

const ratingsOn = (socket: FakeSocket | undefined) =>
  (socket?.sent ?? []).filter((frame) => frame.type === "rating");
const YES = { type: "rating", answer_sequence: 5, is_helpful: true };
const NO = { type: "rating", answer_sequence: 5, is_helpful: false };
const rated = (sequence: number, is_helpful: boolean) => ({
  type: "rated",
  conversation_id: "c1",
  sequence,
  answer_sequence: 5,
  is_helpful,
});

test("a rating is sent once, beside messages that wait for their ack", () => {
  const { client, last, welcome } = makeClient();
  client.start();
  welcome();
  client.send("hello");
  client.rate(5, true);
  last().deliver(utterance(7));

  expect(ratingsOn(last())).toEqual([YES]);
});

test("of ratings chosen while offline the last is sent after the welcome", () => {
  const { client, last, welcome } = makeClient();
  client.rate(5, true);
  client.rate(5, false);
  expect(ratingsOn(last())).toEqual([]);

  welcome();

  expect(ratingsOn(last())).toEqual([NO]);
});

test("a rating without receipt is sent again after a reconnect, one with it is not", () => {
  const { client, sockets, timers, last, welcome } = makeClient();
  client.start();
  welcome();
  client.rate(5, true);
  last().close(1006);
  timers.advance(1000);
  welcome();
  last().deliver(rated(6, true));
  last().close(1006);
  timers.advance(1000);
  welcome();

  expect(sockets.map(ratingsOn)).toEqual([[YES], [YES], []]);
});

test("a rating that was not delivered survives a page load", () => {
  const first = makeClient();
  first.client.rate(5, false);

  const second = makeClient(first.keeper);
  second.client.start();
  second.welcome();
  expect(ratingsOn(second.last())).toEqual([NO]);
  second.last().deliver(rated(6, false));

  expect(first.keeper.ratings).toEqual([]);
});

test("a rate-limited rating is sent again when the server said", () => {
  const { client, timers, last, welcome } = makeClient();
  client.start();
  welcome();
  client.rate(5, true);
  last().deliver({
    type: "error",
    code: "rate_limited",
    message: "",
    client_message_id: null,
    answer_sequence: 5,
    retry_after_ms: 3000,
  });
  timers.advance(2999);
  expect(ratingsOn(last())).toHaveLength(1);

  timers.advance(1);

  expect(ratingsOn(last())).toEqual([YES, YES]);
});

test("a refused rating is not sent again, not even after a page load", () => {
  const { client, keeper, last, welcome } = makeClient();
  client.start();
  welcome();
  client.rate(5, true);
  last().deliver({
    type: "error",
    code: "not_found",
    message: "",
    client_message_id: null,
    answer_sequence: 5,
    retry_after_ms: null,
  });
  const again = makeClient(keeper);
  again.client.start();
  again.welcome();

  expect(ratingsOn(last())).toHaveLength(1);
  expect(ratingsOn(again.last())).toEqual([]);
});

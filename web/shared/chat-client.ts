// A customer's side of a chat: session, socket and outbox around the reducer of chat.ts.
// Messages and ratings are kept until the server has them, and sent again the same after every interruption.

import { reconnectDelayMs } from "./backoff";
import { type ChatAction, type ChatState, emptyChat, lastSequence, nextToSend, reduceChat } from "./chat";
import { Connection, type ConnectionDeps } from "./connection";
import type { CustomerServerFrame, ErrorFrame, HelloFrame, MessageFrame, RatingFrame } from "./frames";
import type { PendingRating } from "./ratings";
import type { SessionKeeper, VisitorSession } from "./visitor-session";

export interface ChatClientDeps extends ConnectionDeps {
  /** Ask the server for a new conversation. */
  createVisitor(): Promise<VisitorSession>;
  newId(): string;
  keeper: SessionKeeper;
}

const DEFAULT_RETRY_AFTER_MS = 1_000;
// A hello that came too late is refused like one with a wrong token; only twice in a row means "unknown".
const MAX_REJECTIONS = 2;

export class ChatClient {
  #state: ChatState;
  #session: VisitorSession | null;
  #failures = 0;
  #rejections = 0;
  #isCreating = false;
  #isHeld = false;
  readonly #connection: Connection;
  readonly #deps: ChatClientDeps;
  readonly #listener: (state: ChatState) => void;

  constructor(socketUrl: string, deps: ChatClientDeps, listener: (state: ChatState) => void) {
    this.#deps = deps;
    this.#listener = listener;
    this.#session = deps.keeper.load();
    this.#state = restoreOutbox(deps.keeper);
    this.#connection = new Connection(
      socketUrl,
      {
        opened: () => this.#greet(),
        received: (frame) => this.#receive(frame as CustomerServerFrame),
        closed: () => this.#noteClosed(),
      },
      deps,
    );
  }

  get state(): ChatState {
    return this.#state;
  }

  /** Whether this browser already has a conversation to go on with. */
  get hasSession(): boolean {
    return this.#session !== null;
  }

  /** Connect, with a new conversation if there is none; while connected or on the way, nothing happens. */
  start(): void {
    if (this.#isCreating) return;
    if (this.#state.line === "idle") this.#apply({ type: "line_changed", line: "connecting" });
    if (this.#session === null) this.#createSession();
    else this.#connection.connect();
  }

  stop(): void {
    this.#connection.stop();
    this.#apply({ type: "line_changed", line: "idle" });
  }

  /** Say something; it is shown at once and delivered as soon as possible. */
  send(text: string, payload: string | null = null): void {
    const clientMessageId = this.#deps.newId();
    const writtenAt = this.#deps.timers.now();
    this.#apply({ type: "written", message: { clientMessageId, text, payload, writtenAt } });
    this.start();
    this.#pump();
  }

  /** Say whether an answer was helpful; it is shown at once and delivered as soon as possible. */
  rate(answerSequence: number, isHelpful: boolean): void {
    this.#apply({ type: "rating_chosen", answerSequence, isHelpful });
    this.start();
    this.#pump();
  }

  retry(clientMessageId: string): void {
    this.#apply({ type: "retried", clientMessageId });
    this.#pump();
  }

  discard(clientMessageId: string): void {
    this.#apply({ type: "discarded", clientMessageId });
  }

  #createSession(): void {
    this.#isCreating = true;
    this.#deps.createVisitor().then(
      (session) => {
        this.#isCreating = false;
        this.#session = session;
        this.#deps.keeper.save(session);
        this.#connection.connect();
      },
      () => {
        this.#isCreating = false;
        this.#apply({ type: "line_changed", line: "reconnecting" });
        this.#startLater();
      },
    );
  }

  #startLater(): void {
    const delayMs = reconnectDelayMs(this.#failures, this.#deps.random());
    this.#failures += 1;
    this.#deps.timers.after(delayMs, () => this.start());
  }

  #greet(): void {
    if (this.#session === null) return;
    const hello: HelloFrame = {
      type: "hello",
      conversation_id: this.#session.conversationId,
      token: this.#session.token,
      after_sequence: lastSequence(this.#state),
    };
    this.#connection.send(hello);
  }

  #receive(frame: CustomerServerFrame): void {
    if (frame.type === "error" && frame.code === "not_authenticated") {
      this.#noteRejection();
      return;
    }
    this.#apply({ type: "frame", frame });
    if (frame.type === "welcome") {
      this.#failures = 0;
      this.#rejections = 0;
      this.#connection.settle();
    }
    if (frame.type === "error" && frame.code === "rate_limited") this.#hold(frame);
    this.#pump();
  }

  /** The server does not know our conversation: begin a new one; what is not delivered goes there. */
  #noteRejection(): void {
    this.#rejections += 1;
    this.#connection.stop();
    if (this.#rejections >= MAX_REJECTIONS) {
      this.#session = null;
      this.#deps.keeper.forget();
      this.#apply({ type: "conversation_replaced" });
    }
    this.#apply({ type: "line_changed", line: "reconnecting" });
    this.#startLater();
  }

  #noteClosed(): boolean {
    this.#apply({ type: "line_changed", line: "reconnecting" });
    return true;
  }

  #hold(frame: ErrorFrame): void {
    this.#isHeld = true;
    this.#deps.timers.after(frame.retry_after_ms ?? DEFAULT_RETRY_AFTER_MS, () => {
      this.#isHeld = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#state.line !== "online" || this.#isHeld) return;
    for (const rating of this.#state.ratings.pending) {
      if (rating.status === "waiting") this.#sendRating(rating);
    }
    const message = nextToSend(this.#state);
    if (message === null) return;
    const { clientMessageId, text, payload } = message;
    const frame: MessageFrame = { type: "message", client_message_id: clientMessageId, text, payload };
    if (this.#connection.send(frame)) this.#apply({ type: "put_on_wire", clientMessageId });
  }

  #sendRating({ answerSequence, isHelpful }: PendingRating): void {
    const frame: RatingFrame = { type: "rating", answer_sequence: answerSequence, is_helpful: isHelpful };
    if (this.#connection.send(frame)) this.#apply({ type: "rating_on_wire", answerSequence });
  }

  #apply(action: ChatAction): void {
    const { pending, ratings } = this.#state;
    this.#state = reduceChat(this.#state, action);
    if (this.#state.pending !== pending) this.#deps.keeper.saveOutbox(this.#state.pending);
    if (this.#state.ratings.pending !== ratings.pending) {
      this.#deps.keeper.saveRatings(this.#state.ratings.pending);
    }
    this.#listener(this.#state);
  }
}

function restoreOutbox(keeper: SessionKeeper): ChatState {
  const pending = keeper
    .loadOutbox()
    .map((message) => (message.status === "failed" ? message : { ...message, status: "waiting" as const }));
  const ratings = keeper
    .loadRatings()
    .filter((rating) => rating.status !== "failed")
    .map((rating) => ({ ...rating, status: "waiting" as const }));
  return { ...emptyChat, pending, ratings: { saved: {}, pending: ratings } };
}

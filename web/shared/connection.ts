// One WebSocket that comes back: reconnects with back-off and jitter, notices a dead line by ping, parses JSON.
// Knows nothing of what the frames mean.

import { reconnectDelayMs } from "./backoff";
import type { Timers } from "./timers";

const PING_EVERY_MS = 20_000;
const PONG_WITHIN_MS = 10_000;

/** The part of a browser's WebSocket that we use. */
export interface Socket {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
}

export interface ConnectionDeps {
  openSocket(url: string): Socket;
  timers: Timers;
  random(): number;
}

export interface ConnectionListener {
  opened(): void;
  received(frame: { type: string }): void;
  /** The line is down. Give false to stay down, true to try again. */
  closed(code: number): boolean;
}

const OPEN = 1;

export class Connection {
  #socket: Socket | null = null;
  #attempt = 0;
  #cancelRetry: (() => void) | null = null;
  #cancelPing: (() => void) | null = null;
  readonly #url: string;
  readonly #listener: ConnectionListener;
  readonly #deps: ConnectionDeps;

  constructor(url: string, listener: ConnectionListener, deps: ConnectionDeps) {
    this.#url = url;
    this.#listener = listener;
    this.#deps = deps;
  }

  /** Connect now, also in the middle of a pause between attempts; an open line stays as it is. */
  connect(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (this.#socket !== null) return;
    const socket = this.#deps.openSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#listener.opened();
      this.#schedulePing();
    };
    socket.onmessage = (event: { data: unknown }) => this.#receive(socket, event.data);
    socket.onclose = (event: { code: number }) => this.#handleClose(socket, event.code);
  }

  /** Send a frame; false when the line is not open. */
  send(frame: object): boolean {
    if (this.#socket?.readyState !== OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** The line works and the other side accepted us: the next pause is short again. */
  settle(): void {
    this.#attempt = 0;
  }

  /** Close and stay closed until `connect`. */
  stop(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    const socket = this.#socket;
    this.#drop();
    socket?.close(1000);
  }

  #receive(socket: Socket, data: unknown): void {
    if (socket !== this.#socket) return;
    this.#schedulePing();
    const frame = parseFrame(data);
    if (frame !== null) this.#listener.received(frame);
  }

  #handleClose(socket: Socket, code: number): void {
    if (socket !== this.#socket) return;
    this.#drop();
    if (!this.#listener.closed(code)) return;
    const delayMs = reconnectDelayMs(this.#attempt, this.#deps.random());
    this.#attempt += 1;
    this.#cancelRetry = this.#deps.timers.after(delayMs, () => this.connect());
  }

  #schedulePing(): void {
    this.#cancelPing?.();
    this.#cancelPing = this.#deps.timers.after(PING_EVERY_MS, () => {
      this.send({ type: "ping" });
      this.#cancelPing = this.#deps.timers.after(PONG_WITHIN_MS, () => this.#giveUp());
    });
  }

  /** Nothing came back: a dead line may take minutes to report its end, so we do it. */
  #giveUp(): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#handleClose(socket, 1006);
    socket.close();
  }

  #drop(): void {
    this.#cancelPing?.();
    this.#cancelPing = null;
    this.#socket = null;
  }
}

function parseFrame(data: unknown): { type: string } | null {
  if (typeof data !== "string") return null;
  try {
    const frame: unknown = JSON.parse(data);
    return isFrame(frame) ? frame : null;
  } catch {
    return null;
  }
}

function isFrame(value: unknown): value is { type: string } {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

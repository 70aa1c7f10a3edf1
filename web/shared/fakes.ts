// Hand-moved time, a hand-driven socket and frame factories for the tests.

import type { Socket } from "./connection";
import type { WireUtterance } from "./frames";
import type { Timers } from "./timers";

export class FakeTimers implements Timers {
  #nowMs = 0;
  #jobs: { atMs: number; run: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const job = { atMs: this.#nowMs + delayMs, run };
    this.#jobs.push(job);
    return () => {
      this.#jobs = this.#jobs.filter((one) => one !== job);
    };
  }

  /** Move time on and run what falls due, in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const due = this.#jobs.filter((job) => job.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#jobs = this.#jobs.filter((job) => job !== due);
      this.#nowMs = due.atMs;
      due.run();
    }
    this.#nowMs = untilMs;
  }
}

export class FakeSocket implements Socket {
  readyState = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  readonly sent: Record<string, unknown>[] = [];

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }

  close(code = 1005): void {
    this.readyState = 3;
    this.onclose?.({ code } as never);
  }

  /** What the other side does. */
  open(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  deliver(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as never);
  }

  deliverText(data: string): void {
    this.onmessage?.({ data } as never);
  }
}

export function utterance(sequence: number, parts: Partial<WireUtterance> = {}): WireUtterance {
  return {
    type: "utterance",
    conversation_id: "c1",
    sequence,
    sent_at: "2026-03-01T10:00:00Z",
    kind: "bot",
    text: `text ${sequence}`,
    client_message_id: null,
    buttons: [],
    image: null,
    attachment: null,
    custom: {},
    faq: null,
    agent_name: null,
    notice: null,
    ...parts,
  };
}

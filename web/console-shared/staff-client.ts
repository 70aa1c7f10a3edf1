// The staff's live line: frames of the list, the followed conversation, jobs and models; follows again after a break.

import { Connection, type ConnectionDeps } from "../shared/connection";
import type { StaffServerFrame } from "../shared/frames";

export interface StaffListener {
  received(frame: StaffServerFrame): void;
  /** `true` when the line is up (again): what was missed has to be read anew. */
  lineChanged(isUp: boolean): void;
  loggedOut(): void;
}

const NOT_AUTHENTICATED = 4401;

export class StaffClient {
  #followed: string | null = null;
  readonly #connection: Connection;

  constructor(socketUrl: string, deps: ConnectionDeps, listener: StaffListener) {
    this.#connection = new Connection(
      socketUrl,
      {
        opened: () => {
          listener.lineChanged(true);
          this.#subscribe();
        },
        received: (frame) => {
          this.#connection.settle();
          listener.received(frame as StaffServerFrame);
        },
        closed: (code) => {
          listener.lineChanged(false);
          if (code === NOT_AUTHENTICATED) listener.loggedOut();
          return code !== NOT_AUTHENTICATED;
        },
      },
      deps,
    );
  }

  start(): void {
    this.#connection.connect();
  }

  stop(): void {
    this.#connection.stop();
  }

  /** Follow a conversation's transcript from now on (null: none). */
  follow(conversationId: string | null): void {
    this.#followed = conversationId;
    this.#subscribe();
  }

  #subscribe(): void {
    this.#connection.send({ type: "subscribe", conversation_id: this.#followed });
  }
}

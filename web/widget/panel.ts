// The chat window: header, reconnect banner, messages, composer.

import type { ChatState } from "../shared/chat";
import type { WireButton } from "../shared/frames";
import { Composer } from "./composer";
import { el, icon } from "./dom";
import { MessageLog } from "./log";
import { TEXTS } from "./texts";

export interface PanelActions {
  say(text: string): void;
  press(button: WireButton): void;
  rate(answerSequence: number, isHelpful: boolean): void;
  retry(clientMessageId: string): void;
  discard(clientMessageId: string): void;
  reconnect(): void;
  close(): void;
}

export class Panel {
  readonly element: HTMLElement;
  readonly #title = el("h2");
  readonly #status = el("p", { class: "status" });
  readonly #banner: HTMLElement;
  readonly #log: MessageLog;
  readonly #composer: Composer;

  constructor(actions: PanelActions) {
    this.#composer = new Composer(actions.say);
    this.#log = new MessageLog({ ...actions, askDifferently: () => this.#composer.focus() });
    const tryNow = el(
      "button",
      { attrs: { type: "button" }, on: { click: actions.reconnect } },
      TEXTS.tryNow,
    );
    this.#banner = el(
      "div",
      { class: "banner", attrs: { role: "status" } },
      el("span", {}, TEXTS.reconnecting),
      tryNow,
    );
    const close = el(
      "button",
      { class: "close", attrs: { type: "button", "aria-label": TEXTS.close }, on: { click: actions.close } },
      icon("close"),
    );
    const mark = el("div", { class: "mark" }, icon("leaf"));
    const header = el("header", {}, mark, el("div", { class: "who" }, this.#title, this.#status), close);
    this.element = el(
      "section",
      { class: "panel", attrs: { role: "dialog", "aria-modal": "false" } },
      header,
      this.#banner,
      this.#log.element,
      this.#composer.element,
    );
  }

  set title(title: string) {
    this.#title.textContent = title;
    this.element.setAttribute("aria-label", title);
  }

  update(state: ChatState): void {
    this.#banner.hidden = state.line !== "reconnecting";
    this.#status.textContent = statusOf(state);
    this.#composer.maxChars = state.maxMessageChars;
    this.#log.update(state);
  }

  /** The panel has become visible. */
  arrive(): void {
    this.#log.scrollToEnd();
    this.#composer.focus();
  }
}

function statusOf(state: ChatState): string {
  if (state.line !== "online") return TEXTS.connecting;
  const last = state.utterances.findLast((utterance) => utterance.kind === "notice");
  if (last?.notice === "agent_joined") return `With ${last.agent_name ?? "a colleague"}`;
  return TEXTS.online;
}

// The list of messages: draws what is new, keeps the rest, and follows the end while the customer is there.

import type { ChatState, PendingMessage } from "../shared/chat";
import { activeButtons, viewRating } from "../shared/chat";
import { formatDay } from "../shared/formatters";
import type { WireButton, WireUtterance } from "../shared/frames";
import { el, icon } from "./dom";
import { drawPending, drawTyping, drawUtterance, type PendingActions } from "./messages";
import { type RatingActions, RatingBar } from "./rating-bar";
import { TEXTS } from "./texts";

export interface LogActions extends PendingActions, RatingActions {}

const NEAR_END_PX = 60;
const OWN_MARGIN_PX = 12;
const REPLAY_BATCH = 3;

export class MessageLog {
  readonly element: HTMLElement;
  readonly #list: HTMLElement;
  readonly #tail = el("div", { class: "tail" });
  readonly #replies = el("div", { class: "replies" });
  readonly #typing = drawTyping();
  readonly #toEnd: HTMLElement;
  readonly #scroller: HTMLElement;
  readonly #actions: LogActions;
  #drawn = new Map<number, HTMLElement>();
  readonly #ratings = new Map<number, RatingBar>();
  #shownPending: readonly PendingMessage[] = [];
  #shownButtons: readonly WireButton[] = [];
  /** Whether the customer reads at the end, so that news may move the list. */
  #isFollowing = true;
  #ownScrollTop = -1;

  constructor(actions: LogActions) {
    this.#actions = actions;
    this.#list = el("div", { class: "list" });
    const log = el(
      "div",
      { class: "log", attrs: { role: "log", "aria-live": "polite", "aria-label": TEXTS.log } },
      this.#list,
      this.#tail,
    );
    this.#scroller = el("div", { class: "scroller", attrs: { tabindex: "-1" } }, log, this.#replies);
    this.#toEnd = el(
      "button",
      { class: "to-end", attrs: { type: "button" }, on: { click: () => this.scrollToEnd() } },
      icon("down"),
      TEXTS.newMessages,
    );
    this.#toEnd.hidden = true;
    this.#scroller.addEventListener("scroll", () => this.#noteScroll());
    this.element = el("div", { class: "body" }, this.#scroller, this.#toEnd);
    new ResizeObserver(() => this.#follow()).observe(this.#scroller);
  }

  /** Draw the state; cheap when little has changed. */
  update(state: ChatState): void {
    const numNew = this.#drawUtterances(state);
    for (const [sequence, bar] of this.#ratings) bar.update(viewRating(state, sequence));
    const hasOwnNews = this.#drawPending(state);
    const hasNewButtons = this.#drawButtons(activeButtons(state));
    this.#typing.remove();
    if (state.isTyping) this.#tail.append(this.#typing);
    if (hasOwnNews) this.#isFollowing = true;
    if (this.#isFollowing) this.#follow();
    else if (numNew > 0 || hasNewButtons) this.#toEnd.hidden = false;
  }

  scrollToEnd(): void {
    this.#isFollowing = true;
    this.#scrollTo(this.#scroller.scrollHeight);
  }

  /** Move to the end, but never so far that the customer's last message leaves above: answers are read from the top. */
  #follow(): void {
    if (!this.#isFollowing) return;
    const own = [...this.#scroller.querySelectorAll<HTMLElement>(".customer")].at(-1);
    const end = this.#scroller.scrollHeight - this.#scroller.clientHeight;
    this.#scrollTo(own === undefined ? end : Math.min(end, own.offsetTop - OWN_MARGIN_PX));
  }

  #scrollTo(top: number): void {
    this.#scroller.scrollTop = top;
    this.#ownScrollTop = this.#scroller.scrollTop;
    this.#toEnd.hidden = this.#isAtEnd();
  }

  #noteScroll(): void {
    if (Math.abs(this.#scroller.scrollTop - this.#ownScrollTop) < 2) return;
    this.#isFollowing = this.#isAtEnd();
    if (this.#isFollowing) this.#toEnd.hidden = true;
  }

  #drawUtterances(state: ChatState): number {
    const sequences = new Set(state.utterances.map((utterance) => utterance.sequence));
    for (const [sequence, element] of this.#drawn) {
      if (sequences.has(sequence)) continue;
      element.remove();
      this.#drawn.delete(sequence);
      this.#ratings.delete(sequence);
    }
    const fresh = state.utterances.filter((utterance) => !this.#drawn.has(utterance.sequence));
    for (const utterance of fresh) {
      const element = drawUtterance(utterance, state.botName, this.#drawRating(utterance));
      const isLive = fresh.length <= REPLAY_BATCH && utterance.kind !== "customer";
      if (isLive) element.classList.add("fresh");
      this.#drawn.set(utterance.sequence, element);
    }
    if (fresh.length > 0) this.#arrange(state);
    return fresh.length;
  }

  #drawRating(utterance: WireUtterance): HTMLElement | null {
    if (utterance.faq === null) return null;
    const bar = new RatingBar(utterance.sequence, this.#actions);
    this.#ratings.set(utterance.sequence, bar);
    return bar.element;
  }

  /** Put every element in its place, with a line where a new day begins. */
  #arrange(state: ChatState): void {
    const now = new Date();
    const children: HTMLElement[] = [];
    let day = "";
    let previous: { element: HTMLElement; kind: string } | null = null;
    for (const utterance of state.utterances) {
      const element = this.#drawn.get(utterance.sequence);
      if (element === undefined) continue;
      const itsDay = formatDay(new Date(utterance.sent_at), now);
      if (itsDay !== day) children.push(el("div", { class: "day" }, itsDay));
      const isJoined = itsDay === day && previous?.kind === utterance.kind;
      previous?.element.classList.toggle("joined-below", isJoined);
      element.classList.toggle("joined-above", isJoined);
      element.classList.remove("joined-below");
      children.push(element);
      day = itsDay;
      previous = { element, kind: utterance.kind };
    }
    for (const [index, child] of children.entries()) {
      if (this.#list.children[index] !== child)
        this.#list.insertBefore(child, this.#list.children[index] ?? null);
    }
    while (this.#list.children.length > children.length) this.#list.lastElementChild?.remove();
  }

  #drawPending(state: ChatState): boolean {
    if (state.pending === this.#shownPending) return false;
    const known = new Set(this.#shownPending.map((message) => message.clientMessageId));
    const hasOwnNews = state.pending.some((message) => !known.has(message.clientMessageId));
    this.#tail.replaceChildren(...state.pending.map((message) => drawPending(message, this.#actions)));
    this.#shownPending = state.pending;
    return hasOwnNews;
  }

  #drawButtons(buttons: readonly WireButton[]): boolean {
    if (buttons === this.#shownButtons || (buttons.length === 0 && this.#shownButtons.length === 0))
      return false;
    this.#shownButtons = buttons;
    this.#replies.replaceChildren(
      ...buttons.map((button) =>
        el(
          "button",
          { attrs: { type: "button" }, on: { click: () => this.#actions.press(button) } },
          button.title,
        ),
      ),
    );
    return buttons.length > 0;
  }

  #isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }
}

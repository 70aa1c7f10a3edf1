// "Was this helpful?" below an answer: two buttons that stay, a thank-you, and after a "no" what to do instead.

import type { RatingView } from "../shared/chat";
import type { WireButton } from "../shared/frames";
import { el, icon } from "./dom";
import { TEXTS } from "./texts";

export interface RatingActions {
  rate(answerSequence: number, isHelpful: boolean): void;
  press(button: WireButton): void;
  askDifferently(): void;
}

/** What SpanDesk understands in every bot, see `app/dialogue/payload.py`. */
const TALK_TO_A_PERSON: WireButton = { title: TEXTS.talkToPerson, payload: "/action_request_handoff" };

export class RatingBar {
  readonly element: HTMLElement;
  readonly #says = el("span", { class: "says" });
  readonly #yes: HTMLButtonElement;
  readonly #no: HTMLButtonElement;
  readonly #offers: HTMLElement;

  constructor(answerSequence: number, actions: RatingActions) {
    const choose = (isHelpful: boolean) => () => actions.rate(answerSequence, isHelpful);
    this.#yes = el(
      "button",
      { attrs: { type: "button" }, on: { click: choose(true) } },
      icon("thumbUp"),
      TEXTS.yes,
    );
    this.#no = el(
      "button",
      { attrs: { type: "button" }, on: { click: choose(false) } },
      icon("thumbDown"),
      TEXTS.no,
    );
    const choices = el(
      "div",
      { class: "choices", attrs: { role: "group", "aria-label": TEXTS.helpful } },
      this.#yes,
      this.#no,
    );
    const offer = (label: string, press: () => void): HTMLElement =>
      el("button", { attrs: { type: "button" }, on: { click: press } }, label);
    this.#offers = el(
      "div",
      { class: "offers" },
      offer(TALK_TO_A_PERSON.title, () => actions.press(TALK_TO_A_PERSON)),
      offer(TEXTS.askDifferently, actions.askDifferently),
    );
    this.element = el("div", { class: "rating" }, this.#says, choices, this.#offers);
    this.update({ isHelpful: null, hasFailed: false, offersHelp: false });
  }

  update({ isHelpful, hasFailed, offersHelp }: RatingView): void {
    this.#yes.setAttribute("aria-pressed", String(isHelpful === true));
    this.#no.setAttribute("aria-pressed", String(isHelpful === false));
    const says = saysOf(isHelpful, hasFailed);
    if (this.#says.textContent !== says) this.#says.textContent = says; // what changes is read out
    this.#says.classList.toggle("failed", hasFailed);
    this.#offers.hidden = !offersHelp;
  }
}

function saysOf(isHelpful: boolean | null, hasFailed: boolean): string {
  if (hasFailed) return TEXTS.ratingFailed;
  if (isHelpful === null) return TEXTS.helpful;
  return isHelpful ? TEXTS.thanks : TEXTS.sorry;
}

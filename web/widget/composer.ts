// The line where the customer writes: grows with the text, counts near the limit, Enter sends.

import { countCodePoints } from "../shared/offsets";
import { el, icon } from "./dom";
import { TEXTS } from "./texts";

const MAX_HEIGHT_PX = 132;
const COUNT_FROM = 0.9;

export class Composer {
  readonly element: HTMLFormElement;
  readonly #input: HTMLTextAreaElement;
  readonly #counter = el("span", { class: "counter", attrs: { role: "status" } });
  readonly #button: HTMLButtonElement;
  readonly #send: (text: string) => void;
  #maxChars = 2000;

  constructor(send: (text: string) => void) {
    this.#send = send;
    this.#input = el("textarea", {
      attrs: {
        rows: "1",
        placeholder: TEXTS.placeholder,
        "aria-label": TEXTS.placeholder,
        enterkeyhint: "send",
      },
      on: { input: () => this.#update(), keydown: (event) => this.#handleKey(event as KeyboardEvent) },
    });
    this.#button = el(
      "button",
      { class: "send", attrs: { type: "submit", "aria-label": TEXTS.send } },
      icon("send"),
    );
    const submit = (event: Event): void => {
      event.preventDefault();
      this.#submit();
    };
    this.element = el(
      "form",
      { class: "composer", on: { submit } },
      this.#input,
      this.#counter,
      this.#button,
    );
    this.#update();
  }

  set maxChars(value: number) {
    if (value === this.#maxChars) return;
    this.#maxChars = value;
    this.#update();
  }

  focus(): void {
    this.#update(); // while it was hidden, its text had no height
    this.#input.focus();
  }

  #handleKey(event: KeyboardEvent): void {
    // While an input method composes, Enter chooses a word; it must not send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit();
  }

  #submit(): void {
    const text = this.#input.value.trim();
    if (text === "" || countCodePoints(text) > this.#maxChars) return;
    this.#input.value = "";
    this.#update();
    this.#send(text);
  }

  #update(): void {
    const length = countCodePoints(this.#input.value.trim());
    const isTooLong = length > this.#maxChars;
    this.#button.disabled = length === 0 || isTooLong;
    this.#counter.textContent =
      length >= this.#maxChars * COUNT_FROM
        ? `${length.toLocaleString()} / ${this.#maxChars.toLocaleString()}`
        : "";
    this.#counter.classList.toggle("over", isTooLong);
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, MAX_HEIGHT_PX)}px`;
  }
}

// Draws an answer from the help pages: the question as heading, the passage with the answer span marked, the source,
// and what stands below it.

import { parseAnswer } from "../shared/answer";
import type { WireSource } from "../shared/frames";
import { safeLink } from "../shared/links";
import { shownAtFirst } from "./collapse";
import { el } from "./dom";
import { drawBlocks, drawLink } from "./richtext";
import { TEXTS } from "./texts";

/** Draw the bubble's content. */
export function drawFaqCard(text: string, faq: WireSource, below: Node | null): HTMLElement {
  const blocks = parseAnswer(text, faq);
  const elements = drawBlocks(blocks);
  const passage = el("div", { class: "passage rich" }, ...elements);
  const card = el("article", { class: "faq" }, el("h3", {}, faq.question), passage);
  const later = elements.filter((_, index) => shownAtFirst(blocks)[index] === false);
  if (later.length > 0) card.append(drawToggle(later));
  const source = safeLink(faq.source);
  if (source !== null) card.append(el("p", { class: "source" }, drawLink(source, TEXTS.source)));
  if (below !== null) card.append(below);
  return card;
}

function drawToggle(later: readonly HTMLElement[]): HTMLElement {
  const setShown = (isShown: boolean): void => {
    for (const element of later) element.hidden = !isShown;
    button.textContent = isShown ? TEXTS.showLess : TEXTS.showMore;
    button.setAttribute("aria-expanded", String(isShown));
  };
  const button = el("button", { class: "more", attrs: { type: "button" } });
  button.addEventListener("click", () => setShown(button.getAttribute("aria-expanded") !== "true"));
  setShown(false);
  return button;
}

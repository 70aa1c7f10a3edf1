// Draws single messages: utterances, and pending messages with their state.

import type { PendingMessage } from "../shared/chat";
import { formatTime } from "../shared/formatters";
import type { WireUtterance } from "../shared/frames";
import { safeLink } from "../shared/links";
import { parseMarkdown } from "../shared/markdown";
import { el, icon } from "./dom";
import { drawFaqCard } from "./faq-card";
import { drawBlocks, drawLink } from "./richtext";
import { noticeText, TEXTS } from "./texts";

export interface PendingActions {
  retry(clientMessageId: string): void;
  discard(clientMessageId: string): void;
}

/** Draw an utterance; it never changes afterwards. `below` stands below an answer from the help pages. */
export function drawUtterance(utterance: WireUtterance, botName: string, below: Node | null): HTMLElement {
  if (utterance.kind === "notice") {
    return el("div", { class: "notice" }, el("span", {}, noticeText(utterance, botName)));
  }
  const sentAt = new Date(utterance.sent_at);
  const meta = el("time", { attrs: { datetime: utterance.sent_at } }, formatTime(sentAt));
  const { speaker, content } =
    utterance.kind === "customer"
      ? { speaker: TEXTS.you, content: [drawPlain(utterance.text)] }
      : { speaker: utterance.agent_name ?? botName, content: drawAnswer(utterance, below) };
  return drawMessage(utterance.kind, speaker, content, meta);
}

/** Draw a message that is not yet an utterance. */
export function drawPending(message: PendingMessage, actions: PendingActions): HTMLElement {
  const meta =
    message.status === "failed" ? drawFailure(message, actions) : el("span", {}, TEXTS[message.status]);
  const element = drawMessage("customer", TEXTS.you, [drawPlain(message.text)], meta);
  element.dataset.status = message.status;
  return element;
}

/** Draw the three dots. */
export function drawTyping(): HTMLElement {
  const dots = el("div", { class: "bubble dots" }, el("i"), el("i"), el("i"));
  return el(
    "div",
    { class: "message bot typing" },
    drawAvatar("bot", ""),
    el("div", { class: "stack" }, dots),
  );
}

function drawMessage(kind: string, speaker: string, content: HTMLElement[], meta: HTMLElement): HTMLElement {
  const name = el("span", { class: kind === "agent" ? "speaker" : "speaker unseen" }, speaker);
  const stack = el("div", { class: "stack" }, name, ...content, el("div", { class: "meta" }, meta));
  const message = el("div", { class: `message ${kind}` });
  if (kind !== "customer") message.append(drawAvatar(kind, speaker));
  message.append(stack);
  return message;
}

function drawAvatar(kind: string, speaker: string): HTMLElement {
  const face = kind === "agent" ? speaker.slice(0, 1).toUpperCase() : icon("leaf");
  return el("div", { class: `avatar ${kind}`, attrs: { "aria-hidden": "true" } }, face);
}

function drawPlain(text: string): HTMLElement {
  return el("div", { class: "bubble plain" }, text);
}

function drawAnswer(utterance: WireUtterance, below: Node | null): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (utterance.faq !== null)
    parts.push(el("div", { class: "bubble" }, drawFaqCard(utterance.text, utterance.faq, below)));
  else if (utterance.text !== "") parts.push(drawText(utterance.text));
  const image = utterance.image === null ? null : safeLink(utterance.image);
  if (image !== null)
    parts.push(el("img", { class: "picture", attrs: { src: image, alt: "", loading: "lazy" } }));
  const attachment = utterance.attachment === null ? null : safeLink(utterance.attachment);
  if (attachment !== null) parts.push(el("div", { class: "bubble" }, drawLink(attachment, TEXTS.attachment)));
  return parts;
}

function drawText(text: string): HTMLElement {
  return el(
    "div",
    { class: "bubble" },
    el("div", { class: "rich lines" }, ...drawBlocks(parseMarkdown(text))),
  );
}

function drawFailure(message: PendingMessage, actions: PendingActions): HTMLElement {
  const button = (label: string, press: (id: string) => void): HTMLElement =>
    el("button", { attrs: { type: "button" }, on: { click: () => press(message.clientMessageId) } }, label);
  const reason =
    message.error === null || message.error === "" ? TEXTS.failed : `${TEXTS.failed}: ${message.error}`;
  return el(
    "span",
    { class: "failure", attrs: { role: "alert" } },
    el("span", {}, reason),
    button(TEXTS.retry, actions.retry),
    button(TEXTS.discard, actions.discard),
  );
}

// <spandesk-chat server title colour>: the customer's chat as one custom element with a shadow tree.

import type { ChatState } from "../shared/chat";
import { ChatClient } from "../shared/chat-client";
import { browserTimers } from "../shared/timers";
import { keepIn, type SessionKeeper, type VisitorSession } from "../shared/visitor-session";
import { readableOn } from "./colour";
import { el, icon } from "./dom";
import { Panel } from "./panel";
import styles from "./styles/index.css?inline";
import { TEXTS } from "./texts";

const DEFAULT_TITLE = "Chat with us";

export class SpanDeskChat extends HTMLElement {
  static readonly observedAttributes = ["title", "colour"];

  readonly #panel: Panel;
  readonly #launcher: HTMLButtonElement;
  readonly #badge = el("span", { class: "badge" });
  #client: ChatClient | null = null;
  #keeper: SessionKeeper = keepIn(null, "");
  #isOpen = false;
  #goOnline = (): void => this.#client?.start();

  constructor() {
    super();
    this.#panel = new Panel({
      say: (text) => this.#client?.send(text),
      press: (button) => this.#client?.send(button.title, button.payload),
      rate: (answer, isHelpful) => this.#client?.rate(answer, isHelpful),
      retry: (id) => this.#client?.retry(id),
      discard: (id) => this.#client?.discard(id),
      reconnect: () => this.#client?.start(),
      close: () => this.close(),
    });
    this.#launcher = el(
      "button",
      { class: "launcher", attrs: { type: "button" }, on: { click: () => this.#toggle() } },
      icon("chat"),
      icon("close"),
      this.#badge,
    );
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [sheet];
    root.append(this.#panel.element, this.#launcher);
    root.addEventListener("keydown", (event) => {
      if ((event as KeyboardEvent).key === "Escape" && this.#isOpen) this.close();
    });
    root.addEventListener("click", (event) => this.#offerLink(event));
    this.#panel.title = DEFAULT_TITLE;
    this.#showOpen(false);
  }

  connectedCallback(): void {
    const server = this.getAttribute("server") ?? scriptOrigin();
    this.#keeper = keepIn(openStorage(), server);
    this.#client = makeClient(server, this.#keeper, (state) => this.#draw(state));
    this.#draw(this.#client.state);
    if (this.#client.hasSession) this.#client.start();
    addEventListener("online", this.#goOnline);
  }

  disconnectedCallback(): void {
    removeEventListener("online", this.#goOnline);
    this.#client?.stop();
    this.#client = null;
  }

  attributeChangedCallback(name: string, _before: string | null, value: string | null): void {
    if (value === null) return;
    if (name === "title") {
      this.#panel.title = value;
      // Left on the element, it would show as a tooltip over the whole chat.
      this.removeAttribute("title");
    } else {
      this.style.setProperty("--accent", value);
      this.style.setProperty("--on-accent", readableOn(value));
    }
  }

  /** Open the chat window. */
  open(): void {
    this.#showOpen(true);
    this.#client?.start();
    this.#panel.arrive();
    if (this.#client !== null) this.#draw(this.#client.state);
  }

  close(): void {
    this.#showOpen(false);
    this.#launcher.focus();
  }

  /** Open the chat window and say something in the customer's name, as a link on the page may offer. */
  ask(text: string): void {
    this.open();
    this.#client?.send(text);
  }

  #toggle(): void {
    if (this.#isOpen) this.close();
    else this.open();
  }

  /** Let the page follow links of its own site by itself: it cancels `spandesk-link`. */
  #offerLink(event: Event): void {
    const link = event.composedPath().find((target) => target instanceof HTMLAnchorElement);
    const href = link?.getAttribute("href") ?? "";
    if (!href.startsWith("/")) return;
    const offer = new CustomEvent("spandesk-link", { detail: { href }, bubbles: true, cancelable: true });
    if (!this.dispatchEvent(offer)) event.preventDefault();
  }

  #showOpen(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.toggleAttribute("data-open", isOpen);
    this.#panel.element.hidden = !isOpen;
    this.#launcher.setAttribute("aria-expanded", String(isOpen));
    this.#launcher.setAttribute("aria-label", isOpen ? TEXTS.close : TEXTS.open);
  }

  #draw(state: ChatState): void {
    this.#panel.update(state);
    const answers = state.utterances.filter((one) => one.kind === "bot" || one.kind === "agent");
    const newest = answers.at(-1)?.sequence ?? 0;
    if (this.#isOpen && newest > 0) this.#keeper.saveRead(newest);
    const read = this.#keeper.loadRead();
    const numUnread = this.#isOpen ? 0 : answers.filter((one) => one.sequence > read).length;
    this.#badge.textContent = numUnread > 9 ? "9+" : String(numUnread);
    this.#badge.hidden = numUnread === 0;
  }
}

function makeClient(server: string, keeper: SessionKeeper, draw: (state: ChatState) => void): ChatClient {
  const socketUrl = new URL("/api/v1/chat", server);
  socketUrl.protocol = socketUrl.protocol === "https:" ? "wss:" : "ws:";
  const deps = {
    openSocket: (url: string) => new WebSocket(url),
    timers: browserTimers,
    random: Math.random,
    newId: makeId,
    keeper,
    createVisitor: () => createVisitor(new URL("/api/v1/visitors", server)),
  };
  return new ChatClient(socketUrl.href, deps, draw);
}

async function createVisitor(url: URL): Promise<VisitorSession> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ channel: "web" }),
    credentials: "omit",
  });
  if (!response.ok) throw new Error(`POST /visitors answered ${response.status}, expected 2xx`);
  const { conversation_id, token } = (await response.json()) as { conversation_id: string; token: string };
  return { conversationId: conversation_id, token };
}

/** A random UUID, also on pages without TLS, where crypto.randomUUID does not exist. */
function makeId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20),
  ].join("-");
}

/** The server that the script came from; the page's own when that is unknown. */
function scriptOrigin(): string {
  const script = document.querySelector<HTMLScriptElement>("script[src$='/widget.js']");
  return script === null ? location.origin : new URL(script.src).origin;
}

function openStorage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

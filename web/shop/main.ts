// The demo shop's own script: opens the chat from the page's buttons, as any shop may do.

interface ChatElement extends HTMLElement {
  open(): void;
  ask(text: string): void;
}

const TOAST_MS = 6_000;

function listen(chat: ChatElement, toast: HTMLElement): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-open-chat]")) {
    button.addEventListener("click", () => chat.open());
  }
  for (const button of document.querySelectorAll<HTMLElement>("[data-ask]")) {
    button.addEventListener("click", () => chat.ask(button.dataset.ask ?? ""));
  }
  chat.addEventListener("spandesk-link", (event) => {
    event.preventDefault();
    const { href } = (event as CustomEvent<{ href: string }>).detail;
    toast.textContent = `In your shop this link opens ${href}. The demo shop has no help pages.`;
    toast.hidden = false;
    setTimeout(() => {
      toast.hidden = true;
    }, TOAST_MS);
  });
}

const chat = document.querySelector<ChatElement>("spandesk-chat");
const toast = document.querySelector<HTMLElement>("#toast");
if (chat !== null && toast !== null) listen(chat, toast);

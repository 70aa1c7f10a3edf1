// Everything the widget itself says, in one place.

import type { WireUtterance } from "../shared/frames";

export const TEXTS = {
  open: "Open chat",
  close: "Close chat",
  log: "Conversation",
  placeholder: "Write a message…",
  send: "Send message",
  connecting: "Connecting…",
  online: "Here to help, day and night",
  reconnecting: "Connection lost. Your messages are kept and sent as soon as it is back.",
  tryNow: "Try now",
  waiting: "Waiting…",
  sending: "Sending…",
  sent: "Sent",
  failed: "Not sent",
  retry: "Try again",
  discard: "Delete",
  showMore: "Show more",
  showLess: "Show less",
  source: "Read on the help page",
  helpful: "Was this helpful?",
  yes: "Yes",
  no: "No",
  thanks: "Thank you!",
  sorry: "Sorry about that.",
  ratingFailed: "Not saved. Please try again.",
  talkToPerson: "Talk to a person",
  askDifferently: "Ask differently",
  newMessages: "New messages",
  attachment: "Open attachment",
  you: "You",
  typing: "is writing",
} as const;

/** Say what happened in a notice. */
export function noticeText(utterance: WireUtterance, botName: string): string {
  switch (utterance.notice) {
    case "handoff_requested":
      return "We have asked a colleague to join this chat";
    case "agent_joined":
      return `${utterance.agent_name ?? "A colleague"} has joined the chat`;
    case "handoff_closed":
      return `${botName || "The assistant"} is back in the chat`;
    case null:
      return utterance.text;
  }
}

// The real socket, clock and chance of the consoles.

import type { ConnectionDeps } from "../shared/connection";
import { browserTimers } from "../shared/timers";

export const browserDeps: ConnectionDeps = {
  openSocket: (url) => new WebSocket(url),
  timers: browserTimers,
  random: Math.random,
};

/** The address of the staff socket on the page's own server. */
export function staffSocketUrl(): string {
  const url = new URL("/api/v1/staff", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

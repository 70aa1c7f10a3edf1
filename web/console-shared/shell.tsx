// The frame around a console: where one is, who one is, whether the live line is up.

import type { ComponentChildren } from "preact";
import { logOut, type StaffMember } from "./api";
import { Logo } from "./logo";

interface ShellProps {
  here: "agent" | "operator";
  staff: StaffMember;
  isLive: boolean;
  onLogOut: () => void;
  children: ComponentChildren;
}

export function Shell({ here, staff, isLive, onLogOut, children }: ShellProps) {
  const leave = (): void => {
    logOut().then(onLogOut, onLogOut);
  };
  return (
    <div class="shell">
      <header class="bar">
        <Logo />
        <nav aria-label="Consoles">
          <a href="/agent" aria-current={here === "agent" ? "page" : undefined}>
            Conversations
          </a>
          {staff.role === "operator" && (
            <a href="/operator" aria-current={here === "operator" ? "page" : undefined}>
              Training
            </a>
          )}
        </nav>
        <span class={isLive ? "line up" : "line"} role="status">
          {isLive ? "Live" : "Reconnecting…"}
        </span>
        <span class="me">
          {staff.name} <small>{staff.role}</small>
        </span>
        <button type="button" class="quiet" onClick={leave}>
          Log out
        </button>
      </header>
      {children}
    </div>
  );
}

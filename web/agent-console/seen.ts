// Which messages this browser has shown to its agent, kept over page loads.

const KEY = "spandesk:agent:seen";

export function loadSeen(): Record<string, number> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, number>) : {};
  } catch {
    return {};
  }
}

export function saveSeen(seen: Readonly<Record<string, number>>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(seen));
  } catch {
    // Storage is full or forbidden: dots come back after a reload, nothing else.
  }
}

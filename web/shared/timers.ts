// Time as a dependency: the browser's clock in the pages, a hand-moved one in tests.

export interface Timers {
  now(): number;
  /** Run later; the result cancels. */
  after(delayMs: number, run: () => void): () => void;
}

export const browserTimers: Timers = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    const handle = setTimeout(run, delayMs);
    return () => clearTimeout(handle);
  },
};

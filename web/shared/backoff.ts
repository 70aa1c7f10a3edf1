// How long to wait before trying again: exponential with jitter, so that a restarted server is not stormed. Pure.

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 15_000;

/**
 * Give the pause before reconnection attempt `attempt` (0: the first).
 *
 * `random` is in [0, 1); the pause lies between half and the whole of the exponential value.
 */
export function reconnectDelayMs(attempt: number, random: number): number {
  const ceiling = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(ceiling * (0.5 + random / 2));
}

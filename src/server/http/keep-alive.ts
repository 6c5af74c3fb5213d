// Signs of life on every open answer and stream, so that nothing between client and proxy closes a quiet one.
import type { ServerMemory } from './state.ts'

/** Milliseconds between two. */
export const tickMs = 15_000

/** `look`: is called with each. Ends with `ended`. */
export const keepAlive = async (
  { ports, sessions, answers }: ServerMemory,
  look: () => void,
  ended: AbortSignal,
) => {
  while (!ended.aborted) {
    await ports.clock.sleep(tickMs, ended)
    look()
    for (const answer of answers.values()) answer.keepAlive()
    sessions.tick()
  }
}

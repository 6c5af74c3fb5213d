// Puts proof of possession behind the judgement of the token itself.
import type { Clock } from '../../base/clock.ts'
import { createPossessionMemory, type PossessionMemory } from '../possession/possession-memory.ts'
import type { AuthGate } from './auth-gate.ts'
import type { PossessionConfig } from '../auth-config/possession-config.ts'
import { possessionOf } from '../possession/possession.ts'

export const mapped = <Value, Result>(
  value: Value | Promise<Value>,
  then: (value: Value) => Result,
): Result | Promise<Result> => (value instanceof Promise ? value.then(then) : then(value))

/**
 * Puts the proof of possession behind the judgement of the token itself, where the configuration asks for
 * one. A plain bearer token costs nothing more. Does not check what the token says: the inner gate does.
 */
export const withPossession = (
  gate: AuthGate,
  auth: PossessionConfig & { readonly clock_tolerance: number },
  clock: Clock,
  memory: PossessionMemory = createPossessionMemory(clock),
): AuthGate => {
  const possession = possessionOf(auth, clock, memory)
  if (possession === undefined) return gate
  const { introspect } = gate
  return {
    ...gate,
    possession: possession.offer,
    // A verdict on a token stands for no second request: each has to show anew whose it is.
    holds: () => false,
    validate: (token, signal, presentation, peer) => {
      const examined =
        presentation === undefined ? undefined : possession.examine?.(token, presentation)
      const verdict = gate.validate(token, signal, presentation, peer)
      if (examined === undefined) {
        return mapped(verdict, (decided) => possession.asBearer(decided, presentation))
      }
      return Promise.all([verdict, examined]).then(([decided, decide]) => decide(decided))
    },
    introspect:
      introspect &&
      (async (token, signal) => {
        const found = await introspect(token, signal)
        return { ...found, verdict: possession.asBearer(found.verdict) }
      }),
  }
}

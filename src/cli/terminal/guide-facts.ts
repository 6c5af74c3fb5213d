// What a command passes on to the guided mode that started it, so that nothing is asked twice.
import { isJsonObject, type Json } from '../../base/json.ts'

export interface GuideFacts {
  /** How a look at an address ended: see the outcome of `discover`. */
  readonly outcome: string
  /** Where to look in its place. */
  readonly instead: string | null
  readonly issuer: string | null
  /** What tokens have to be for. */
  readonly audience: string | null
}

/** Only the guided mode opens this channel. Elsewhere nothing is sent. */
export const passOn = (facts: GuideFacts): void => {
  process.send?.({ mcpProxyFacts: facts })
}

const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null)

export const readFacts = (message: unknown): GuideFacts | undefined => {
  const facts = isJsonObject(message) ? message['mcpProxyFacts'] : undefined
  if (!isJsonObject(facts)) return undefined
  const outcome = text(facts['outcome'])
  return outcome === null
    ? undefined
    : {
        outcome,
        instead: text(facts['instead']),
        issuer: text(facts['issuer']),
        audience: text(facts['audience']),
      }
}

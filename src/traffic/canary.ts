// Gives a share of callers to another backend: by weight, and each caller always to the same one.
import { createHash } from 'node:crypto'
import { anonymousKey } from '../base/principal.ts'
import { because } from '../trace/span.ts'
import type { Call, Handler, SessionPeer } from '../mcp/call.ts'

export interface Weighted {
  readonly name: string
  readonly weight: number
  readonly handle: Handler
}

/** The same for the same text, in every process: a share, from 0 to below 1. */
const shareOf = (text: string): number =>
  createHash('sha256').update(text).digest().readUInt32BE(0) / 0x1_0000_0000

/** As many callers as it is remembered of where they go; the others are found out again. */
const mostKnown = 10_000

export interface CanaryParts {
  readonly primary: Weighted
  readonly canaries: readonly Weighted[]
  readonly onSent: (canary: string) => void
}

/** Names callers that no credential distinguishes. */
const createKeys = () => {
  const sessions = new WeakMap<SessionPeer, string>()
  let last = 0
  return ({ caller }: Call): string => {
    const { principal, session, address } = caller
    if (principal.key !== anonymousKey) return principal.key
    if (session === undefined) return `address ${address ?? ''}`
    const known = sessions.get(session)
    if (known !== undefined) return known
    last += 1
    const key = `session ${last}`
    sessions.set(session, key)
    return key
  }
}

/**
 * The canaries are at the beginning of the range and the primary backend at its end, so that a weight that grows adds callers
 * and moves no other.
 */
export const withCanaries = ({ primary, canaries, onSent }: CanaryParts): Handler => {
  if (canaries.length === 0) return primary.handle
  const total = canaries.reduce((sum, { weight }) => sum + weight, primary.weight)
  const keyOf = createKeys()
  const known = new Map<string, Weighted>()
  const find = (key: string): Weighted => {
    const share = shareOf(key) * total
    let end = 0
    for (const canary of canaries) {
      end += canary.weight
      if (share < end) return canary
    }
    return primary
  }
  const placeOf = (key: string): Weighted => {
    const found = known.get(key) ?? find(key)
    if (known.size >= mostKnown) known.clear()
    known.set(key, found)
    return found
  }
  return (call) => {
    // The proxy asks for what all callers are shown: that is the primary backend's.
    if (call.caller.operator === true) return primary.handle(call)
    const place = placeOf(keyOf(call))
    if (place === primary) return place.handle(call)
    onSent(place.name)
    const trace = because(call.trace, { 'mcp_proxy.canary_of': primary.name })
    return place.handle(trace === undefined ? call : { ...call, trace })
  }
}

// Whose question is asked next: few calls at once, fewer for unknown tokens, few of those for one address.
import { createFlightLimit, createSharedLimit } from '../../base/flight-limit.ts'
import { problemOf } from '../../problems/problem.ts'
import type { IntrospectionAnswer, IntrospectionExchange } from './introspection-request.ts'

/** At once, and waiting: calls for all tokens, for all unknown ones among them, and for those of one address. */
export const introspectionLimits = {
  all: { flying: 64, waiting: 256 },
  unknown: { flying: 48, waiting: 192 },
  peer: { flying: 8, waiting: 32 },
  /** Addresses with unknown tokens under way. */
  peers: 4096,
} as const

/** On whose account a call is made. */
export interface Origin {
  /** Names a token that was good when it was last asked about; undefined for every other token. */
  readonly known: string | undefined
  /** The network address that an unknown token came from; undefined where there are no other callers. */
  readonly peer: string | undefined
}

/** The answer to a question that was not asked. */
export const unasked = (answer: IntrospectionAnswer): IntrospectionExchange => ({
  answer,
  exchange: undefined,
})

type Work = () => Promise<IntrospectionExchange>

export interface Turns {
  /** Runs the work when there is room for it; `busy` where too many wait already. */
  take(work: Work, from: Origin): Promise<IntrospectionExchange>
}

const busy = (whose: string): IntrospectionExchange =>
  unasked({ kind: 'busy', ...problemOf('limit-introspection', { whose }), retryAfterSeconds: 1 })

export const createTurns = (): Turns => {
  const { all, unknown, peer: share, peers } = introspectionLimits
  const allCalls = createFlightLimit(all.flying, all.waiting)
  const unknownCalls = createFlightLimit(unknown.flying, unknown.waiting)
  const peerCalls = createSharedLimit({
    maxFlying: share.flying,
    maxWaiting: share.waiting,
    maxOwners: peers,
  })
  const amongAll = async (work: Work): Promise<IntrospectionExchange> =>
    (await allCalls.run(work)) ?? busy('of all tokens')
  const amongUnknown = async (work: Work): Promise<IntrospectionExchange> =>
    (await unknownCalls.run(() => amongAll(work))) ?? busy('of unknown tokens')
  const amongPeer = async (work: Work, peer: string): Promise<IntrospectionExchange> =>
    (await peerCalls.run(peer, () => amongUnknown(work))) ??
    busy('of unknown tokens from this address')
  return {
    // An unknown token waits for room of its address, of the unknown tokens and of all tokens, in this order.
    take: (work, { known, peer }) => {
      if (known !== undefined) return amongAll(work)
      return peer === undefined ? amongUnknown(work) : amongPeer(work, peer)
    },
  }
}

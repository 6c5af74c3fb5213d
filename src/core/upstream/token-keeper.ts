// Keeps tokens that the proxy was given until shortly before they expire; many who need one at once cause one request.
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../base/clock.ts'
import type { Secret } from '../../base/secret.ts'

/** A token as it was granted. */
export interface GrantedToken {
  readonly value: Secret
  /** Seconds, as the server said; undefined where it did not. */
  readonly lifetimeSeconds: number | undefined
}

/** The answer to a request for a token. `trouble`: why there is none. */
export type Obtained<Trouble> = { readonly token: Secret } | { readonly trouble: Trouble }
type Answer<Trouble> = GrantedToken | { readonly trouble: Trouble }

export interface Wanted<Trouble> {
  /** Whose token it is: nothing that is kept under another key is ever given out for it. */
  readonly key: string
  /** It is not kept longer, in milliseconds since the epoch. */
  readonly notAfter?: number | undefined
  /** Never rejects. */
  readonly ask: () => Promise<Answer<Trouble>>
}

export interface TokenKeeper<Trouble> {
  /** Synchronous where a good token is at hand. */
  take(wanted: Wanted<Trouble>): Obtained<Trouble> | Promise<Obtained<Trouble>>
  /**
   * The token was refused where it was shown. True where another one is worth asking for: not where that was done a moment
   * ago. A token that has taken its place since is left alone.
   */
  refused(key: string, token: Secret): boolean
  readonly size: number
}

interface Kept {
  readonly token: Secret
  /** From then on a new one is asked for. */
  readonly renewAt: number
  /** From then on it is not shown. */
  readonly endsAt: number
}

export const keeping = {
  /** Tokens of different keys; the one that was not used for the longest time makes room. */
  max: 10_000,
  /** What a token is good for whose server does not say it. */
  unstatedMs: 300_000,
  /** So long before its end it is renewed, and no longer than a tenth of its life. */
  earlyMs: 30_000,
  /** The next request after one that failed. */
  restMs: 1000,
  /** The next renewal after one that a refusal caused. */
  refusalRestMs: 10_000,
} as const

const sameSecret = (a: Secret, b: Secret): boolean => a === b || a.equals(b.reveal())

export const createTokenKeeper = <Trouble>(clock: Clock): TokenKeeper<Trouble> => {
  const kept = new LRUCache<string, Kept>({ max: keeping.max })
  const failed = new LRUCache<string, { readonly trouble: Trouble; readonly until: number }>({
    max: keeping.max,
  })
  const renewed = new LRUCache<string, number>({ max: keeping.max })
  const flights = new Map<string, Promise<Obtained<Trouble>>>()

  const keep = (key: string, answer: GrantedToken, begun: number, notAfter = Infinity): void => {
    const { value: token, lifetimeSeconds } = answer
    const lifeMs = lifetimeSeconds === undefined ? keeping.unstatedMs : lifetimeSeconds * 1000
    // Counted from the question: the answer may have been on its way for long.
    const endsAt = Math.min(begun + lifeMs, notAfter)
    const early = Math.min(keeping.earlyMs, (endsAt - begun) / 10)
    if (endsAt > clock.now()) kept.set(key, { token, endsAt, renewAt: endsAt - early })
    else kept.delete(key)
  }

  /** What is still good serves while no other can be had. */
  const orLast = (key: string, trouble: Trouble): Obtained<Trouble> => {
    const last = kept.get(key)
    return last !== undefined && clock.now() < last.endsAt ? { token: last.token } : { trouble }
  }

  const launch = async ({ key, notAfter, ask }: Wanted<Trouble>): Promise<Obtained<Trouble>> => {
    const begun = clock.now()
    const answer = await ask()
    if ('trouble' in answer) {
      failed.set(key, { trouble: answer.trouble, until: clock.now() + keeping.restMs })
      return orLast(key, answer.trouble)
    }
    failed.delete(key)
    keep(key, answer, begun, notAfter)
    return { token: answer.value }
  }

  return {
    take: (wanted) => {
      const { key } = wanted
      const now = clock.now()
      const known = kept.get(key)
      if (known !== undefined && now < known.renewAt) return { token: known.token }
      const rest = failed.get(key)
      if (rest !== undefined && now < rest.until) return orLast(key, rest.trouble)
      const running = flights.get(key)
      if (running !== undefined) return running
      const flight = launch(wanted).finally(() => flights.delete(key))
      flights.set(key, flight)
      return flight
    },
    refused: (key, token) => {
      const known = kept.get(key)
      if (known !== undefined && !sameSecret(known.token, token)) return true
      kept.delete(key)
      const now = clock.now()
      const last = renewed.get(key)
      if (last !== undefined && now - last < keeping.refusalRestMs) return false
      renewed.set(key, now)
      return true
    },
    get size() {
      return kept.size
    },
  }
}

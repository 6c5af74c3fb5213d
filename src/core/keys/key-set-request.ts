// Asks for a key set and reads the answer: what counts as one, and how long it may be reused.
import type { Reach } from '../../net/address.ts'
import { exchange, type Exchange } from '../../net/exchange.ts'
import { parseJson } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import { printable } from '../../base/escape.ts'
import { messageOf } from '../../problems/message.ts'
import { fail, type Check } from '../verdict/check.ts'
import { isKeySet } from './key-set.ts'

const second = 1000
const minute = 60 * second
const shortestFreshMs = minute
const longestFreshMs = 24 * 60 * minute
const defaultFreshMs = 10 * minute

/** RFC 9111: how long the server wants the set to be reused, within our bounds. */
export const freshnessOf = ({ headers }: Exchange, usable: number): number => {
  const control = headers['cache-control']?.toLowerCase() ?? ''
  if (usable === 0 || /no-store|no-cache/.test(control)) return shortestFreshMs
  const stated = /max-age="?(\d+)/.exec(control)?.[1]
  if (stated === undefined) return defaultFreshMs
  return Math.min(longestFreshMs, Math.max(shortestFreshMs, Number(stated) * second))
}

type Fetched =
  | { readonly answer: Exchange; readonly document: unknown }
  /** `checks`: what is wrong with the document, where one came. */
  | { readonly why: string; readonly checks?: readonly Check[] }

/** What one answer is worth as a key set; `why` completes "{url}: ". */
export const readKeySetAnswer = (answer: Exchange): Fetched => {
  if (answer.fault !== undefined) return { why: answer.fault.detail }
  if (answer.status !== 200) return { why: `answered ${answer.status}` }
  const parsed = parseJson(answer.body ?? '')
  if (!parsed.ok || !isKeySet(parsed.value)) return { why: 'the answer is not a key set' }
  const [twice] = parsed.duplicates
  if (twice === undefined) return { answer, document: parsed.value }
  const why = messageOf('jwks-duplicate-member', { name: printable(twice.slice(0, 60)) })
  return { why, checks: [fail('jwks-duplicate-member', `${why}: ${answer.url}`)] }
}

/** One GET of a key set. Does not judge the answer: see `readKeySetAnswer`. */
export const requestKeySet = (
  url: string,
  ports: Pick<Ports, 'http' | 'clock'>,
  options: { reach?: Reach; allowHttp?: boolean; signal?: AbortSignal } = {},
): Promise<Exchange> =>
  exchange(
    {
      url,
      headers: { accept: 'application/jwk-set+json, application/json' },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    ports,
    { reach: options.reach ?? 'private', allowHttp: options.allowHttp ?? false },
  )

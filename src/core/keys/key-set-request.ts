// Asks for a key set and reads the answer: what counts as one, and how long it may be reused.
import { problemOf, type Problem } from '../../problems/problem.ts'
import type { Reach } from '../../net/address.ts'
import { exchange, type Exchange } from '../../net/exchange.ts'
import { parseJson } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import { printable } from '../../base/escape.ts'
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
  /** What keeps the answer from being a key set, or the document from being used. */
  | { readonly problem: Problem; readonly isDocument: boolean }

const problemIn = (answer: Exchange): Problem => {
  const { fault, status, body = '' } = answer
  const url = answer.redirects[0]?.url ?? answer.url
  if (fault !== undefined) return problemOf('jwks-fetch', 'unreachable', { url, why: fault.detail })
  if (status !== 200) return problemOf('jwks-fetch', 'status', { url, status: status ?? 0 })
  return problemOf('jwks-fetch', body.trimStart().startsWith('<') ? 'html' : 'not-keys', { url })
}

/** What one answer is worth as a key set. */
export const readKeySetAnswer = (answer: Exchange): Fetched => {
  if (answer.fault !== undefined || answer.status !== 200)
    return { problem: problemIn(answer), isDocument: false }
  const parsed = parseJson(answer.body ?? '')
  if (!parsed.ok || !isKeySet(parsed.value))
    return { problem: problemIn(answer), isDocument: false }
  const [twice] = parsed.duplicates
  if (twice === undefined) return { answer, document: parsed.value }
  const name = printable(twice.slice(0, 60))
  const problem = problemOf('jwks-duplicate-member', { name, url: answer.url })
  return { problem, isDocument: true }
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

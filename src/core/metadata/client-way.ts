// What a standard client meets at the locations that it asks before the one that has the document: it takes the first
// answer that does not say "not here", and gives up where that is no metadata of this issuer.
import type { Exchange } from '../../net/exchange.ts'
import { silenceOf } from '../../net/unanswered.ts'
import { problemOf, together, type Problem } from '../../problems/problem.ts'
import { pass, skip, warn, type Check } from '../verdict/check.ts'

/** One location and what became of its answer. */
export interface AskedLocation {
  readonly exchange: Exchange
  readonly isUsed: boolean
  /** The issuer of a document that is of another one. */
  readonly foreign: string | undefined
}

const id = 'asm-first'

/** Where the request went first, and how it came to the answer. */
const placeOf = ({ url, redirects }: Exchange): string => {
  const [first] = redirects
  return first === undefined
    ? url
    : `${first.url} redirects (${String(first.status ?? 0)}) to ${url}, which`
}

/** In a sentence after the place. */
const bodyProblem = (exchange: Exchange): Problem => {
  const { body = '', redirects, status = 0 } = exchange
  const place = placeOf(exchange)
  const text = body.trim()
  const what = text === '' ? 'an empty body' : text.startsWith('<') ? 'HTML' : undefined
  const values = { place, status, what: what ?? 'something that is no metadata' }
  if (redirects.length > 0) return problemOf(id, 'redirect', values)
  if (text === '') return problemOf(id, 'empty', values)
  return problemOf(id, what === 'HTML' ? 'page' : 'other', values)
}

/** Official clients go on after these. One 5.. says as little of the location, but the elder of them stop at it. */
const saysNotHere = (status: number): boolean => status >= 300 && status <= 499

/** What stops clients at a location; undefined where they go on to the next. */
const obstacleAt = ({ exchange, foreign }: AskedLocation): Problem | undefined => {
  const { status, fault } = exchange
  const place = placeOf(exchange)
  if (fault?.kind === 'redirect') return undefined
  if (status === undefined || (fault !== undefined && silenceOf(exchange) !== undefined)) {
    return problemOf(id, 'silent', { place, why: fault?.detail ?? 'no answer' })
  }
  if (saysNotHere(status)) return undefined
  if (status >= 500) return problemOf(id, 'error', { place, status })
  if (fault !== undefined) return problemOf(id, 'broken', { place, why: fault.detail })
  return foreign === undefined
    ? bodyProblem(exchange)
    : problemOf(id, 'issuer', { place, named: foreign })
}

/** Clients that follow redirects anywhere see a page there; official ones take it for "not here". */
const detourAt = ({ exchange: { url, headers, fault } }: AskedLocation): Problem | undefined =>
  fault?.kind === 'redirect'
    ? problemOf(id, 'detour', { place: url, target: headers['location'] ?? 'nowhere' })
    : undefined

const listed = (problems: readonly (Problem | undefined)[]) =>
  problems.filter((problem) => problem !== undefined)

/**
 * asm-first: the answers before the document that is used, as clients judge them in the order of MCP. Does not judge
 * the document itself, nor the locations behind it.
 */
export const checkFirstAnswers = (locations: readonly AskedLocation[]): Check => {
  const used = locations.findIndex(({ isUsed }) => isUsed)
  if (used === -1) return skip(id, 'no document was found')
  const before = locations.slice(0, used)
  const [first, ...others] = listed(before.map(obstacleAt))
  if (first !== undefined) return warn(together(first, ...others))
  const [detour, ...more] = listed(before.map(detourAt))
  return detour === undefined ? pass(id) : warn(together(detour, ...more), undefined, 'low')
}

// Two questions about an introspection endpoint that no token can answer: who may ask it, and how fast it answers.
import { randomBytes } from 'node:crypto'
import { exchange, type Exchange } from '../../net/exchange.ts'
import { isJsonObject, parseJson } from '../../base/json.ts'
import { problemOf } from '../../problems/problem.ts'
import type { Ports } from '../../base/ports.ts'
import { pass, skip, warn, type Check } from '../verdict/check.ts'
import type { Endpoint } from '../metadata/endpoint.ts'
import type { Introspection } from './introspection-report.ts'

export interface IntrospectionProbe {
  /** intro-open: `warn` where anybody gets an answer. */
  readonly check: Check
  /** Undefined when there was nowhere to ask. */
  readonly exchange: Exchange | undefined
}

const answersAboutTokens = ({ body }: Exchange): boolean => {
  const parsed = parseJson(body ?? '')
  return parsed.ok && isJsonObject(parsed.value) && parsed.value['active'] !== undefined
}

const judgeProbe = (answer: Exchange): Check => {
  const { status, fault } = answer
  if (fault !== undefined) return skip('intro-open', `no answer: ${fault.detail}`)
  if (status === 200 && answersAboutTokens(answer)) {
    const evidence = { actual: status, note: 'a random token, no credentials' }
    return warn(problemOf('intro-open'), evidence)
  }
  return status === 400 || status === 401 || status === 403
    ? pass('intro-open', `${status} without credentials`)
    : skip('intro-open', `the endpoint answered ${status}`)
}

/**
 * intro-open: asks about a random token without credentials (RFC 7662 sections 2.1 and 4). It is a request
 * that a server may log as an attack, so only a person asks for it. Changes no verdict.
 */
export const probeIntrospection = async (
  endpoint: Endpoint,
  ports: Pick<Ports, 'http' | 'clock'>,
  options: { readonly allowHttp?: boolean; readonly signal?: AbortSignal } = {},
): Promise<IntrospectionProbe> => {
  const token = randomBytes(32).toString('base64url')
  const answer = await exchange(
    {
      method: 'POST',
      url: endpoint.url,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ token }).toString(),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    ports,
    { reach: endpoint.reach, allowHttp: options.allowHttp ?? false },
  )
  return { check: judgeProbe(answer), exchange: answer }
}

/** intro-indiscriminate: what was answered about a random token, asked with our own credentials. */
export const checkRandomToken = ({ answer }: Pick<Introspection, 'answer'>): Check => {
  const id = 'intro-indiscriminate'
  if (answer.kind !== 'answer') return skip(id, 'no answer that could be read')
  return answer.body['active'] === true ? warn(problemOf(id)) : pass(id)
}

export interface IntrospectionTiming {
  /** intro-latency: `warn` where the calls are slow. */
  readonly check: Check
  /** Every call that was made, in order. */
  readonly calls: readonly Introspection[]
  /** Of the calls that were answered, in milliseconds; undefined when none was. */
  readonly medianMs: number | undefined
  readonly worstMs: number | undefined
}

/** Each call of a client waits for this, so a person begins to notice. */
const slowMedianMs = 200
const slowWorstMs = 1000

const medianOf = (sorted: readonly number[]): number | undefined => {
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)]
  const lower = sorted[Math.ceil(middle) - 1]
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2
}

const judgeLatency = (ms: readonly number[], asked: number): Check => {
  const p50 = medianOf(ms)
  const worst = ms.at(-1)
  if (p50 === undefined || worst === undefined) {
    return skip('intro-latency', 'no call was answered')
  }
  const rounded = Math.round(p50)
  const evidence = { actual: { p50_ms: rounded, worst_ms: worst, answered: ms.length, asked } }
  const slow = problemOf('intro-latency', { p50: rounded })
  return p50 > slowMedianMs || worst > slowWorstMs
    ? warn(slow, evidence)
    : pass('intro-latency', slow.detail, evidence)
}

/**
 * intro-latency: `n` calls in a row, each of them past the cache; `ask` is the `introspect` of a gate with
 * its token. Ends early where the caller leaves or nothing was sent. Does not look at what the answers say.
 */
export const timeIntrospection = async (
  ask: () => Promise<Introspection>,
  n: number,
  signal: AbortSignal,
): Promise<IntrospectionTiming> => {
  const calls: Introspection[] = []
  while (calls.length < n && !signal.aborted) {
    const call = await ask()
    calls.push(call)
    if (call.exchange === undefined) break
  }
  const ms = calls
    .flatMap(({ exchange: made }) => (made?.status === undefined ? [] : [made.ms]))
    .toSorted((a, b) => a - b)
  return {
    check: judgeLatency(ms, calls.length),
    calls,
    medianMs: medianOf(ms),
    worstMs: ms.at(-1),
  }
}

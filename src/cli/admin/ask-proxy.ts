// Questions to the admin surface of a running proxy.
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import { exchange } from '../../net/exchange.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
import type { RunningProxy } from './running-proxy.ts'

const largestAnswer = 16_777_216

export const adminHeaders = ({ token }: RunningProxy): Readonly<Record<string, string>> =>
  token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }

const parsed = (body: string | undefined): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(body ?? '')
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const lacksRight = (value: JsonObject | undefined): boolean => {
  const error = value?.['error']
  const data = isJsonObject(error) ? error['data'] : undefined
  return isJsonObject(data) && data['code'] === 'admin-right'
}

/** Why an answer of that status is none; undefined for one that says what was asked. */
export const adminProblem = (
  { origin: url, token, flag }: RunningProxy,
  status: number,
  {
    value,
    right = 'read',
  }: { readonly value?: JsonObject | undefined; readonly right?: string } = {},
): Problem | undefined => {
  if (status === 200) return undefined
  if (status === 401) return problemOf('admin-token', token === undefined ? 'missing' : 'refused')
  if (lacksRight(value)) return problemOf('admin-token', 'right', { right })
  if (status === 403) return problemOf('admin-token', 'closed')
  return problemOf('admin-reach', 'other', { url, status, flag })
}

export interface AdminAnswer {
  readonly status: number
  readonly value: JsonObject
}

export interface AdminQuestion {
  readonly path: string
  /** That it takes; default: `read`. */
  readonly right?: string
  /** A POST with this body; default: a GET. */
  readonly post?: { readonly type: string; readonly body: string }
}

/** The answer with status 200, or 404 where the proxy says which decision is missing. Anything else is a UsageError. */
export const askProxy = async (
  proxy: RunningProxy,
  { path, right, post }: AdminQuestion,
  { ports, timeout }: { readonly ports: Ports; readonly timeout: number },
): Promise<AdminAnswer> => {
  const { origin, flag } = proxy
  const timeoutMs = timeout * 1000
  const headers = adminHeaders(proxy)
  const { status, body, fault } = await exchange(
    post === undefined
      ? { url: `${origin}${path}`, headers }
      : {
          url: `${origin}${path}`,
          method: 'POST',
          headers: { ...headers, 'content-type': post.type },
          body: post.body,
        },
    ports,
    { timeoutMs, totalMs: timeoutMs, maxBytes: largestAnswer },
  )
  if (fault !== undefined || status === undefined) {
    const why = fault?.detail ?? 'no answer'
    throw usageError(problemOf('admin-reach', 'fault', { url: origin, why, flag }))
  }
  const value = parsed(body)
  const isKnown = isJsonObject(value?.['error']) && value['error']['code'] === 'admin-decision'
  const problem =
    status === 404 && isKnown
      ? undefined
      : adminProblem(proxy, status, { value, ...(right === undefined ? {} : { right }) })
  if (problem !== undefined) throw usageError(problem)
  if (value === undefined)
    throw usageError(problemOf('admin-reach', 'other', { url: origin, status, flag }))
  return { status, value }
}

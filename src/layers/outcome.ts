// How one call ended, in the words that logs and metrics share.
import { isReservedCode } from '../base/error-codes.ts'
import type { Json, JsonObject } from '../base/json.ts'
import type { Reply } from '../mcp/call.ts'
import type { JsonRpcRequest } from '../mcp/json-rpc.ts'
import { problemSpec, type Problem } from '../problems/problem.ts'

export interface Outcome {
  readonly outcome: 'ok' | 'error' | 'refused' | 'failed'
  /** Our id, or the JSON-RPC code of the backend's error; empty for a result. */
  readonly code: string
  /** Why, where the policy decided. */
  readonly detail?: string
}

/** Codes are labels of metrics, so what a backend may invent is bounded (JSON-RPC 2.0 section 5.1). */
const errorCode = (code: number): string => (isReservedCode(code) ? String(code) : 'other')

/** Its reasons are hidden from the caller, so the log alone has them. */
const isPolicy = ({ code }: Problem): boolean => problemSpec(code).group === 'policy'

export const outcomeOf = (reply: Reply): Outcome => {
  switch (reply.kind) {
    case 'result':
      return { outcome: 'ok', code: '' }
    case 'error':
      return { outcome: 'error', code: errorCode(reply.error.code) }
    case 'refusal':
      return {
        outcome: 'refused',
        code: reply.problem.code,
        ...(isPolicy(reply.problem) ? { detail: reply.problem.detail } : {}),
      }
    case 'failure':
      return { outcome: 'failed', code: reply.problem.code }
  }
}

/** What a throw counts as; the server answers it as an internal error. */
export const thrown: Outcome = { outcome: 'failed', code: 'internal-error' }

const longestName = 256

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' ? value.slice(0, longestName) : undefined

/** The tool, prompt or resource that a request is about, in the caller's words. */
export const targetOf = ({ params }: JsonRpcRequest): string | undefined => {
  if (params === undefined) return undefined
  const ref = params['ref'] as JsonObject | null | undefined
  return text(params['name']) ?? text(params['uri']) ?? text(ref?.['name']) ?? text(ref?.['uri'])
}

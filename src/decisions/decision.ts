// One decision of the proxy as it is kept: who asked for what, the answer, and every check behind it. Nothing secret.
import type { Json } from '../base/json.ts'
import type { Check } from '../core/verdict/check.ts'
import type { Reuse } from '../mcp/call.ts'
import type { Problem } from '../problems/problem.ts'
import type { DecidedFacts } from './facts.ts'

/** What a client said of itself; believed by nobody. */
export interface ClientName {
  readonly name: string
  readonly version?: string | undefined
}

/** Who asked, as far as that is known. */
export interface DecidedCaller {
  /** The address of the peer that is connected to us, or its network; undefined for a client on pipes, or by choice. */
  readonly address?: string | undefined
  /** The first product of `User-Agent`, or `clientInfo` of MCP. */
  readonly client?: ClientName | undefined
  readonly iss?: string | undefined
  readonly sub?: string | undefined
  readonly clientId?: string | undefined
  /** First 8 hex digits of the token's SHA-256. */
  readonly token?: string | undefined
  /** The same of the session id. */
  readonly session?: string | undefined
  /** What a token that was not accepted says of itself. Unverified. */
  readonly claimed?: { readonly iss?: Json; readonly aud?: Json; readonly kid?: Json } | undefined
}

/** `mcp`: the endpoint. `verify`: a gateway asked. */
export const doorNames = ['mcp', 'verify', 'admin', 'stdio'] as const

export type DoorName = (typeof doorNames)[number]

/** What was asked for. */
export interface DecidedRequest {
  /** By which door it came; undefined where that could not be read. */
  readonly door?: DoorName | undefined
  readonly http_method?: string | undefined
  /** At `verify`: of the request that the gateway asked about, without its query. At `mcp`: the endpoint of a profile; undefined for /mcp. */
  readonly path?: string | undefined
  /** The JSON-RPC method, where a message was read. */
  readonly method?: string | undefined
  /** The tool, prompt or resource, as the caller names it. */
  readonly name?: string | undefined
  readonly backend?: string | undefined
  /** How the proxy proves itself there: the kind, never the credential. Undefined where nothing was sent. */
  readonly credential?: string | undefined
  /** `cache`: the answer was kept. `shared`: it is that of an identical call under way. Undefined: of this call. */
  readonly reused?: Reuse | undefined
}

/** What made a decision what it is: a role, a token, a rule, a limit; with the pattern of its list that matched. */
export interface DecidedBy {
  /** As the policy calls its causes; `limit`: a rule of [limits]. */
  readonly kind: string
  readonly name: string
  readonly pattern?: string | undefined
}

/** What a rule that only reports would have refused. */
export interface WouldDeny {
  /** As logs and metrics call it. */
  readonly rule: string
  readonly problem: Problem
}

export interface Decision {
  /** The request id: in `x-request-id`, in the error and in the log. A batch has one id for all its calls. */
  readonly id: string
  /** The trace of the request (W3C Trace Context); undefined where it has none. */
  readonly traceId?: string | undefined
  /** Milliseconds since the epoch. */
  readonly time: number
  /** `failed`: the call was allowed and the backend could not answer it. */
  readonly outcome: 'accepted' | 'rejected' | 'undecided' | 'failed'
  /** The HTTP status; undefined where the answer is a JSON-RPC error in a good response, or goes to a pipe. */
  readonly status?: number | undefined
  readonly problem?: Problem | undefined
  /** In the order in which they were asked. Empty where no token was judged. */
  readonly checks: readonly Check[]
  readonly request: DecidedRequest
  readonly caller: DecidedCaller
  /** What refused the call, or let it through. Empty where neither the policy nor a limit had a say. */
  readonly by: readonly DecidedBy[]
  /** What rules that only report would have refused. */
  readonly wouldDeny: readonly WouldDeny[]
  /** What another configuration needs to judge the request again. */
  readonly facts: DecidedFacts
  readonly durationMs?: number | undefined
}

/** A decision with its place in the order of all decisions of this process, from 1. */
export interface KeptDecision extends Decision {
  readonly seq: number
  /** The client is refused again and again for one reason, and this decision showed it. */
  readonly loop?: Problem | undefined
}

// One call over one link: in the words of the backend's era, at its log level, and once more where it refused our own envelope.
import { errorCodes } from '../../base/error-codes.ts'
import { isDeepStrictEqual } from 'node:util'
import type { Call, Reply } from '../../mcp/call.ts'
import type { JsonRpcRequest } from '../../mcp/json-rpc.ts'
import { carriedTrace } from '../../trace/trace-context.ts'
import { bridgeRequest, withTrace, type ClientIdentity } from './era-bridge.ts'
import { notSent, outsideProtocol } from '../failure.ts'
import type { Link } from './link.ts'
import { wantedLevel, type LogLevels } from './log-level.ts'
import { blameRightly } from './missing-capability.ts'

type ParamHeaders = Readonly<Record<string, string>>

/** The headers that repeat the arguments of a tool call, by a list of tools that is asked for anew. */
export type RenewParamHeaders = (request: JsonRpcRequest) => Promise<ParamHeaders>

export interface HopOptions {
  readonly name: string
  readonly identity: ClientIdentity
  readonly levels: LogLevels
  readonly renewParamHeaders: RenewParamHeaders | undefined
  /** Writes the caller into its request, where the backend is shown it. */
  readonly about?: ((request: JsonRpcRequest, call: Call) => JsonRpcRequest) | undefined
}

/** HeaderMismatch and UnsupportedProtocolVersion speak about our own hop, not about the caller's. */
const hopErrors: readonly number[] = [
  errorCodes.headerMismatch,
  errorCodes.unsupportedProtocolVersion,
]

type ErrorReply = Extract<Reply, { readonly kind: 'error' }>

const isAboutOurHop = (reply: Reply): boolean =>
  reply.kind === 'error' && hopErrors.includes(reply.error.code)

export const createHop = ({ name, identity, levels, renewParamHeaders, about }: HopOptions) => {
  const pass = (on: Link, call: Call): Promise<Reply> => {
    const request = bridgeRequest(call, on.agreement, identity)
    const described = about === undefined ? request : about(request, call)
    const headers = on.agreement.era === 'modern' ? call.paramHeaders : undefined
    const { trace } = call
    if (trace === undefined) {
      return on.transport.request(described, call.peer, call.signal, headers, call.caller)
    }
    trace.span.set({ 'mcp.protocol.version': on.agreement.protocolVersion })
    const carried = carriedTrace(trace.span.context)
    return on.transport.request(
      withTrace(described, carried),
      call.peer,
      call.signal,
      { ...headers, ...carried },
      call.caller,
    )
  }
  const send = (on: Link, call: Call): Promise<Reply> => {
    const level = wantedLevel(call)
    const raised = level === undefined ? undefined : levels.raise(on, level)
    return raised === undefined ? pass(on, call) : raised.then(() => pass(on, call))
  }
  /** The call with the headers that the tool wants by now; undefined where it has them (MCP 2026-07-28, custom headers). */
  const withNewHeaders = async (call: Call): Promise<Call | undefined> => {
    if (call.request.method !== 'tools/call') return undefined
    const paramHeaders = await renewParamHeaders?.(call.request)
    const before = call.paramHeaders ?? {}
    return paramHeaders === undefined || isDeepStrictEqual(paramHeaders, before)
      ? undefined
      : { ...call, paramHeaders }
  }
  /** It refused the request for our envelope's sake and so did not carry it out. */
  const sendAgain = async (on: Link, call: Call, code: number): Promise<Reply> => {
    const renewed = code === errorCodes.headerMismatch ? await withNewHeaders(call) : undefined
    if (renewed !== undefined || (await on.probeAgain())) {
      const second = await send(on, renewed ?? call)
      if (!isAboutOurHop(second)) return second
    }
    return notSent(outsideProtocol(name, `error ${code} about our request`))
  }
  const onError = (on: Link, call: Call, reply: ErrorReply): Reply | Promise<Reply> => {
    const { code } = reply.error
    if (hopErrors.includes(code)) return sendAgain(on, call, code)
    return code === errorCodes.missingRequiredClientCapability
      ? blameRightly(reply, call.caller.client)
      : reply
  }
  return (on: Link, call: Call): Promise<Reply> =>
    send(on, call).then((reply) => (reply.kind === 'error' ? onError(on, call, reply) : reply))
}

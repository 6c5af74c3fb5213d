// The innermost of what is around a backend: one span for each time that a call is sent there.
import type { BackendTransportConfig } from '../backends/config.ts'
import type { Call, Handler, Reply } from '../mcp/call.ts'
import type { Attributes } from '../trace/span.ts'
import { callAttributes, errorTypeOf, replyAttributes, spanName } from './span-words.ts'
import { thrown, targetOf } from './outcome.ts'

const defaultPorts: Readonly<Record<string, number>> = {
  'http:': 80,
  'ws:': 80,
  'https:': 443,
  'wss:': 443,
}

/** Where the backend is; of an address the host and the port alone. */
const placeOf = ({ transport, url }: BackendPlace): Attributes => {
  if (transport === 'stdio' || url === undefined) return { 'network.transport': 'pipe' }
  const { hostname, port, protocol } = new URL(url)
  return {
    'network.transport': 'tcp',
    'network.protocol.name': transport === 'websocket' ? 'websocket' : 'http',
    'server.address': hostname,
    'server.port': port === '' ? defaultPorts[protocol] : Number(port),
  }
}

type BackendPlace = Pick<BackendTransportConfig, 'name' | 'transport'> & {
  readonly url?: string | undefined
}

const isNamed = ({ method }: Call['request']): boolean =>
  method === 'tools/call' || method === 'prompts/get'

export const withAttemptSpans = (backend: BackendPlace, handle: Handler): Handler => {
  const fixed: Attributes = { 'mcp_proxy.backend': backend.name, ...placeOf(backend) }
  const attempt = (call: Call, trace: NonNullable<Call['trace']>): Promise<Reply> => {
    const { request } = call
    const name = spanName(request.method, isNamed(request) ? targetOf(request) : undefined)
    const span = trace.span.child(name, 'client', {
      ...callAttributes(request),
      ...fixed,
      ...trace.why,
    })
    return handle({ ...call, trace: { span } }).then(
      (reply) => {
        if (span.isRecorded) {
          span.set(replyAttributes(reply))
          span.end(errorTypeOf(request.method, reply))
        }
        return reply
      },
      (error: unknown) => {
        span.end(thrown.code)
        throw error
      },
    )
  }
  return (call) => (call.trace === undefined ? handle(call) : attempt(call, call.trace))
}

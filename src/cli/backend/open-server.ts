// One MCP server, opened for one command: what was agreed with it, how long that took, and how it is asked.
import type { JsonObject } from '../../base/json.ts'
import type { Ports } from '../../base/ports.ts'
import type { Agreement } from '../../backends/backend.ts'
import type { BackendTransportConfig } from '../../backends/config.ts'
import { openSingle } from '../../backends/supervisor/single.ts'
import type { Call, Caller, Peer, Reply } from '../../mcp/call.ts'
import type { JsonRpcNotification } from '../../mcp/json-rpc.ts'
import { newestLegacy } from '../../mcp/revision.ts'
import type { Problem } from '../../problems/problem.ts'
import { childLines } from './child-lines.ts'
import { listsOf, type ListedKind } from './offers.ts'

export interface ServerRequest {
  readonly method: string
  readonly params: JsonObject
  /** The headers that repeat arguments of a tool. */
  readonly paramHeaders?: Readonly<Record<string, string>>
}

export interface OpenServer {
  readonly agreement: Agreement
  /** Until it could be asked. */
  readonly connectMs: number
  ask(request: ServerRequest): Promise<Reply>
  lists(): Promise<readonly ListedKind[]>
}

export interface ServerOptions {
  readonly ports: Ports
  readonly signal: AbortSignal
  /** What the server may ask of its client, and who answers it. */
  readonly capabilities: JsonObject
  readonly peer: Peer
  readonly onNotification: (notification: JsonRpcNotification) => void
}

/** Why there is no server to ask, with the last lines that a child wrote. */
export interface NoServer {
  readonly problem: Problem
  readonly ms: number
  readonly said: readonly string[]
}

export type WithServer<Result> =
  | { readonly kind: 'done'; readonly result: Result; readonly said: readonly string[] }
  | ({ readonly kind: 'failed' } & NoServer)

const graceMs = 3000

/**
 * As a client of the session era: what a server of either era asks in the middle of a call becomes a question to the
 * peer.
 */
const callerWith = (capabilities: JsonObject): Caller => ({
  principal: { method: 'none', key: 'command line', scopes: [], audience: [], claims: {} },
  client: { era: 'legacy', protocolVersion: newestLegacy, capabilities },
  operator: true,
})

/** Opens the server, lets `work` ask it, and ends what was opened, however that went. */
export const withServer = async <Result>(
  config: BackendTransportConfig,
  options: ServerOptions,
  work: (server: OpenServer) => Promise<Result>,
): Promise<WithServer<Result>> => {
  const { signal, peer, onNotification, capabilities } = options
  const children = childLines(options.ports)
  const { clock } = options.ports
  const caller = callerWith(capabilities)
  const startedAt = clock.now()
  const opened = await openSingle(config, children.ports, {
    client: caller.client,
    peer,
    onNotification,
    signal,
  })
  const connectMs = clock.now() - startedAt
  if (opened.kind === 'failed') {
    const { problem } = opened
    return { kind: 'failed', problem, ms: connectMs, said: children.of(config.name) }
  }
  const { link } = opened
  try {
    const callOf = ({ method, params, paramHeaders }: ServerRequest): Call => ({
      request: { jsonrpc: '2.0', id: 'command', method, params },
      caller,
      peer,
      signal,
      requestId: 'command',
      paramHeaders,
    })
    const result = await work({
      agreement: link.agreement,
      connectMs,
      ask: (request) => link.handle(callOf(request)),
      lists: () => listsOf(link.handle, link.agreement, options.ports, caller),
    })
    return { kind: 'done', result, said: children.of(config.name) }
  } finally {
    await link.close(graceMs)
  }
}

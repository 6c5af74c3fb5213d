// What a proxy in the server of another program takes and offers.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type * as z from 'zod/mini'
import type { Ports } from '../base/ports.ts'
import type { configSchema } from '../config/schema.ts'
import type { Problem } from '../problems/problem.ts'

/** A configuration as an object: what `proxy.toml` says, by the same keys. */
export type ProxyConfig = z.input<typeof configSchema>

export interface ProxyHandlerOptions {
  /** What replaces `${VAR}`; default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Whether health, readiness and the admin API are served as well; default: false. */
  readonly admin?: boolean
  /** Clock, network and randomness; default: `systemPorts()`. Where it logs is said in the configuration. */
  readonly ports?: Ports
}

export interface ProxyReadiness {
  readonly ready: boolean
  /** Why not, one entry for each thing that is not as it should be. */
  readonly problems: readonly Problem[]
}

export interface ProxyHandler {
  /** Serves a request. One that is for none of its paths goes to `next`, or is answered with 404 where there is none. */
  (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void): void
  /** Whether a request to this URL (path and query, as in `request.url`) is for the proxy. */
  serves(url: string | undefined): boolean
  /** Whether calls can be decided and answered now. */
  ready(): ProxyReadiness
  /**
   * Serves another configuration from now on, or the same file as it is now; what has not changed goes on. Rejects with a
   * UsageError, and changes nothing, where it cannot be used.
   */
  reload(config?: string | ProxyConfig): Promise<void>
  /** Lets calls in flight finish, then ends streams and backends. `force` aborts what is in flight. */
  close(options?: { readonly force?: boolean }): Promise<void>
}

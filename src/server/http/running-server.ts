// What a proxy is started with, and what can be done with it while it runs.
import type { Config } from '../../config/schema.ts'
import type { Generation, GenerationReadiness, Parts } from '../../proxy/generation/generation.ts'
import type { ConfigControl } from '../admin/context.ts'
import type { LogOptions, Telemetry } from '../telemetry/telemetry.ts'
import type { Renewal } from '../tls/tls-files.ts'
import type { Door, DoorOptions } from './door.ts'
import type { HttpLimits } from './listen.ts'
import type { SessionLimits } from './sessions.ts'

export interface ServeOptions extends LogOptions {
  readonly sessions?: SessionLimits
  /** How long connections may take to come to their requests. */
  readonly limits?: HttpLimits
  /** The file of the live page; undefined: there is none. */
  readonly page?: string
  /** Where requests come from; default: a listener of our own. */
  readonly openDoor?: (options: DoorOptions) => Promise<Door>
  /** What the proxy is built of; default: the real parts. */
  readonly parts?: Parts
}

export interface RunningServer {
  /** The endpoint as it can be called from this machine. */
  readonly url: string
  readonly address: { readonly host: string; readonly port: number }
  readonly generation: Generation
  /** Where it logs and counts. */
  readonly telemetry: Pick<Telemetry, 'log' | 'meter'>
  ready(): GenerationReadiness
  /** Whether a request to this URL (path and query) is for what is configured; `admin`: or for the admin surface. */
  serves(url: string, admin: boolean): boolean
  /**
   * Serves another configuration from now on. Requests that have come are answered under the one they came under, what
   * has not changed goes on (sessions, backends, limits, caches), and what no configuration uses any more ends. Where
   * `proxy.listen` is another, the new address is opened first, and connections to the old one go on until they are
   * idle. Rejects with a UsageError, and changes nothing, where the configuration cannot be used, or the backend
   * `awaited` does not come up.
   */
  replace(config: Config, awaited?: string): Promise<void>
  /** Rejects as `replace` would, as far as that is known before an address is opened; changes nothing. */
  check(config: Config): Promise<void>
  /** What the admin API reloads by. Without it there is nothing to reload. */
  useControl(control: ConfigControl): void
  /**
   * Reads the files of proxy.tls again and uses what they contain now; connections go on. Rejects with a UsageError, and
   * changes nothing, where they cannot be used.
   */
  renewCertificates(): Promise<Renewal>
  /**
   * Takes no new work, lets calls in flight finish within proxy.shutdown_timeout_seconds, ends streams and
   * backends. `force` aborts what is in flight; it may be called while an orderly close is under way.
   */
  close(options?: { readonly force?: boolean }): Promise<void>
}

// The report of `serve --check`.
import type { Severity } from '../../problems/catalogue/spec.ts'

export interface ServeReport {
  readonly schema_version: 1
  readonly command: 'serve'
  /** `ok`: assembled and nothing opened (`--check`). `listening`: takes calls. */
  readonly verdict: 'ok' | 'listening'
  readonly config: string
  readonly listen: { readonly host: string; readonly port: number }
  /** Where this machine reaches it; null as long as nothing listens. */
  readonly url: string | null
  /** Null for plain http. */
  readonly tls: {
    readonly client_auth: 'none' | 'request' | 'require'
    readonly min_version: string
  } | null
  readonly public_url: string | null
  readonly auth: {
    readonly type: string
    readonly strategy: string | null
    readonly issuers: readonly string[]
    readonly audience: readonly string[]
    readonly required_scopes: readonly string[]
    /** The names of auth.roles. */
    readonly roles: readonly string[]
  }
  readonly backends: readonly {
    readonly name: string
    readonly transport: string
    readonly protocol: string
    /** The program or the origin; never its arguments, which may hold secrets. */
    readonly target: string
  }[]
  /** The door for gateways; null where there is none. */
  readonly verify: {
    readonly path: string
    /** Where this machine reaches it; null as long as nothing listens. */
    readonly url: string | null
    /** The headers that name the caller: the gateway has to remove them from what clients send. */
    readonly headers: readonly string[]
  } | null
  readonly warnings: readonly {
    readonly code: string
    readonly severity: Severity
    readonly message: string
  }[]
}

/** What would become of a configuration at a running proxy: `serve --check --against`. */
export interface AgainstReport {
  readonly schema_version: 1
  readonly command: 'serve'
  /** `applicable`: a reload with it would change something, and succeed. */
  readonly verdict: 'applicable' | 'unchanged' | 'refused'
  readonly config: string
  /** The address of the proxy. */
  readonly against: string
  readonly changes: readonly ReportedChange[]
  /** Why it is refused. */
  readonly problems: readonly ReportedFinding[]
  readonly warnings: readonly ReportedFinding[]
}

interface ReportedChange {
  /** Such as `backends[files].url`. */
  readonly key: string
  /** JSON text; null where it is not set, or not shown. */
  readonly before: string | null
  readonly after: string | null
  readonly change: 'added' | 'removed' | 'changed'
}

export interface ReportedFinding {
  readonly code: string
  readonly case: string | null
  readonly message: string
  readonly hint: string
  readonly line: number | null
  readonly column: number | null
  readonly excerpt: {
    readonly line: number
    readonly text: string
    readonly column: number
    readonly length: number
  } | null
}

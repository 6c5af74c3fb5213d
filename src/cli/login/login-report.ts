// What a login came to, as its JSON report says it. The token is never in it: --bare and --header print it alone.
import { relative } from 'node:path'
import { homedir } from 'node:os'
import type { TokenView } from '../token/token-view.ts'
import { tokenView } from '../token/token-view.ts'
import type { Flow, StoredLogin, Unreadable } from './stored-login.ts'

export interface LoginReport {
  readonly schema_version: 1
  readonly command: 'login'
  readonly verdict: 'logged-in'
  readonly now: string
  readonly address: string
  readonly as: 'issuer' | 'mcp'
  readonly issuer: string
  readonly flow: Flow
  readonly client: {
    readonly id: string
    readonly from: StoredLogin['client']['from']
    readonly auth: string
  }
  readonly resource: string | null
  readonly scopes: {
    readonly asked: readonly string[]
    readonly granted: readonly string[]
    /** Asked for and not granted. */
    readonly missing: readonly string[]
  }
  readonly token: Pick<TokenView, 'kind' | 'characters' | 'fingerprint'> & {
    /** What a JWT says of itself, unverified; null where nothing can be read. */
    readonly audience: readonly string[] | null
  }
  readonly expires_at: string | null
  readonly lifetime_seconds: number | null
  readonly refreshable: boolean
  /** Null where the token was only printed. */
  readonly stored: { readonly name: string; readonly file: string } | null
  /** The next useful command; null where the token was only printed. */
  readonly next: string | null
}

export interface ListedLogin {
  readonly name: string
  readonly address: string | null
  readonly issuer: string | null
  readonly resource: string | null
  readonly expires_at: string | null
  readonly expired: boolean | null
  readonly refreshable: boolean | null
  /** Why the file cannot be used. */
  readonly problem: string | null
}

export interface LoginListReport {
  readonly schema_version: 1
  readonly command: 'login'
  readonly verdict: 'list'
  readonly now: string
  readonly folder: string
  readonly logins: readonly ListedLogin[]
}

/** What --check says of one login, without asking anybody. */
export interface LoginCheckReport {
  readonly schema_version: 1
  readonly command: 'login'
  /** `renewable`: over, and renewed on its next use. */
  readonly verdict: 'valid' | 'renewable' | 'over'
  readonly now: string
  readonly name: string
  readonly address: string
  readonly issuer: string
  readonly resource: string | null
  readonly scopes: readonly string[]
  readonly expires_at: string | null
  readonly remaining_seconds: number | null
  readonly renewable: 'refresh-token' | 'client-credentials' | null
  readonly next: string
}

export interface LoginResetReport {
  readonly schema_version: 1
  readonly command: 'login'
  readonly verdict: 'reset'
  readonly name: string
  /** The issuer whose registration of a client was forgotten. */
  readonly forgotten_client: string | null
}

export const isoTime = (milliseconds: number | undefined): string | null => {
  const date = milliseconds === undefined ? undefined : new Date(milliseconds)
  return date === undefined || Number.isNaN(date.getTime()) ? null : date.toISOString()
}

/** A path below the home folder as people write it. */
export const homely = (path: string): string => {
  const below = relative(homedir(), path)
  return below.startsWith('..') || below === path ? path : `~/${below}`
}

const audienceOf = ({ claims }: TokenView): readonly string[] | null => {
  if (claims === null) return null
  const { aud } = claims
  const list = Array.isArray(aud) ? aud : [aud]
  return list.filter((item): item is string => typeof item === 'string')
}

export interface LoginResult {
  readonly login: StoredLogin
  readonly as: 'issuer' | 'mcp'
  readonly asked: readonly string[]
  readonly granted: readonly string[] | undefined
  /** Where it was stored. */
  readonly file: string | undefined
  readonly now: number
}

export const loginReport = ({ login, as, asked, granted, file, now }: LoginResult): LoginReport => {
  const view = tokenView(login.accessToken.reveal())
  const scopes = granted ?? asked
  const { kind, characters, fingerprint } = view
  const check = kind === 'jwt' ? 'validate' : 'introspect'
  return {
    schema_version: 1,
    command: 'login',
    verdict: 'logged-in',
    now: new Date(now).toISOString(),
    address: login.address,
    as,
    issuer: login.issuer,
    flow: login.flow,
    client: { id: login.client.id, from: login.client.from, auth: login.client.method },
    resource: login.resource ?? null,
    scopes: { asked, granted: scopes, missing: asked.filter((scope) => !scopes.includes(scope)) },
    token: { kind, characters, fingerprint, audience: audienceOf(view) },
    expires_at: isoTime(login.expiresAt),
    lifetime_seconds:
      login.expiresAt === undefined ? null : Math.round((login.expiresAt - now) / 1000),
    refreshable: login.refreshToken !== undefined || login.flow === 'client_credentials',
    stored: file === undefined ? null : { name: login.name, file },
    next: file === undefined ? null : `mcp-proxy ${check} --store ${login.name}`,
  }
}

const listed = (name: string, login: StoredLogin | Unreadable, now: number): ListedLogin =>
  'why' in login
    ? {
        name,
        address: null,
        issuer: null,
        resource: null,
        expires_at: null,
        expired: null,
        refreshable: null,
        problem: login.why,
      }
    : {
        name,
        address: login.address,
        issuer: login.issuer,
        resource: login.resource ?? null,
        expires_at: isoTime(login.expiresAt),
        expired: login.expiresAt !== undefined && login.expiresAt <= now,
        refreshable: login.refreshToken !== undefined || login.flow === 'client_credentials',
        problem: null,
      }

export const listReport = (
  folder: string,
  logins: readonly (readonly [string, StoredLogin | Unreadable])[],
  now: number,
): LoginListReport => ({
  schema_version: 1,
  command: 'login',
  verdict: 'list',
  now: new Date(now).toISOString(),
  folder,
  logins: logins.map(([name, login]) => listed(name, login, now)),
})

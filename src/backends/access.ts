// What goes with each request to a backend: the credential of the proxy, a token obtained for it or for its caller, and what
// the backend is given of that caller.
import type { Ports } from '../base/ports.ts'
import type { Principal } from '../base/principal.ts'
import type { Secret } from '../base/secret.ts'
import { parseAuthorization } from '../core/token/bearer.ts'
import { errorText } from '../core/client/server-words.ts'
import {
  createTokenSource,
  type Subject,
  type TokenSource,
  type TokenTrouble,
} from '../core/upstream/token-source.ts'
import type { Caller } from '../mcp/call.ts'
import { problemOf, type Problem, type Saying } from '../problems/problem.ts'
import type { BackendTransportConfig } from './config.ts'
import { credentialOf, type Credential } from './credential.ts'
import { callerHeaders } from './identity.ts'

type AccessConfig = Partial<BackendTransportConfig> & Pick<BackendTransportConfig, 'name'>

/** How the proxy proves itself at a backend: what audit and decisions say of it. */
export type CredentialKind =
  'none' | 'bearer_token' | 'basic_auth' | 'headers' | 'client_credentials' | 'token_exchange'

export const credentialKindOf = (config: Partial<BackendTransportConfig>): CredentialKind => {
  if (config.oauth !== undefined) return config.oauth.grant
  if (config.bearer_token !== undefined) return 'bearer_token'
  if (config.basic_auth !== undefined) return 'basic_auth'
  return credentialOf(config).identifies ? 'headers' : 'none'
}

export interface Shown extends Credential {
  /** The token in it that was obtained, and can be obtained again. */
  readonly token?: Secret
}

type Taken = Shown | { readonly problem: Problem }

export interface Access {
  /** What goes with every request of every caller; undefined where that differs or changes. */
  readonly fixed: Credential | undefined
  /** Each caller has a credential of its own: what is opened with one is for no other. */
  readonly perCaller: boolean
  /** For a request of the caller; undefined: for one of the proxy itself. Synchronous where all is at hand. */
  take(caller: Caller | undefined): Taken | Promise<Taken>
  /** The backend refused it (401): another one, where that is worth a second request. */
  again(refused: Shown, caller: Caller | undefined): Promise<Taken | undefined>
  /** Reads the files that are needed. Throws a UsageError for one that cannot be used. */
  prove(): Promise<void>
  close(): void
}

export const isTaken = (taken: Taken): taken is Shown => !('problem' in taken)

type Case = Saying<'backend-credential'>[0]

/** RFC 6749 section 5.2, RFC 8693 section 2.2.2, RFC 8707 section 2. */
const cases = {
  invalid_client: 'client',
  incorrect_client_credentials: 'client',
  invalid_client_id: 'client',
  bad_client_secret: 'client',
  unauthorized_client: 'grant',
  unsupported_grant_type: 'grant',
  invalid_grant: 'subject',
  invalid_request: 'request',
  invalid_scope: 'scope',
  invalid_target: 'target',
  access_denied: 'denied',
} as const satisfies Readonly<Record<string, Case>>

const caseOf = (error: string, grant: TokenTrouble['grant']) => {
  const known = Object.hasOwn(cases, error) ? cases[error as keyof typeof cases] : 'other'
  // The same word is said of a token that is not taken for exchange, and of a request that lacks something.
  if (known === 'request' && grant === 'token_exchange') return 'subject'
  return known === 'subject' && grant !== 'token_exchange' ? 'client' : known
}

const problemFor = (backend: string, trouble: TokenTrouble): Problem => {
  const { at, grant } = trouble
  if (trouble.kind !== 'refused') {
    return problemOf('backend-credential', trouble.kind, { backend, at, why: trouble.why })
  }
  const error = errorText(trouble.error)
  return problemOf('backend-credential', caseOf(trouble.error.error, grant), {
    backend,
    at,
    grant,
    error,
  })
}

const exchangeable: readonly Principal['method'][] = ['jwt', 'introspection']

/** The access token that the request of the caller came with: a key of ours, or a static token, is not shown to an authorization server. */
const subjectOf = ({ headers, principal, expiresAt }: Caller): Subject | undefined => {
  const value = headers?.['authorization']
  if (typeof value !== 'string' || !exchangeable.includes(principal.method)) return undefined
  const credential = parseAuthorization([value], { dpop: true })
  return 'token' in credential
    ? { caller: principal.key, token: credential.token, endsAt: expiresAt }
    : undefined
}

const withHeaders = (
  base: Credential,
  token: Secret | undefined,
  more: readonly (readonly [string, string])[],
): Shown => {
  const value = token?.reveal()
  const own = value === undefined ? [] : ([['authorization', `Bearer ${value}`]] as const)
  const all = [...own, ...more]
  return {
    headers: { ...base.headers, ...Object.fromEntries(all) },
    list: [...base.list, ...all.flat()],
    secrets: value === undefined ? base.secrets : [value, ...base.secrets],
    identifies: base.identifies || value !== undefined,
    ...(token === undefined ? {} : { token }),
  }
}

const constant = (credential: Credential): Access => ({
  fixed: credential,
  perCaller: false,
  take: () => credential,
  again: async () => undefined,
  prove: async () => undefined,
  close: () => undefined,
})

/** `place`: the table of the configuration that the backend is in. */
export const createAccess = (
  config: AccessConfig,
  ports: Ports,
  place = `backends.${config.name}`,
): Access => {
  const { name, oauth } = config
  const base = credentialOf(config)
  const headersOf = callerHeaders(config)
  if (oauth === undefined && headersOf === undefined) return constant(base)
  const source: TokenSource | undefined =
    oauth === undefined
      ? undefined
      : createTokenSource({ name, auth: oauth, place: `${place}.oauth`, ports })
  const perCaller = oauth?.grant === 'token_exchange'
  const more = (caller: Caller | undefined) =>
    caller === undefined ? [] : (headersOf?.(caller) ?? [])
  const isOwn = (caller: Caller | undefined): boolean =>
    !perCaller || caller === undefined || caller.operator === true

  const take = (caller: Caller | undefined): Taken | Promise<Taken> => {
    if (source === undefined) return withHeaders(base, undefined, more(caller))
    const subject = isOwn(caller) || caller === undefined ? undefined : subjectOf(caller)
    if (subject === undefined && !isOwn(caller)) {
      return { problem: problemOf('backend-credential', 'no-token', { backend: name }) }
    }
    const obtained = source.take(subject)
    const shown = (got: Awaited<typeof obtained>): Taken =>
      'trouble' in got
        ? { problem: problemFor(name, got.trouble) }
        : withHeaders(base, got.token, more(caller))
    return obtained instanceof Promise ? obtained.then(shown) : shown(obtained)
  }

  return {
    fixed: undefined,
    perCaller,
    take,
    again: async ({ token }, caller) => {
      if (source === undefined || token === undefined) return undefined
      const subject = isOwn(caller) || caller === undefined ? undefined : subjectOf(caller)
      return source.refused(token, subject) ? take(caller) : undefined
    },
    prove: async () => source?.prove(),
    close: () => source?.close(),
  }
}

/** Whom a request is from, where credentials differ by caller; undefined for the proxy itself. */
const keyOf = (caller: Caller | undefined): string | undefined =>
  caller === undefined || caller.operator === true ? undefined : caller.principal.key

/** Why a request must not go where `owner` is known under its own credential; undefined where it may. */
export const foreignTo = (
  backend: string,
  { perCaller }: Pick<Access, 'perCaller'>,
  owner: Caller | undefined,
  caller: Caller | undefined,
): Problem | undefined =>
  perCaller && keyOf(owner) !== keyOf(caller)
    ? problemOf('backend-credential', 'foreign', { backend })
    : undefined

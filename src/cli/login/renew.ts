// The token of a stored login, renewed when it is about to end. Two runs at once spend a refresh token once.
import { problemOf } from '../../problems/problem.ts'
import type { Clock } from '../../base/clock.ts'
import type { Ports } from '../../base/ports.ts'
import { fingerprint, type Secret } from '../../base/secret.ts'
import { usageError, UsageError } from '../../problems/usage-error.ts'
import {
  clientCredentialsGrant,
  openProtocol,
  refreshGrant,
  type Grant,
} from '../../core/oauth-client/grant.ts'
import { storedCredentials } from './own-client.ts'
import type { LoginStore } from './store.ts'
import type { StoredLogin } from './stored-login.ts'
import type { Narrator } from '../terminal/narrator.ts'

export interface RenewOptions {
  readonly env: NodeJS.ProcessEnv
  readonly warn: Narrator['warn']
  readonly note: (text: string) => void
  readonly ports: Ports
  readonly signal?: AbortSignal
}

/** A word of a shell: quoted where it is no plain word. */
const word = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/** The command that makes the login anew. */
export const loginCommand = ({ name, address, flow, resource, client }: StoredLogin): string =>
  [
    'mcp-proxy login',
    word(address),
    ...(flow === 'device' ? ['--device'] : []),
    ...(flow === 'client_credentials' ? ['--client-credentials'] : []),
    ...(client.from === 'pre-registered' ? ['--client-id', word(client.id)] : []),
    ...(client.from === 'metadata-document' ? ['--client-metadata-url', word(client.id)] : []),
    ...(resource === undefined || resource === address ? [] : ['--resource', word(resource)]),
    '--store',
    name,
  ].join(' ')

const oneMinute = 60_000

/** So near its end that it may not survive the call it is for: a minute, or a fifth of a short life. */
const isEnding = ({ obtainedAt, expiresAt }: StoredLogin, now: number): boolean =>
  expiresAt !== undefined && now > expiresAt - Math.min(oneMinute, (expiresAt - obtainedAt) / 5)

const isOver = ({ expiresAt }: StoredLogin, now: number): boolean =>
  expiresAt !== undefined && now >= expiresAt

/** The login as it stands after a grant. A server that does not rotate sends no new refresh token. */
export const withGrant = (login: StoredLogin, grant: Grant, now: number): StoredLogin => ({
  ...login,
  accessToken: grant.accessToken,
  refreshToken: grant.refreshToken ?? login.refreshToken,
  scopes: grant.scopes ?? login.scopes,
  obtainedAt: now,
  expiresAt: grant.lifetimeSeconds === undefined ? undefined : now + grant.lifetimeSeconds * 1000,
})

const ask = async (login: StoredLogin, options: RenewOptions): Promise<Grant> => {
  const { ports, signal } = options
  const credentials = await storedCredentials(login.client, login.issuer, {
    ...options,
    clock: ports.clock,
  })
  const protocol = await openProtocol(
    { issuer: login.issuer, token_endpoint: login.tokenEndpoint },
    credentials,
    {
      ports,
      trusted: [login.address],
      allowHttp: login.allowHttp,
      allowPrivate: login.allowPrivate,
      signal,
    },
  )
  const { refreshToken, resource, scopes } = login
  return refreshToken === undefined
    ? clientCredentialsGrant(protocol, { scopes, resource })
    : refreshGrant(protocol, refreshToken, resource)
}

/** A run that died while it held a claim; every exchange has ended by then. */
const staleMs = 45_000
const waitMs = 100

/**
 * Holds the right to spend one refresh token while `work` runs, against every other process. A claim is
 * a file that only one can make; nobody removes that of another, so a stale one is passed by, not broken.
 */
const holding = async <T>(
  { files }: LoginStore,
  name: string,
  clock: Clock,
  { gone, work }: { readonly gone: () => T | undefined; readonly work: () => Promise<T> },
): Promise<T> => {
  const mine: string[] = []
  for (let attempt = 0; ;) {
    const claim = `${name}.${String(attempt)}.claim`
    mine.push(claim)
    if (files.claim(claim)) break
    const found = gone()
    if (found !== undefined) return found
    const since = files.writtenAt(claim)
    if (since !== undefined && Date.now() - since > staleMs) attempt += 1
    else await clock.sleep(waitMs)
  }
  try {
    return gone() ?? (await work())
  } finally {
    for (const claim of new Set(mine)) files.remove(claim)
  }
}

const refusedForGood = (error: unknown): boolean =>
  error instanceof UsageError &&
  error.problems[0]?.code === 'login-refused' &&
  /invalid_grant/.test(error.message)

const renewed = async (
  store: LoginStore,
  login: StoredLogin,
  options: RenewOptions,
): Promise<StoredLogin> => {
  const { clock } = options.ports
  let grant: Grant
  try {
    grant = await ask(login, options)
  } catch (error) {
    if (refusedForGood(error)) {
      const values = { name: login.name, command: loginCommand(login) }
      throw usageError(problemOf('login-needed', 'refresh-refused', values))
    }
    if (!(error instanceof UsageError) || isOver(login, clock.now())) throw error
    const values = { name: login.name, why: error.message }
    options.warn(problemOf('usage-advice', 'not-renewed', values))
    return login
  }
  const next = withGrant(login, grant, clock.now())
  // A logout in the meantime stands: what it removed does not come back.
  const current = store.find(login.name)
  if (current?.accessToken.equals(login.accessToken.reveal()) === true) store.save(next)
  options.note(`renewed the token of ${login.name}`)
  return next
}

const claimOf = (name: string, spent: Secret): string => `${name}.${fingerprint(spent.reveal())}`

/** Throws a UsageError of `login-needed` where there is no login, or none that can go on. */
export const usableLogin = async (
  store: LoginStore,
  name: string,
  options: RenewOptions,
): Promise<StoredLogin> => {
  const { clock } = options.ports
  const login = store.find(name)
  if (login === undefined) {
    throw usageError(problemOf('login-needed', 'absent', { name }))
  }
  if (!isEnding(login, clock.now())) return login
  const { refreshToken } = login
  if (refreshToken === undefined && login.flow !== 'client_credentials') {
    if (!isOver(login, clock.now())) return login
    const values = { name, command: loginCommand(login) }
    throw usageError(problemOf('login-needed', 'no-refresh', values))
  }
  const spent = refreshToken ?? login.accessToken
  return holding(store, claimOf(name, spent), clock, {
    gone: () => {
      const current = store.find(name)
      return current === undefined || current.accessToken.equals(login.accessToken.reveal())
        ? undefined
        : current
    },
    work: () => renewed(store, login, options),
  })
}

// The token of a stored login as a token source, and what that login says to expect of it.
import { existsSync } from 'node:fs'
import { problemOf } from '../../problems/problem.ts'
import { UsageError, usageError } from '../../problems/usage-error.ts'
import type { AuthFlagValues } from '../flags/auth-flags.ts'
import type { Narrator } from '../terminal/narrator.ts'
import { networkPorts, type NetworkFlagValues } from '../flags/network-flags.ts'
import type { TokenText } from '../token/token-source.ts'

export interface StoreFlagValue {
  readonly store?: string | undefined
}

export interface StoredToken extends TokenText {
  readonly issuer: string
  readonly resource: string | undefined
}

/** Undefined without `--store`. The token is renewed first where it is about to end. */
export const storedToken = async (
  argument: string | undefined,
  {
    store: name,
    timeout,
    ...network
  }: StoreFlagValue & NetworkFlagValues & { readonly timeout: number },
  narrator: Pick<Narrator, 'env' | 'warn' | 'note'>,
): Promise<StoredToken | undefined> => {
  if (name === undefined) return undefined
  if (argument !== undefined) {
    throw usageError(problemOf('usage-flag', 'token-twice'))
  }
  const [{ openStore }, { usableLogin }] = await Promise.all([
    import('./store.ts'),
    import('./renew.ts'),
  ])
  const { accessToken, issuer, resource } = await usableLogin(openStore(narrator.env), name, {
    ...narrator,
    ports: await networkPorts(network, narrator),
    signal: AbortSignal.timeout(timeout * 1000),
  })
  return { text: accessToken.reveal(), source: `the login ${name}`, issuer, resource }
}

/** A login is for one server: its token is shown to no other. */
export const checkLogin = (address: string, name: string, resource: string | undefined): void => {
  if (resource === undefined || !URL.canParse(resource)) return
  const own = new URL(resource)
  const asked = new URL(address.replace(/^ws/i, 'http'))
  if (own.origin === asked.origin) return
  throw usageError(
    problemOf('usage-flag', 'login-of-another', { name, origin: own.origin, address }),
  )
}

/** The login that was made for this address, ready to be used; undefined where there is none, or none that goes on. */
export const loginFor = async (
  address: string,
  timeout: number,
  narrator: Pick<Narrator, 'env' | 'warn' | 'note'>,
): Promise<
  { readonly token: string; readonly source: string; readonly login: string } | undefined
> => {
  const { openStore } = await import('./store.ts')
  const own = new URL(address.replace(/^ws/i, 'http')).href
  const isFor = (url: string | undefined): boolean =>
    url !== undefined && URL.canParse(url) && new URL(url).href === own
  const found = openStore(narrator.env)
    .all()
    .find(([, login]) => !('why' in login) && (isFor(login.resource) || isFor(login.address)))
  if (found === undefined) return undefined
  const [login] = found
  try {
    const stored = await storedToken(undefined, { store: login, timeout }, narrator)
    return stored === undefined ? undefined : { token: stored.text, source: stored.source, login }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    narrator.warn(problemOf('usage-advice', 'login-unusable', { name: login, why: error.message }))
    return undefined
  }
}

/** Where neither flags nor a configuration say what to expect, the login knows whom it was made with and for. */
export const expectingLogin = <Flags extends AuthFlagValues>(
  flags: Flags,
  stored: StoredToken | undefined,
): Flags => {
  if (stored === undefined || flags.issuer !== undefined || flags.config !== undefined) return flags
  if (existsSync('proxy.toml')) return flags
  const audience = stored.resource === undefined ? undefined : [stored.resource]
  return { ...flags, issuer: stored.issuer, audience: flags.audience ?? audience }
}

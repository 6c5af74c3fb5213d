// The token of a stored login as a token source, and what that login says to expect of it.
import { existsSync } from 'node:fs'
import { problemOf } from '../../problems/problem.ts'
import { usageError } from '../../problems/usage-error.ts'
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

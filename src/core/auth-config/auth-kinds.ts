// Questions about the kind of [auth] that a configuration has.
import type { AuthConfig } from './auth-config.ts'

/** Authentication by tokens that an issuer vouches for. */
export type IssuedAuth = Extract<AuthConfig, { readonly type: 'jwt' | 'oauth' }>

export const hasIssuer = (auth: AuthConfig): auth is IssuedAuth =>
  auth.type === 'jwt' || auth.type === 'oauth'

/** The file of API keys that are accepted, alone or beside tokens. */
export const keysFileOf = (auth: AuthConfig): string | undefined =>
  auth.type === 'none' ? undefined : auth.keys_file

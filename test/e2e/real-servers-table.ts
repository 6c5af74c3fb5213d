// What is expected of authorization servers of three makes: the verdicts on their tokens, discovery, the advice.
import type { ProblemCode } from '../../src/problems/problem.ts'
import type { BetterAuthServer } from '../support/real-servers/better-auth.ts'
import type { GlewlwydServer } from '../support/real-servers/glewlwyd.ts'
import type { RealServer, TokenName } from '../support/real-servers/real-server.ts'

export interface Servers {
  readonly 'oidc-provider': RealServer
  readonly 'better-auth': BetterAuthServer
  readonly glewlwyd: GlewlwydServer
}
export type Make = keyof Servers

export const realms = {
  jwt: { token_validation: 'jwt' },
  introspection: { token_validation: 'introspection' },
  both: { token_validation: 'both' },
  /** Good JWTs are introspected too, to see what was revoked. */
  twice: { token_validation: 'both', introspect_jwts: true },
} as const
export type RealmName = keyof typeof realms

/** `foreign`: a good token of another make, for the same audience. */
export type Subject = TokenName | 'foreign' | 'ofAnotherClient' | 'encrypted'
export type Expected = 'accepted' | ProblemCode

export const table: Record<Make, Partial<Record<RealmName, Partial<Record<Subject, Expected>>>>> = {
  'oidc-provider': {
    jwt: {
      good: 'accepted',
      expired: 'time-exp',
      elsewhere: 'claim-aud',
      aimless: 'jose-shape',
      opaque: 'jose-shape',
      foreign: 'claim-iss',
    },
    introspection: {
      opaque: 'accepted',
      aimless: 'intro-aud',
      revoked: 'intro-active',
      // It keeps no record of its JWTs, and says so with a status of its own.
      good: 'intro-active',
      expired: 'intro-active',
      elsewhere: 'intro-active',
      foreign: 'intro-active',
    },
    both: { good: 'accepted', opaque: 'accepted', revoked: 'intro-active', foreign: 'claim-iss' },
  },
  'better-auth': {
    jwt: {
      good: 'accepted',
      expired: 'time-exp',
      elsewhere: 'claim-aud',
      opaque: 'jose-shape',
      foreign: 'claim-iss',
      ofAnotherClient: 'accepted',
    },
    introspection: {
      good: 'accepted',
      expired: 'intro-active',
      elsewhere: 'claim-aud',
      // Its opaque tokens name no audience, whatever was asked for.
      opaque: 'intro-aud',
      revoked: 'intro-active',
      // It tells a client about that client's own tokens alone.
      ofAnotherClient: 'intro-active',
    },
    twice: { good: 'accepted', foreign: 'claim-iss', ofAnotherClient: 'intro-active' },
  },
  glewlwyd: {
    jwt: {
      good: 'accepted',
      elsewhere: 'claim-aud',
      // Its `aud` holds the scopes when no resource was asked for.
      aimless: 'claim-aud',
      opaque: 'jose-shape',
      encrypted: 'jose-encrypted',
      foreign: 'claim-iss',
      // Nothing but introspection can tell.
      revoked: 'accepted',
    },
    introspection: {
      good: 'accepted',
      elsewhere: 'claim-aud',
      aimless: 'claim-aud',
      // A refresh token: it knows no other opaque ones.
      opaque: 'intro-active',
      encrypted: 'intro-active',
      foreign: 'intro-active',
      revoked: 'intro-active',
      // It tells a client about that client's own tokens alone, unless the plugin demands scopes.
      ofAnotherClient: 'intro-active',
    },
    twice: { good: 'accepted', foreign: 'claim-iss', revoked: 'intro-active' },
  },
}

interface Advice {
  readonly realm: RealmName
  readonly subject: Subject
  /** The finding that it stands under. */
  readonly check: ProblemCode
  /** The cause that leads, where it is another. */
  readonly cause?: ProblemCode
  readonly hint: string
}

/** The line of advice that stands under a finding, by the name of its row in the provider table. */
export const advised: Record<Make, readonly Advice[]> = {
  'oidc-provider': [
    {
      realm: 'introspection',
      subject: 'good',
      check: 'intro-active',
      hint: 'node-oidc-provider-jwt',
    },
  ],
  'better-auth': [
    { realm: 'jwt', subject: 'opaque', check: 'jose-shape', hint: 'better-auth-opaque' },
    { realm: 'introspection', subject: 'opaque', check: 'intro-aud', hint: 'better-auth-opaque' },
    {
      realm: 'introspection',
      subject: 'ofAnotherClient',
      check: 'intro-active',
      hint: 'better-auth-inactive',
    },
    {
      realm: 'twice',
      subject: 'ofAnotherClient',
      check: 'intro-inactive-valid',
      cause: 'intro-active',
      hint: 'better-auth-inactive',
    },
    {
      realm: 'introspection',
      subject: 'foreign',
      check: 'intro-reach',
      hint: 'better-auth-stranger',
    },
  ],
  glewlwyd: [
    { realm: 'jwt', subject: 'aimless', check: 'claim-aud', hint: 'glewlwyd-audience' },
    { realm: 'jwt', subject: 'encrypted', check: 'jose-encrypted', hint: 'glewlwyd-encrypted' },
    {
      realm: 'introspection',
      subject: 'encrypted',
      check: 'intro-active',
      hint: 'glewlwyd-encrypted',
    },
    {
      realm: 'introspection',
      subject: 'ofAnotherClient',
      check: 'intro-active',
      hint: 'glewlwyd-inactive',
    },
    {
      realm: 'twice',
      subject: 'revoked',
      check: 'intro-inactive-valid',
      cause: 'intro-active',
      hint: 'glewlwyd-inactive',
    },
  ],
}

// From the [auth] section to the one validator: the only place where validators are put together.
import type { Ports } from '../../base/ports.ts'
import { anyone } from '../../base/principal.ts'
import { problemOf } from '../../problems/problem.ts'
import type { AuthConfig } from '../auth-config/auth-config.ts'
import type { AuthGate } from './auth-gate.ts'
import { policyOf } from '../auth-config/auth-policy.ts'
import { issuersOf } from '../auth-config/issuer-config.ts'
import { jwtGate, oauthGate, type ValidatorOptions } from './issuer-gate.ts'
import { checkInput } from '../token/token-input.ts'
import { fail } from '../verdict/check.ts'
import { judge, neverAccepted } from '../verdict/judge.ts'
import type { TokenValidator } from '../verdict/verdict.ts'
import { createStaticValidator } from './static-validator.ts'
import { withStrongestSign } from './strongest-sign.ts'
import { withPossession } from './with-possession.ts'

export type { ValidatorOptions } from './issuer-gate.ts'

type OauthConfig = Extract<AuthConfig, { readonly type: 'oauth' }>

/** For what is no API key of ours where nothing else is accepted. */
const createForeignValidator = (): TokenValidator => ({
  validate: (token) =>
    judge(
      [...checkInput(token), fail(problemOf('key-unknown', 'foreign'))],
      neverAccepted,
      undefined,
    ),
})

/** What a gate without an issuer has in common. */
const withoutIssuer: Omit<AuthGate, 'type' | 'validate'> = {
  anonymous: undefined,
  authorizationServers: [],
  audiences: [],
  requiredScopes: [],
  introspect: undefined,
  probe: undefined,
  discovery: () => undefined,
  start: () => undefined,
  ready: () => ({ ready: true }),
  close: () => undefined,
}

const oneGate = (
  auth: Extract<AuthConfig, { readonly type: 'jwt' }>,
  ports: Ports,
  options: ValidatorOptions,
): AuthGate =>
  withStrongestSign(
    jwtGate(auth, ports, options),
    policyOf(auth, [auth.issuer], options.defaultAudience),
    ports.clock,
  )

const issuersGate = async (
  auth: OauthConfig,
  ports: Ports,
  options: ValidatorOptions,
): Promise<AuthGate> => {
  const gates = await Promise.all(
    issuersOf(auth).map(async ({ auth: one, path }) => ({
      gate: await oauthGate(one, showPath(path), ports, options),
      issuers: [one.issuer, one.metadata_issuer ?? one.issuer],
      one,
    })),
  )
  const [first, second] = gates
  if (first === undefined) throw new Error('no issuer is configured')
  const issuers = [...new Set(gates.flatMap((gate) => gate.issuers))]
  const policy = {
    ...policyOf(first.one, issuers, options.defaultAudience),
    audiences: gates.flatMap(({ gate }) => gate.audiences),
  }
  const { clock } = ports
  if (second === undefined) return withStrongestSign(first.gate, policy, clock)
  // Loaded where there are several: one issuer starts without.
  const { severalIssuers } = await import('./several-issuers.ts')
  return withStrongestSign(severalIssuers({ gates, policy, clock }), policy, clock)
}

/** As it is written: `auth`, `auth.issuers[1]`. */
const showPath = (path: readonly (string | number)[]): string =>
  path.reduce<string>(
    (shown, step) => (typeof step === 'number' ? `${shown}[${step}]` : `${shown}.${step}`),
    'auth',
  )

/** Loaded where there is a key file. */
const besideKeys = async (
  gate: AuthGate,
  { keys_file: file }: { readonly keys_file?: string | undefined },
  ports: Ports,
): Promise<AuthGate> =>
  file === undefined ? gate : (await import('./with-keys.ts')).withKeys(gate, file, ports)

/**
 * Builds the validator that a configuration asks for. Asks nobody: what has to be fetched is fetched by
 * the first token that needs it, or ahead of need after `start()`, so an issuer that is down stops
 * nothing. Throws a UsageError for a configuration that would accept tokens of any audience, and for a
 * key of our client that cannot be read.
 */
export const createValidator = async (
  auth: AuthConfig,
  ports: Ports,
  options: ValidatorOptions = {},
): Promise<AuthGate> => {
  const { possessionMemory: memory } = options
  switch (auth.type) {
    case 'none':
      return {
        ...withoutIssuer,
        type: 'none',
        anonymous: anyone,
        validate: () => ({
          outcome: 'accepted',
          checks: [],
          principal: anyone,
          expiresAt: undefined,
        }),
      }
    case 'bearer':
      return besideKeys(
        {
          ...withoutIssuer,
          type: 'bearer',
          ...createStaticValidator([
            ...auth.tokens,
            ...(auth.scoped_tokens ?? []).map(({ token }) => token),
          ]),
        },
        auth,
        ports,
      )
    case 'keys':
      return besideKeys(
        {
          ...withoutIssuer,
          type: 'keys',
          requiredScopes: auth.required_scopes,
          ...createForeignValidator(),
        },
        auth,
        ports,
      )
    case 'jwt':
      return withPossession(
        await besideKeys(oneGate(auth, ports, options), auth, ports),
        auth,
        ports.clock,
        memory,
      )
    case 'oauth':
      return withPossession(
        await besideKeys(await issuersGate(auth, ports, options), auth, ports),
        auth,
        ports.clock,
        memory,
      )
  }
}

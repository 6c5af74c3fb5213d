// A configuration that decisions are judged by again: what serve would build of it, without anything that asks a server.
import type { ProfileConfig } from '../../config/profile-schema.ts'
import { endpointsOf } from '../../config/profiles.ts'
import { endpointPath, publicUrlOf } from '../../config/public-url.ts'
import type { Config } from '../../config/schema.ts'
import { isKeyFile, readKeyFile, type KeyEntry } from '../../core/api-keys/key-file.ts'
import type { AccessConfig } from '../../core/auth-config/access-keys.ts'
import { hasIssuer, keysFileOf } from '../../core/auth-config/auth-kinds.ts'
import { policyOf } from '../../core/auth-config/auth-policy.ts'
import { issuersOf } from '../../core/auth-config/issuer-config.ts'
import { tokenRulesOf, type TokenRules } from '../../core/auth-config/token-rules.ts'
import { tokenKey } from '../../core/claims/principal.ts'
import type { ClaimPolicy } from '../../core/token/claim-policy.ts'
import type { Policy } from '../../policy/policy.ts'
import type { DecisionReport } from '../../decisions/decision-report.ts'
import { usageError } from '../../problems/usage-error.ts'
import {
  configuredPolicy,
  namedBackends,
  ownBackends,
  type NamedBackend,
} from '../../proxy/exposure/configured-policy.ts'
import { roleMappingRules } from '../../proxy/generation/facts-reader.ts'
import { createGuard, type Guard } from '../../server/http/guard.ts'

export interface Candidate {
  readonly auth: Config['auth']
  readonly policy: Policy
  readonly backends: readonly NamedBackend[]
  readonly guard: Guard
  readonly tokenRules: TokenRules
  /** A digest of the way in which claims give roles. */
  readonly roleMapping: string | undefined
  readonly roleClaim: string | undefined
  /** Keys of the callers that present a token of the configuration, by the fingerprint of the token. */
  readonly tokens: ReadonlyMap<string, string>
  /** API keys by their fingerprint. */
  readonly keys: ReadonlyMap<string, KeyEntry>
  /** What tokens of that issuer have to say; undefined where it is not configured. */
  expects(issuer: string | undefined): ClaimPolicy | undefined
}

const fingerprintLength = 8

const tokensOf = (auth: Config['auth']): ReadonlyMap<string, string> => {
  if (auth.type !== 'bearer') return new Map()
  const all = [...auth.tokens, ...(auth.scoped_tokens ?? []).map(({ token }) => token)]
  return new Map(all.map((token) => [token.fingerprint(), tokenKey(token.reveal())]))
}

/** Throws a UsageError where the key file cannot be used. */
const keysOf = (auth: Config['auth']): ReadonlyMap<string, KeyEntry> => {
  const file = keysFileOf(auth)
  if (file === undefined) return new Map()
  const read = readKeyFile(file)
  if (!isKeyFile(read)) throw usageError(read)
  return new Map(read.keys.map((key) => [key.sha256.slice(0, fingerprintLength), key]))
}

interface Expected {
  readonly names: readonly string[]
  readonly policy: ClaimPolicy
}

const expectedBy = (config: Config): readonly Expected[] => {
  const { auth } = config
  const audience = publicUrlOf(config)
  if (!hasIssuer(auth)) return []
  if (auth.type === 'jwt') {
    return [{ names: [auth.issuer], policy: policyOf(auth, [auth.issuer], audience) }]
  }
  return issuersOf(auth).map(({ auth: one }) => {
    const names = [one.issuer, one.metadata_issuer ?? one.issuer]
    return { names, policy: policyOf({ ...auth, ...one }, names, audience) }
  })
}

/** `profile`: that whose configuration it is. Throws a UsageError where serve could not use it. */
export const createCandidate = async (
  config: Config,
  profile?: ProfileConfig,
): Promise<Candidate> => {
  const { auth } = config
  const expected = expectedBy(config)
  const { role_mapping: mapping }: AccessConfig = auth
  return {
    auth,
    policy: await configuredPolicy(config, profile),
    backends: [...ownBackends(config), ...namedBackends(config)],
    guard: createGuard(config, publicUrlOf(config)),
    tokenRules: tokenRulesOf(auth),
    roleMapping: roleMappingRules(auth),
    roleClaim: mapping?.claim,
    tokens: tokensOf(auth),
    keys: keysOf(auth),
    expects: (issuer) =>
      issuer === undefined && expected.length === 1
        ? expected[0]?.policy
        : expected.find(({ names }) => issuer !== undefined && names.includes(issuer))?.policy,
  }
}

/** That of the endpoint which a request came to; undefined where the configuration has no such endpoint. */
export type CandidateOf = (request: DecisionReport['request']) => Candidate | undefined

/** Throws a UsageError where serve could not use the configuration. */
export const createCandidates = async (config: Config): Promise<CandidateOf> => {
  const all = new Map<string, Candidate>()
  for (const { path, config: own, profile } of endpointsOf(config)) {
    all.set(path, await createCandidate(own, profile))
  }
  // Gateways name the paths of other servers.
  return ({ door, path }) => all.get(door === 'mcp' && path !== null ? path : endpointPath)
}

// The gate before the tokens of one issuer: keeps what it needs fetched, and says whether it can decide.
import type { Ports } from '../../base/ports.ts'
import type { Problem } from '../../problems/problem.ts'
import type { AuthGate, Readiness } from './auth-gate.ts'
import type { TokenConfig } from '../auth-config/auth-policy.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import type { IntrospectionValidator } from '../introspection/introspection.ts'
import type { RemoteKeySource } from '../keys/keys.ts'
import type { MetadataSource } from '../metadata/metadata-source.ts'
import type { SecondOpinion } from './second-opinion.ts'
import type { TokenValidator } from '../verdict/verdict.ts'

/** Something that has to be fetched, and again after a while. */
interface Upkeep {
  prepare(): Promise<void>
  dueInMs(): number
}

/** At least this long between two rounds, whatever the parts say. */
const shortestRoundMs = 250

const keepUp = async (part: Upkeep, { clock }: Ports, closed: AbortSignal): Promise<void> => {
  while (!closed.aborted) {
    await part.prepare()
    if (closed.aborted) return
    await clock.sleep(Math.max(shortestRoundMs, part.dueInMs()), closed).catch(() => undefined)
  }
}

const ready: Readiness = { ready: true }
const notReady = (problem: Problem): Readiness => ({ ready: false, problem })

export interface TokenGateParts {
  readonly auth: TokenConfig
  readonly policy: ClaimPolicy
  readonly validator: TokenValidator
  readonly keys: RemoteKeySource | undefined
  readonly metadata: MetadataSource | undefined
  readonly introspection: IntrospectionValidator | undefined
  /** Stands beside what a person asks the authorization server. */
  readonly opinion: SecondOpinion | undefined
}

const warnings = ({ auth, policy }: TokenGateParts, { log }: Ports): void => {
  if (policy.senderConstraint === 'ignore') {
    log.warn({}, 'sender_constraint = "ignore": stolen bound tokens will work as bearer tokens')
  }
  if (auth.allow_http) {
    log.warn({}, 'allow_http = true: secrets and keys may travel in the clear')
  }
}

/**
 * Readiness is told from what is at hand and asks nobody. Does not check that the issuer would answer now:
 * a verdict does.
 */
export const tokenGate = (parts: TokenGateParts, ports: Ports): AuthGate => {
  const { auth, policy, validator, keys, metadata, introspection, opinion } = parts
  const closed = new AbortController()
  const upkeep: readonly Upkeep[] = [metadata, keys].filter((part) => part !== undefined)
  let started = false

  const readiness = (): Readiness => {
    const noKeys = keys?.failure()
    if (noKeys !== undefined) return notReady(noKeys)
    const needsEndpoint = auth.type === 'oauth' && auth.introspection_endpoint === undefined
    const noMetadata =
      introspection !== undefined && needsEndpoint ? metadata?.failure() : undefined
    if (noMetadata !== undefined) return notReady(noMetadata)
    const deaf = introspection?.failure()
    return deaf === undefined ? ready : notReady(deaf)
  }

  return {
    type: auth.type,
    anonymous: undefined,
    authorizationServers: [auth.issuer],
    audiences: policy.audiences,
    requiredScopes: policy.requiredScopes,
    validate: (token, signal, presentation, peer) =>
      validator.validate(token, signal, presentation, peer),
    holds: (verdict) => validator.holds?.(verdict) ?? false,
    introspect:
      introspection &&
      (async (token, signal) => {
        const found = await introspection.introspect(token, signal)
        return opinion === undefined ? found : opinion.beside(token, found, signal)
      }),
    probe: introspection && ((signal) => introspection.probe(signal)),
    discovery: () => metadata?.last(),
    start: () => {
      if (started) return
      started = true
      warnings(parts, ports)
      for (const part of upkeep) void keepUp(part, ports, closed.signal)
    },
    ready: readiness,
    close: () => {
      closed.abort()
      for (const part of [validator, keys, metadata, introspection, opinion]) part?.close?.()
    },
  }
}

// What decisions of one generation depended on, as records keep it. Asked for decisions that are kept, and for no others.
import type { IncomingHttpHeaders } from 'node:http'
import { writeJson } from '../../base/exact-json.ts'
import type { Principal } from '../../base/principal.ts'
import type { Config } from '../../config/schema.ts'
import type { AccessConfig } from '../../core/auth-config/access-keys.ts'
import { digestOf, tokenRulesOf } from '../../core/auth-config/token-rules.ts'
import { callerFacts, fitsTarget, headerFact, type DecidedFacts } from '../../decisions/facts.ts'
import type { Call } from '../../mcp/call.ts'
import type { Cause } from '../../policy/decision.ts'
import type { Policy, Target } from '../../policy/policy.ts'

/** What is known of a request that was decided about. */
export interface FactsAsked {
  readonly principal: Principal | undefined
  /** Of the request, where it came with some. */
  readonly headers: Pick<IncomingHttpHeaders, 'host' | 'origin'> | undefined
  /** What a token that was not accepted names as its issuer. */
  readonly claimedIssuer: unknown
  readonly wantedScopes: readonly string[]
  /** Where there was one. */
  readonly call: Call | undefined
}

export interface FactsReader {
  of(asked: FactsAsked): DecidedFacts
  /** What let the call through; empty where nothing restricts it. */
  allowing(call: Call): readonly Cause[]
}

export interface FactsParts {
  readonly config: Pick<Config, 'auth' | 'observability'>
  readonly policy: Pick<Policy, 'rolesOf' | 'restricts' | 'decide' | 'decideCall'>
  /** The target of a call with the annotations that its backend listed, as far as lists are at hand. Nothing is asked for it. */
  readonly targetOf: (call: Call) => Target | undefined
}

/** A digest of the way in which claims give roles. */
export const roleMappingRules = (auth: Config['auth']): string | undefined => {
  const { role_mapping: mapping }: AccessConfig = auth
  return mapping === undefined
    ? undefined
    : digestOf([
        mapping.claim,
        Object.entries(mapping.mapping).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ])
}

const argumentsOf = ({ request }: Call) =>
  request.method === 'tools/call' ? (request.params?.['arguments'] ?? {}) : undefined

const sizeOf = (call: Call): number | undefined => {
  const args = argumentsOf(call)
  return args === undefined ? undefined : Buffer.byteLength(writeJson(args))
}

const issuerOf = ({ principal, claimedIssuer }: FactsAsked): string | undefined =>
  principal?.iss ?? (typeof claimedIssuer === 'string' ? claimedIssuer : undefined)

export const createFactsReader = ({ config, policy, targetOf }: FactsParts): FactsReader => {
  const { auth, observability } = config
  const { client_address: address, decisions } = observability
  const rules = tokenRulesOf(auth)
  const roleMapping = roleMappingRules(auth)
  const callerOf = (principal: Principal) =>
    callerFacts(principal, {
      roles: policy.rolesOf({ principal }),
      roleMapping,
      paths: decisions.claims,
    })
  return {
    of: (asked) => {
      const { principal, headers, wantedScopes, call } = asked
      const known = principal === undefined ? undefined : callerOf(principal)
      const found = call === undefined ? undefined : targetOf(call)
      const target =
        found === undefined
          ? undefined
          : {
              kind: found.kind,
              backend: found.backend,
              name: found.name,
              annotations: found.annotations,
            }
      const fits = target === undefined || fitsTarget(target)
      return {
        host: headerFact(headers?.host),
        origin: headerFact(headers?.origin),
        address,
        tokenRules: rules.of(issuerOf(asked)),
        caller: known?.caller,
        target: fits ? target : undefined,
        argumentSize: call === undefined ? undefined : sizeOf(call),
        wantedScopes,
        cut: fits ? (known?.cut ?? []) : [...(known?.cut ?? []), 'target'],
      }
    },
    allowing: (call) => {
      const target = policy.restricts ? targetOf(call) : undefined
      if (target === undefined) return []
      const { caller, request } = call
      return request.method === 'tools/call'
        ? policy.decideCall(caller, target, request.params?.['arguments']).causes
        : policy.decide(caller, target).causes
    },
  }
}

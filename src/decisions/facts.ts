// What a decision depended on beside its checks: enough for another configuration to judge the same request again.
import type { Json, JsonObject } from '../base/json.ts'
import type { Principal } from '../base/principal.ts'
import type { ToolAnnotations } from '../mcp/tool-annotations.ts'
import { claimAt } from '../policy/claim-values.ts'

/** An accepted caller, as far as a policy looks at it. */
export interface CallerFacts {
  readonly method: Principal['method']
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  /** Every role that the caller had. */
  readonly roles: readonly string[]
  /** Those that the credential gives by itself. */
  readonly ownRoles: readonly string[]
  /** A digest of `claim` and `mapping` of auth.role_mapping: equal texts, equal roles. Undefined: there is no mapping. */
  readonly roleMapping: string | undefined
  /** Those of observability.decisions.claims that the caller has, by their path. */
  readonly claims: JsonObject
  /** Those of observability.decisions.claims that it has not. */
  readonly absent: readonly string[]
}

/** The tool, prompt or resource by its own name at its backend. */
export interface TargetFacts {
  readonly kind: 'tool' | 'prompt' | 'resource'
  readonly backend: string
  readonly name: string
  /** Of a tool that was listed. */
  readonly annotations: ToolAnnotations | undefined
}

/** Bounded, and without anything that observability.decisions.claims does not name. */
export interface DecidedFacts {
  readonly host: string | undefined
  readonly origin: string | undefined
  /** How much of the address of the caller is recorded. */
  readonly address: 'full' | 'network' | 'none'
  /** A digest of what [auth] demands of tokens beside issuer, audience and scopes. Undefined: no token was judged. */
  readonly tokenRules: string | undefined
  /** Undefined: no caller was accepted. */
  readonly caller: CallerFacts | undefined
  /** Undefined: the request has none, or it was not found. */
  readonly target: TargetFacts | undefined
  /** Bytes of the arguments of a call of a tool, as JSON. */
  readonly argumentSize: number | undefined
  /** The scopes that a gateway asked for beside those of every request. */
  readonly wantedScopes: readonly string[]
  /** What was too large to be recorded. */
  readonly cut: readonly string[]
}

const mostTexts = 100
const longestText = 256
const longestUri = 2048
const largestClaim = 2048
const largestClaims = 8192

/** Undefined where there are too many, or one is too long: a part of them would be judged otherwise than all. */
const bounded = (texts: readonly string[]): readonly string[] | undefined =>
  texts.length <= mostTexts && texts.every(({ length }) => length <= longestText)
    ? texts
    : undefined

interface Recorded {
  readonly claims: Record<string, Json>
  readonly absent: string[]
  readonly cut: string[]
}

const recordClaims = (claims: JsonObject, paths: readonly string[]): Recorded => {
  const recorded: Recorded = { claims: {}, absent: [], cut: [] }
  let left = largestClaims
  for (const path of paths) {
    const value = claimAt(claims, path)
    if (value === undefined) {
      recorded.absent.push(path)
      continue
    }
    const { length } = JSON.stringify(value)
    if (length > largestClaim || length > left) recorded.cut.push(`claims.${path}`)
    else {
      left -= length
      recorded.claims[path] = value
    }
  }
  return recorded
}

export interface CallerFactsOptions extends Pick<CallerFacts, 'roles' | 'roleMapping'> {
  /** observability.decisions.claims */
  readonly paths: readonly string[]
}

/** The facts of a caller, and what of it was too large. */
export const callerFacts = (
  principal: Principal,
  { roles, roleMapping, paths }: CallerFactsOptions,
): { readonly caller: CallerFacts; readonly cut: readonly string[] } => {
  const { method, scopes, audience, roles: ownRoles = [] } = principal
  const { claims, absent, cut } = recordClaims(principal.claims, paths)
  const part = (name: string, texts: readonly string[]): readonly string[] => {
    const kept = bounded(texts)
    if (kept === undefined) cut.push(name)
    return kept ?? []
  }
  const caller: CallerFacts = {
    method,
    scopes: part('scopes', scopes),
    audience: part('audience', audience),
    roles: part('roles', roles),
    ownRoles: part('own_roles', ownRoles),
    roleMapping,
    claims,
    absent,
  }
  return { caller, cut }
}

export const fitsTarget = ({ kind, name }: TargetFacts): boolean =>
  name.length <= (kind === 'resource' ? longestUri : longestText)

/** A header as it came; what is longer than any name is not kept. */
export const headerFact = (value: string | undefined): string | undefined =>
  value === undefined || value.length > longestText ? undefined : value

/** As JSON has it. */
export interface FactsReport {
  readonly host: string | null
  readonly origin: string | null
  readonly address: DecidedFacts['address']
  readonly token_rules: string | null
  readonly caller: {
    readonly method: Principal['method']
    readonly scopes: readonly string[]
    readonly audience: readonly string[]
    readonly roles: readonly string[]
    readonly own_roles: readonly string[]
    readonly role_mapping: string | null
    readonly claims: JsonObject
    readonly absent: readonly string[]
  } | null
  readonly target: {
    readonly kind: TargetFacts['kind']
    readonly backend: string
    readonly name: string
    readonly annotations: ToolAnnotations | null
  } | null
  readonly argument_size: number | null
  readonly wanted_scopes: readonly string[]
  readonly cut: readonly string[]
}

export const factsReport = (facts: DecidedFacts): FactsReport => {
  const { host, origin, address, tokenRules, caller, target, argumentSize, wantedScopes, cut } =
    facts
  return {
    host: host ?? null,
    origin: origin ?? null,
    address,
    token_rules: tokenRules ?? null,
    caller:
      caller === undefined
        ? null
        : {
            method: caller.method,
            scopes: caller.scopes,
            audience: caller.audience,
            roles: caller.roles,
            own_roles: caller.ownRoles,
            role_mapping: caller.roleMapping ?? null,
            claims: caller.claims,
            absent: caller.absent,
          },
    target:
      target === undefined
        ? null
        : {
            kind: target.kind,
            backend: target.backend,
            name: target.name,
            annotations: target.annotations === undefined ? null : { ...target.annotations },
          },
    argument_size: argumentSize ?? null,
    wanted_scopes: wantedScopes,
    cut,
  }
}

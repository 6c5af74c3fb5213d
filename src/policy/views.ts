// Callers as far as the policy looks at them: equal ones share a view, and what was decided for it.
import type { Principal } from '../base/principal.ts'
import type { RoleMapping } from '../core/auth-config/access-keys.ts'
import { factsOf } from './caller-facts.ts'
import { readValues, type CallerReads } from './caller-reads.ts'
import { claimReader } from './claim-values.ts'
import type { Facts } from './conditions.ts'
import type { Decision } from './decision.ts'
import type { Holder } from './list-steps.ts'
import type { Pending, Rules } from './rules.ts'

/** Who asks. */
export interface Subject {
  readonly principal: Principal
  /** Null: nobody asks yet, so that rules about the address, and about annotations that no list has, are left open. */
  readonly address?: string | null | undefined
}

/** A caller of an earlier request, of whom only that is known which was recorded. */
export interface PastCaller extends Subject {
  /** By name; undefined: the claims give them. */
  readonly roles: readonly string[] | undefined
  /** Whether the claim was recorded, or that it is not there. */
  readonly knows: (claim: string) => boolean
}

export interface Role extends Holder {
  readonly index: number
}

/** What a caller is, as far as the policy looks at it, and what was decided for such callers. */
export interface View {
  readonly key: string
  readonly roles: readonly Role[]
  readonly token: Holder | undefined
  readonly scopes: ReadonlySet<string>
  /** What conditions see of the caller; undefined where there are none. */
  readonly facts: Facts | undefined
  readonly decisions: Map<string, KnownDecision>
  /** Of nobody in particular: what is not known, the annotations of a tool included, is left open. */
  readonly isForecast: boolean
}

export interface KnownDecision extends Decision {
  /** What only the arguments of a call decide. */
  readonly pending?: Pending | undefined
}

const mostViews = 1000
/** No weak references: to those of callers who come once the garbage collector gives more time than a view takes. */
const mostPrincipals = 4000
/** Keeps what was made last, and forgets all of it rather than grow without end. */
export const keep = <Key, Value>(
  kept: Map<Key, Value>,
  key: Key,
  value: Value,
  most: number,
): Value => {
  if (kept.size >= most) kept.clear()
  kept.set(key, value)
  return value
}

/** What a caller was when it came last. */
interface Latest extends Pick<Subject, 'address'> {
  readonly key: string
  readonly view: View
}

/**
 * What stays the same as long as a token is remembered, though its caller is made for each request: the claims that were
 * read from it, or the key of a token without claims.
 */
const identityOf = (principal: Principal): unknown => {
  switch (principal.method) {
    case 'jwt':
    case 'introspection':
      return principal.claims
    case 'bearer':
      return principal.key
    case 'key':
    case 'none':
      return principal
  }
}

interface ViewParts {
  readonly roles: readonly Role[]
  readonly mapping: Pick<RoleMapping, 'claim' | 'mapping'> | undefined
  /** By the key of the caller that presents it. */
  readonly tokens: ReadonlyMap<string, Holder>
  /** Those that some tool needs. */
  readonly neededScopes: ReadonlySet<string>
  readonly rules: Rules | undefined
}

export interface Views {
  /** Every role of the caller, in the order of the configuration. */
  rolesOf(principal: Principal): readonly Role[]
  of(subject: Subject): View
  /** Kept nowhere. */
  ofPast(caller: PastCaller): View
}

export const createViews = ({ roles, mapping, tokens, neededScopes, rules }: ViewParts): Views => {
  const readRoleClaim = mapping === undefined ? undefined : claimReader(mapping.claim)
  const rolesByValue = new Map(
    Object.entries(mapping?.mapping ?? {}).map(([value, names]) => [
      value,
      roles.filter(({ name }) => names.includes(name)),
    ]),
  )
  const roleOfName = new Map(roles.map((role) => [role.name, role]))

  const views = new Map<string, View>()
  const latest = new Map<unknown, Latest>()
  const readsPeer = rules?.readPeer === true

  /** Every role that a value of the claim gives, or the credential itself, in the order of the configuration. */
  const rolesOf = (principal: Principal): readonly Role[] => {
    const given = new Set<Role>()
    for (const name of principal.roles ?? []) {
      const role = roleOfName.get(name)
      if (role !== undefined) given.add(role)
    }
    for (const value of readRoleClaim?.(principal) ?? []) {
      for (const role of rolesByValue.get(value) ?? []) given.add(role)
    }
    return given.size < 2 ? [...given] : roles.filter((role) => given.has(role))
  }

  const scopesOf = ({ scopes }: Principal): ReadonlySet<string> =>
    new Set(neededScopes.size === 0 ? [] : scopes.filter((scope) => neededScopes.has(scope)))

  const factsAbout = ({ principal, address }: Subject, own: readonly Role[]) =>
    factsOf(
      principal,
      [...new Set([...own.map(({ name }) => name), ...(principal.roles ?? [])])],
      readsPeer ? address : undefined,
    )

  const ofPast = (caller: PastCaller): View => {
    const { principal, roles: names, knows } = caller
    const own =
      names === undefined ? rolesOf(principal) : roles.filter(({ name }) => names.includes(name))
    const hides = ({ whole, claims }: CallerReads) =>
      whole || [...claims].some((claim) => !knows(claim))
    return {
      key: '',
      roles: own,
      token: tokens.get(principal.key),
      scopes: scopesOf(principal),
      facts: rules === undefined ? undefined : { ...factsAbout(caller, own), hides },
      decisions: new Map(),
      isForecast: true,
    }
  }

  /** What decides about a caller, and nothing else: equal callers share a view. */
  const makeView = (subject: Subject): View => {
    const { principal, address } = subject
    const own = rolesOf(principal)
    const scopes = scopesOf(principal)
    const token = tokens.get(principal.key)
    const facts = rules === undefined ? undefined : factsAbout(subject, own)
    const key = JSON.stringify([
      own.map(({ index }) => index),
      [...scopes].sort(),
      token === undefined ? 0 : principal.key,
      readsPeer ? address : 0,
      address === null,
      facts === undefined || rules === undefined
        ? 0
        : readValues(facts.caller, principal.claims, rules.reads),
    ])
    const known = views.get(key)
    if (known !== undefined) return known
    const view: View = {
      key,
      roles: own,
      token,
      scopes,
      facts,
      decisions: new Map(),
      isForecast: address === null,
    }
    return keep(views, key, view, mostViews)
  }
  const of = (subject: Subject): View => {
    const { principal, address } = subject
    const identity = identityOf(principal)
    const known = latest.get(identity)
    if (known !== undefined && known.key === principal.key && fits(known, address)) {
      return known.view
    }
    const view = makeView(subject)
    keep(latest, identity, { key: principal.key, address, view }, mostPrincipals)
    return view
  }

  /** An address counts where rules read it; where no one asks yet, nothing that was decided for a caller does. */
  const fits = ({ address: before }: Latest, address: Subject['address']): boolean =>
    readsPeer ? before === address : (before === null) === (address === null)

  return { rolesOf, of, ofPast }
}

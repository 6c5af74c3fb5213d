// What an accepted caller may do: one pure function from a caller and a target to a check.
import { writeJson } from '../base/exact-json.ts'
import { isJsonObject, type Json } from '../base/json.ts'
import type { Principal } from '../base/principal.ts'
import { quoteList } from '../base/quote.ts'
import type { AccessConfig, AccessLists } from '../core/auth-config/access-keys.ts'
import { tokenKey } from '../core/claims/principal.ts'
import { fail, pass, type Check, type FailedCheck } from '../core/verdict/check.ts'
import { problemOf } from '../problems/problem.ts'
import { compileAccess, deniedBy, isAllowed, type Access } from './access-lists.ts'
import { claimValues } from './claim-values.ts'
import { compilePatterns, type Patterns } from './glob.ts'
import type { Facts } from './conditions.ts'
import type { Pending, Rules } from './rules.ts'
import { createSpeller, restricting, type Place, type Spelling, type Target } from './spelling.ts'

/** Who asks. */
export interface Subject {
  readonly principal: Principal
  readonly address?: string | undefined
}

export interface Decision {
  /** The first check that fails, or one that passed. */
  readonly check: Check
  /** What rules that only report would have refused. */
  readonly reported: readonly Reported[]
}

export interface Reported {
  /** What metrics call the rule. */
  readonly rule: string
  readonly check: FailedCheck
}

export interface Policy {
  /** The names of the roles that there are. */
  readonly roles: readonly string[]
  /** Whether it may refuse anybody anything. */
  readonly restricts: boolean
  /** Whether it bounds the arguments of calls. */
  readonly limitsArguments: boolean
  /** Callers with equal keys are shown the same. */
  viewKey(subject: Subject): string
  /** Pure: equal callers and targets get equal decisions. */
  decide(subject: Subject, target: Target): Decision
  /** The same for a call of a tool with these arguments. */
  decideCall(subject: Subject, target: Target, args: Json | undefined): Decision
}

export interface ScopedTokenAccess {
  /** The key of the callers that present it. */
  readonly key: string
  /** What logs call it. */
  readonly name: string
  readonly lists: AccessLists
}

export interface PolicyParts extends Omit<AccessConfig, 'rules'> {
  readonly places: readonly Place[]
  readonly tokens?: readonly ScopedTokenAccess[]
  readonly rules?: Rules | undefined
  /** Most bytes of the arguments of a call. */
  readonly maxArgumentSize?: number | undefined
}

interface Role {
  readonly name: string
  readonly access: Access
}

/** What a caller is, as far as the policy looks at it, and what was decided for such callers. */
interface View {
  readonly key: string
  readonly roles: readonly Role[]
  readonly token: { readonly name: string; readonly access: Access } | undefined
  readonly scopes: ReadonlySet<string>
  /** What conditions see of the caller; undefined where there are none. */
  readonly facts: Facts | undefined
  readonly decisions: Map<string, KnownDecision>
}

interface KnownDecision extends Decision {
  /** What only the arguments of a call decide. */
  readonly pending?: Pending | undefined
}

const mostViews = 1000
const mostDecisions = 5000
/** A longer name is decided each time: callers make up URIs. */
const longestKept = 512

const shownLength = 256

const shown = ({ kind, backend, name }: Target): string =>
  `${kind} ${JSON.stringify(name.slice(0, shownLength))} of backend ${backend}`

/** Keeps what was made last, and forgets all of it rather than grow without end. */
const keep = <Value>(kept: Map<string, Value>, key: string, value: Value, most: number): Value => {
  if (kept.size >= most) kept.clear()
  kept.set(key, value)
  return value
}

const allowed: Decision = { check: pass('policy-role'), reported: [] }

const checkRoles = (
  { roles }: View,
  defaultDeny: boolean,
  target: Target,
  spelling: Spelling,
): Check => {
  if (roles.length === 0) {
    return defaultDeny
      ? fail(problemOf('policy-role', 'none', { target: shown(target) }))
      : pass('policy-role')
  }
  for (const { name, access } of roles) {
    const pattern = deniedBy(access, target.kind, spelling)
    if (pattern === undefined) continue
    const values = { role: JSON.stringify(name), pattern: JSON.stringify(pattern) }
    return fail(problemOf('policy-role', 'denied', { ...values, target: shown(target) }))
  }
  const allowing = roles.find(({ access }) => isAllowed(access, target.kind, spelling))
  if (allowing !== undefined) {
    return pass('policy-role', undefined, { actual: allowing.name })
  }
  const names = quoteList(roles.map(({ name }) => name))
  return fail(problemOf('policy-role', 'unlisted', { roles: names, target: shown(target) }))
}

const checkToken = ({ token }: View, target: Target, spelling: Spelling): Check => {
  if (token === undefined) return pass('policy-token')
  const pattern = deniedBy(token.access, target.kind, spelling)
  if (pattern !== undefined) {
    const values = { token: token.name, pattern: JSON.stringify(pattern), target: shown(target) }
    return fail(problemOf('policy-token', 'denied', values))
  }
  return isAllowed(token.access, target.kind, spelling)
    ? pass('policy-token')
    : fail(problemOf('policy-token', 'unlisted', { token: token.name, target: shown(target) }))
}

interface ToolScopes {
  readonly patterns: Patterns
  readonly scopes: readonly string[]
}

/** All that the tool needs, by every pattern that it matches. */
const checkScopes = (
  { scopes }: View,
  toolScopes: readonly ToolScopes[],
  { kind }: Target,
  spelling: Spelling,
): Check => {
  if (kind !== 'tool') return pass('policy-scope')
  const needed = new Set(
    toolScopes
      .filter(({ patterns }) => restricting(patterns, spelling) !== undefined)
      .flatMap((one) => one.scopes),
  )
  const missing = [...needed].filter((scope) => !scopes.has(scope))
  if (missing.length === 0) return pass('policy-scope')
  const values = { missing: quoteList(missing), needed: quoteList([...needed]) }
  return fail(problemOf('policy-scope', values), {
    expected: [...needed],
    actual: [...scopes].slice(0, 50),
  })
}

const sizeOf = (args: Json | undefined): number =>
  args === undefined ? 0 : Buffer.byteLength(writeJson(args))

/** All members are there, so that a condition reads an empty text and no missing key. */
const factsOf = (
  principal: Principal,
  roles: readonly string[],
  address: string | undefined,
): Facts => ({
  caller: {
    subject: principal.sub ?? '',
    issuer: principal.iss ?? '',
    client_id: principal.clientId ?? '',
    method: principal.method,
    scopes: principal.scopes,
    roles,
    claims: principal.claims,
  },
  tool: {},
  peer: { address: address ?? '' },
})

const isFailed = (check: Check): check is FailedCheck & { readonly status: 'fail' } =>
  check.status === 'fail'

/** Whether the target is hidden from the caller, as if it did not exist. One that lacks a scope is shown: it can be asked for. */
export const isHidden = ({ check }: Decision): boolean =>
  check.status === 'fail' && check.id !== 'policy-scope' && check.id !== 'policy-argument'

export const compilePolicy = (parts: PolicyParts): Policy => {
  const { places, roles = [], role_mapping: mapping, tool_scopes: scopesByPattern = {} } = parts
  const spell = createSpeller(places)
  const compiled: readonly Role[] = roles.map((role) => ({
    name: role.name,
    access: compileAccess(role),
  }))
  const tokens = new Map(
    (parts.tokens ?? []).map(({ key, name, lists }) => [
      key,
      { name, access: compileAccess(lists) },
    ]),
  )
  const toolScopes = Object.entries(scopesByPattern).map(([pattern, scopes]): ToolScopes => ({
    patterns: compilePatterns([pattern]),
    scopes,
  }))
  const scopesThatCount = new Set(toolScopes.flatMap(({ scopes }) => scopes))
  const { rules, maxArgumentSize } = parts
  // Keys have their roles without a mapping.
  const hasRoles = mapping !== undefined || compiled.length > 0
  const { default_deny: defaultDeny = true, report_only: reportOnly = false } = mapping ?? {}
  const restricts = hasRoles || tokens.size > 0 || toolScopes.length > 0 || rules !== undefined

  const views = new Map<string, View>()
  const viewOfPrincipal = new WeakMap<Principal, View>()
  const readsPeer = rules?.readPeer === true

  const mappedRoles = (principal: Principal): readonly string[] =>
    mapping === undefined
      ? []
      : claimValues(principal, mapping.claim).flatMap((value) =>
          Object.hasOwn(mapping.mapping, value) ? (mapping.mapping[value] ?? []) : [],
        )

  /** Every role that a value of the claim gives, or the credential itself, in the order of the configuration. */
  const rolesOf = (principal: Principal): readonly Role[] => {
    const given = new Set([...mappedRoles(principal), ...(principal.roles ?? [])])
    return compiled.filter(({ name }) => given.has(name))
  }

  const makeView = ({ principal, address }: Subject): View => {
    const own = rolesOf(principal)
    const scopes = new Set(principal.scopes.filter((scope) => scopesThatCount.has(scope)))
    const token = tokens.get(principal.key)
    const names = own.map(({ name }) => name)
    const facts =
      rules === undefined
        ? undefined
        : factsOf(
            principal,
            [...new Set([...names, ...(principal.roles ?? [])])],
            readsPeer ? address : undefined,
          )
    const key = JSON.stringify([
      names,
      [...scopes].sort(),
      token === undefined ? '' : principal.key,
      ...(facts === undefined ? [] : [facts]),
    ])
    const view: View = { key, roles: own, token, scopes, facts, decisions: new Map() }
    return views.get(key) ?? keep(views, key, view, mostViews)
  }
  const viewOf = (subject: Subject): View => {
    if (readsPeer) return makeView(subject)
    const { principal } = subject
    const known = viewOfPrincipal.get(principal)
    if (known !== undefined) return known
    const made = makeView(subject)
    viewOfPrincipal.set(principal, made)
    return made
  }

  const judge = (view: View, target: Target): KnownDecision => {
    const spelling = spell(target)
    const token = checkToken(view, target, spelling)
    if (isFailed(token)) return { check: token, reported: [] }
    const reported: Reported[] = []
    let passed: Check = token
    if (hasRoles) {
      const role = checkRoles(view, defaultDeny, target, spelling)
      if (!isFailed(role)) passed = role
      else if (reportOnly) reported.push({ rule: 'roles', check: role })
      else return { check: role, reported: [] }
    }
    const ruled = judgeRules(view, target, spelling)
    for (const { rule, reportOnly, check } of ruled?.findings ?? []) {
      if (!reportOnly) return { check, reported }
      reported.push({ rule, check })
    }
    const scope = checkScopes(view, toolScopes, target, spelling)
    return isFailed(scope)
      ? { check: scope, reported }
      : { check: passed, reported, pending: ruled?.pending }
  }
  const judgeRules = ({ facts }: View, target: Target, spelling: Spelling) =>
    rules === undefined || facts === undefined || target.kind !== 'tool'
      ? undefined
      : rules.judge(
          spelling,
          { ...facts, tool: { name: target.name, backend: target.backend } },
          shown(target),
        )

  const decide = (subject: Subject, target: Target): KnownDecision => {
    if (!restricts) return allowed
    const view = viewOf(subject)
    if (target.name.length > longestKept) return judge(view, target)
    const key = `${target.kind} ${target.backend} ${target.name}`
    return view.decisions.get(key) ?? keep(view.decisions, key, judge(view, target), mostDecisions)
  }

  /** In the order: what hides the tool, its scopes, and then what the call brings. */
  const decideCall = (subject: Subject, target: Target, args: Json | undefined): Decision => {
    const known = decide(subject, target)
    if (isFailed(known.check)) return known
    const size = maxArgumentSize === undefined ? 0 : sizeOf(args)
    if (maxArgumentSize !== undefined && size > maxArgumentSize) {
      const values = { size, limit: maxArgumentSize }
      return { ...known, check: fail(problemOf('policy-argument', 'size', values)) }
    }
    if (known.pending === undefined) return known
    const given = args ?? {}
    const reported = [...known.reported]
    for (const { rule, reportOnly, check } of known.pending(
      isJsonObject(given) ? given : undefined,
    )) {
      if (!reportOnly) return { check, reported }
      reported.push({ rule, check })
    }
    return { check: known.check, reported }
  }

  return {
    roles: roles.map(({ name }) => name),
    restricts,
    limitsArguments: maxArgumentSize !== undefined,
    viewKey: (subject) => (restricts ? viewOf(subject).key : ''),
    decide,
    decideCall,
  }
}

/** The tokens of a configuration by the callers that present them. */
export const tokenAccess = (
  tokens: readonly (AccessLists & {
    readonly token: { reveal(): string }
    readonly name?: string | undefined
  })[] = [],
): readonly ScopedTokenAccess[] =>
  tokens.map((one, index) => ({
    key: tokenKey(one.token.reveal()),
    name: one.name ?? `auth.scoped_tokens[${index}]`,
    lists: one,
  }))

export type { Place, Target } from './spelling.ts'

// What an accepted caller may do: one pure function from a caller and a target to a check.
import { writeJson } from '../base/exact-json.ts'
import { isJsonObject, type Json } from '../base/json.ts'
import type { Principal } from '../base/principal.ts'
import { quoteList } from '../base/quote.ts'
import type { AccessConfig, AccessLists, RoleMapping } from '../core/auth-config/access-keys.ts'
import { tokenKey } from '../core/claims/principal.ts'
import { fail, pass, type Check, type FailedCheck } from '../core/verdict/check.ts'
import { problemOf } from '../problems/problem.ts'
import { annotationsKey, checkAnnotations, toolFacts, type AnnotationRule } from './annotations.ts'
import { compileAccess, deniedBy, isAllowed, type Access } from './access-lists.ts'
import { factsOf } from './caller-facts.ts'
import { readValues } from './caller-reads.ts'
import { claimReader } from './claim-values.ts'
import { compilePatterns } from './glob.ts'
import type { Facts } from './conditions.ts'
import type { Pending, Rules } from './rules.ts'
import { checkScopes, type ToolScopes } from './tool-scopes.ts'
import { createSpeller, type Place, type Spelling, type Target } from './spelling.ts'

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
  /** Whether it looks at the annotations of tools: targets have to have them. */
  readonly readsAnnotations: boolean
  /** The names of the roles that the caller has, in the order of the configuration. */
  rolesOf(subject: Subject): readonly string[]
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
  /** By backend. */
  readonly annotationRules?: ReadonlyMap<string, AnnotationRule>
  /** Most bytes of the arguments of a call. */
  readonly maxArgumentSize?: number | undefined
}

interface Role {
  readonly index: number
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
/** No weak references: to those of callers who come once the garbage collector gives more time than a view takes. */
const mostPrincipals = 4000
const mostDecisions = 5000
/** A longer name is decided each time: callers make up URIs. */
const longestKept = 512

const shownLength = 256

const shown = ({ kind, backend, name }: Target): string =>
  `${kind} ${JSON.stringify(name.slice(0, shownLength))} of backend ${backend}`

/** Keeps what was made last, and forgets all of it rather than grow without end. */
const keep = <Key, Value>(kept: Map<Key, Value>, key: Key, value: Value, most: number): Value => {
  if (kept.size >= most) kept.clear()
  kept.set(key, value)
  return value
}

const allowed: Decision = { check: pass('policy-role'), reported: [] }

const checkRoles = (
  { roles }: View,
  { default_deny: defaultDeny }: RoleMapping,
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

const sizeOf = (args: Json | undefined): number =>
  args === undefined ? 0 : Buffer.byteLength(writeJson(args))

const isFailed = (check: Check): check is FailedCheck & { readonly status: 'fail' } =>
  check.status === 'fail'

/** Whether the target is hidden from the caller, as if it did not exist. One that lacks a scope is shown: it can be asked for. */
export const isHidden = ({ check }: Decision): boolean =>
  check.status === 'fail' && check.id !== 'policy-scope' && check.id !== 'policy-argument'

/** Whether the caller reads what it would read if the target did not exist. That nothing is known yet is so for every name. */
export const isDisguised = (decision: Decision): boolean =>
  isHidden(decision) &&
  !(
    'case' in decision.check &&
    decision.check.case === 'unknown' &&
    decision.check.id === 'policy-annotation'
  )

export const compilePolicy = (parts: PolicyParts): Policy => {
  const { places, roles = [], role_mapping: mapping, tool_scopes: scopesByPattern = {} } = parts
  const spell = createSpeller(places)
  const compiled: readonly Role[] = roles.map((role, index) => ({
    index,
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
  const { rules, maxArgumentSize, annotationRules = new Map<string, AnnotationRule>() } = parts
  const restricts =
    mapping !== undefined ||
    tokens.size > 0 ||
    toolScopes.length > 0 ||
    rules !== undefined ||
    annotationRules.size > 0
  const readsAnnotations = annotationRules.size > 0 || rules?.readAnnotations === true

  const readRoleClaim = mapping === undefined ? undefined : claimReader(mapping.claim)
  const rolesByValue = new Map(
    Object.entries(mapping?.mapping ?? {}).map(([value, names]) => [
      value,
      compiled.filter(({ name }) => names.includes(name)),
    ]),
  )

  const views = new Map<string, View>()
  const viewOfPrincipal = new Map<Principal, View>()
  const readsPeer = rules?.readPeer === true

  /** Every role that a value of the claim gives, in the order of the configuration. */
  const rolesOf = (principal: Principal): readonly Role[] => {
    if (readRoleClaim === undefined) return []
    const given = new Set<Role>()
    for (const value of readRoleClaim(principal)) {
      for (const role of rolesByValue.get(value) ?? []) given.add(role)
    }
    return given.size < 2 ? [...given] : compiled.filter((role) => given.has(role))
  }

  /** What decides about a caller, and nothing else: equal callers share a view. */
  const makeView = ({ principal, address }: Subject): View => {
    const own = rolesOf(principal)
    const scopes = new Set(
      scopesThatCount.size === 0
        ? []
        : principal.scopes.filter((scope) => scopesThatCount.has(scope)),
    )
    const token = tokens.get(principal.key)
    const facts =
      rules === undefined
        ? undefined
        : factsOf(
            principal,
            own.map(({ name }) => name),
            readsPeer ? address : undefined,
          )
    const key = JSON.stringify([
      own.map(({ index }) => index),
      [...scopes].sort(),
      token === undefined ? 0 : principal.key,
      readsPeer ? address : 0,
      facts === undefined || rules === undefined
        ? 0
        : readValues(facts.caller, principal.claims, rules.reads),
    ])
    const known = views.get(key)
    if (known !== undefined) return known
    const view: View = { key, roles: own, token, scopes, facts, decisions: new Map() }
    return keep(views, key, view, mostViews)
  }
  const viewOf = (subject: Subject): View => {
    if (readsPeer) return makeView(subject)
    const { principal } = subject
    const known = viewOfPrincipal.get(principal)
    if (known !== undefined) return known
    return keep(viewOfPrincipal, principal, makeView(subject), mostPrincipals)
  }

  const judge = (view: View, target: Target): KnownDecision => {
    const spelling = spell(target)
    const token = checkToken(view, target, spelling)
    if (isFailed(token)) return { check: token, reported: [] }
    const reported: Reported[] = []
    let passed: Check = token
    if (mapping !== undefined) {
      const role = checkRoles(view, mapping, target, spelling)
      if (!isFailed(role)) passed = role
      else if (mapping.report_only) reported.push({ rule: 'roles', check: role })
      else return { check: role, reported: [] }
    }
    const rule = target.kind === 'tool' ? annotationRules.get(target.backend) : undefined
    if (rule !== undefined) {
      const annotated = checkAnnotations(rule, target.annotations, shown(target))
      if (isFailed(annotated)) return { check: annotated, reported }
    }
    const ruled = judgeRules(view, target, spelling)
    for (const { rule, reportOnly, check } of ruled?.findings ?? []) {
      if (!reportOnly) return { check, reported }
      reported.push({ rule, check })
    }
    const scope = checkScopes(view.scopes, toolScopes, target, spelling)
    return isFailed(scope)
      ? { check: scope, reported }
      : { check: passed, reported, pending: ruled?.pending }
  }
  const judgeRules = ({ facts }: View, target: Target, spelling: Spelling) =>
    rules === undefined || facts === undefined || target.kind !== 'tool'
      ? undefined
      : rules.judge(spelling, { ...facts, tool: toolFacts(target) }, shown(target))

  const decide = (subject: Subject, target: Target): KnownDecision => {
    if (!restricts) return allowed
    const view = viewOf(subject)
    if (target.name.length > longestKept) return judge(view, target)
    const annotated = readsAnnotations ? annotationsKey(target.annotations) : ''
    const key = `${target.kind} ${target.backend} ${annotated} ${target.name}`
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
    readsAnnotations,
    limitsArguments: maxArgumentSize !== undefined,
    rolesOf: (subject) =>
      mapping === undefined ? [] : viewOf(subject).roles.map(({ name }) => name),
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

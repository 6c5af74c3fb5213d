// What an accepted caller may do: one pure function from a caller and a target to a check.
import { writeJson } from '../base/exact-json.ts'
import { isJsonObject, type Json } from '../base/json.ts'
import type { Principal } from '../base/principal.ts'
import { quoteList } from '../base/quote.ts'
import type { AccessConfig, AccessLists, RoleMapping } from '../core/auth-config/access-keys.ts'
import { tokenKey } from '../core/claims/principal.ts'
import { fail, pass, type Check, type FailedCheck } from '../core/verdict/check.ts'
import { problemOf } from '../problems/problem.ts'
import { allowedBy, compileAccess, deniedBy, type Access } from './access-lists.ts'
import { claimValues } from './claim-values.ts'
import { compilePatterns, type Patterns } from './glob.ts'
import type { Facts } from './conditions.ts'
import type { OpenRule, Pending, RuleAbout, RuleOutcome, Rules } from './rules.ts'
import { createSpeller, restricting, type Place, type Spelling, type Target } from './spelling.ts'

/** Who asks. */
export interface Subject {
  readonly principal: Principal
  /** Null: it is not known yet, so that rules about it are left open. */
  readonly address?: string | null | undefined
}

/** What decided: a token or a role by its lists, a rule, the scopes of a tool, or that a caller has no role. */
export interface Cause {
  readonly kind: 'token' | 'role' | 'no-role' | 'rule' | 'scopes'
  readonly name: string
  /** Of the list that decided; undefined: there is none, or nothing in it matches. */
  readonly pattern?: string
}

export interface Decision {
  /** The first check that fails, or one that passed. */
  readonly check: Check
  /** What made it fail; where it passed, what allows it. Empty: nothing restricts it. */
  readonly causes: readonly Cause[]
  /** What only a call can decide, by its arguments. */
  readonly open: readonly OpenRule[]
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
  /** The names of the roles that the caller has. */
  rolesOf(subject: Subject): readonly string[]
  /** Pure: equal callers and targets get equal decisions. */
  decide(subject: Subject, target: Target): Decision
  /** The same for a call of a tool with these arguments. */
  decideCall(subject: Subject, target: Target, args: Json | undefined): Decision
  /** What any caller with these roles and all scopes gets; rules about the caller are left open. */
  forecast(roles: readonly string[], target: Target): Decision
  /** All that is asked about the target, for any caller. */
  survey(target: Target): Survey
}

/** What one list says of a target. */
export interface Word {
  readonly name: string
  readonly says: 'allows' | 'denies' | 'unlisted'
  /** Undefined: it has no list that would say so, or nothing in it matches. */
  readonly pattern: string | undefined
}

/** What the policy asks about one target, in the order of the members. */
export interface Survey {
  readonly tokens: readonly (Word & { readonly key: string })[]
  readonly roles: readonly Word[]
  /** What callers without a role get; undefined: roles are not asked about. */
  readonly withoutRole: 'allows' | 'denies' | undefined
  readonly rules: readonly RuleAbout[]
  readonly scopes: readonly { readonly pattern: string; readonly scopes: readonly string[] }[]
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

/** A check, and what made it what it is. */
interface Step {
  readonly check: Check
  readonly causes: readonly Cause[]
}

const allowed: Decision = { check: pass('policy-role'), reported: [], causes: [], open: [] }

const byRules = (names: readonly string[]): readonly Cause[] =>
  names.map((name) => ({ kind: 'rule', name }))

const patternIn = (pattern: string | undefined) => (pattern === undefined ? {} : { pattern })

/** What the lists of one role or token say. */
const wordOf = ({ name, access }: Role, { kind }: Target, spelling: Spelling): Word => {
  const denying = deniedBy(access, kind, spelling)
  if (denying !== undefined) return { name, says: 'denies', pattern: denying }
  const passage = allowedBy(access, kind, spelling)
  return passage === undefined
    ? { name, says: 'unlisted', pattern: undefined }
    : { name, says: 'allows', pattern: passage.pattern }
}

const causeOf = (kind: Cause['kind'], { name, pattern }: Word): Cause => ({
  kind,
  name,
  ...patternIn(pattern),
})

const checkRoles = (
  { roles }: Pick<View, 'roles'>,
  { default_deny: defaultDeny }: RoleMapping,
  target: Target,
  spelling: Spelling,
): Step => {
  if (roles.length === 0) {
    const causes: readonly Cause[] = [
      { kind: 'no-role', name: `default_deny = ${String(defaultDeny)}` },
    ]
    return defaultDeny
      ? { check: fail(problemOf('policy-role', 'none', { target: shown(target) })), causes }
      : { check: pass('policy-role'), causes }
  }
  const words = roles.map((role) => wordOf(role, target, spelling))
  const denying = words.find(({ says }) => says === 'denies')
  if (denying !== undefined) {
    const { name, pattern = '' } = denying
    const values = { role: JSON.stringify(name), pattern: JSON.stringify(pattern) }
    return {
      check: fail(problemOf('policy-role', 'denied', { ...values, target: shown(target) })),
      causes: [causeOf('role', denying)],
    }
  }
  const allowing = words.find(({ says }) => says === 'allows')
  if (allowing !== undefined) {
    return {
      check: pass('policy-role', undefined, { actual: allowing.name }),
      causes: [causeOf('role', allowing)],
    }
  }
  const names = quoteList(roles.map(({ name }) => name))
  return {
    check: fail(problemOf('policy-role', 'unlisted', { roles: names, target: shown(target) })),
    causes: words.map((word) => causeOf('role', word)),
  }
}

const checkToken = ({ token }: View, target: Target, spelling: Spelling): Step => {
  if (token === undefined) return { check: pass('policy-token'), causes: [] }
  const word = wordOf(token, target, spelling)
  const causes = [causeOf('token', word)]
  const values = { token: token.name, target: shown(target) }
  switch (word.says) {
    case 'allows':
      return { check: pass('policy-token'), causes }
    case 'unlisted':
      return { check: fail(problemOf('policy-token', 'unlisted', values)), causes }
    case 'denies': {
      const pattern = JSON.stringify(word.pattern)
      return { check: fail(problemOf('policy-token', 'denied', { ...values, pattern })), causes }
    }
  }
}

interface ToolScopes {
  readonly pattern: string
  readonly patterns: Patterns
  readonly scopes: readonly string[]
}

/** By every pattern that the tool matches. */
const scopesAbout = (
  toolScopes: readonly ToolScopes[],
  { kind }: Target,
  spelling: Spelling,
): readonly ToolScopes[] =>
  kind === 'tool'
    ? toolScopes.filter(({ patterns }) => restricting(patterns, spelling) !== undefined)
    : []

const checkScopes = (
  { scopes }: View,
  toolScopes: readonly ToolScopes[],
  target: Target,
  spelling: Spelling,
): Check => {
  const needed = new Set(scopesAbout(toolScopes, target, spelling).flatMap((one) => one.scopes))
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
  address: string | null | undefined,
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
  ...(address === null ? {} : { peer: { address: address ?? '' } }),
})

const unruled: RuleOutcome = { findings: [], allowing: [], open: [], pending: undefined }

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
    pattern,
    patterns: compilePatterns([pattern]),
    scopes,
  }))
  const scopesThatCount = new Set(toolScopes.flatMap(({ scopes }) => scopes))
  const { rules, maxArgumentSize } = parts
  const restricts =
    mapping !== undefined || tokens.size > 0 || toolScopes.length > 0 || rules !== undefined

  const views = new Map<string, View>()
  const viewOfPrincipal = new WeakMap<Principal, View>()
  const readsPeer = rules?.readPeer === true

  /** Every role that a value of the claim gives, in the order of the configuration. */
  const rolesOf = (principal: Principal): readonly Role[] => {
    if (mapping === undefined) return []
    const given = new Set(
      claimValues(principal, mapping.claim).flatMap((value) =>
        Object.hasOwn(mapping.mapping, value) ? (mapping.mapping[value] ?? []) : [],
      ),
    )
    return compiled.filter(({ name }) => given.has(name))
  }

  const makeView = ({ principal, address }: Subject): View => {
    const own = rolesOf(principal)
    const scopes = new Set(principal.scopes.filter((scope) => scopesThatCount.has(scope)))
    const token = tokens.get(principal.key)
    const names = own.map(({ name }) => name)
    const facts =
      rules === undefined ? undefined : factsOf(principal, names, readsPeer ? address : undefined)
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
    if (isFailed(token.check)) return { ...token, reported: [], open: [] }
    const reported: Reported[] = []
    const causes: Cause[] = [...token.causes]
    let passed: Check = token.check
    if (mapping !== undefined) {
      const { check, causes: own } = checkRoles(view, mapping, target, spelling)
      if (!isFailed(check)) {
        passed = check
        causes.push(...own)
      } else if (mapping.report_only) reported.push({ rule: 'roles', check })
      else return { check, causes: own, reported: [], open: [] }
    }
    const { findings, allowing, open, pending } = judgeRules(view, target, spelling)
    for (const { rule, rules: own, reportOnly, check } of findings) {
      if (!reportOnly) return { check, causes: byRules(own), reported, open: [] }
      reported.push({ rule, check })
    }
    const scope = checkScopes(view, toolScopes, target, spelling)
    if (isFailed(scope)) {
      const own = scopesAbout(toolScopes, target, spelling).map(({ pattern, scopes }): Cause => ({
        kind: 'scopes',
        name: scopes.join(' '),
        pattern,
      }))
      return { check: scope, causes: own, reported, open }
    }
    causes.push(...byRules(allowing))
    return { check: passed, causes, reported, open, pending }
  }
  const judgeRules = ({ facts }: View, target: Target, spelling: Spelling): RuleOutcome =>
    rules === undefined || facts === undefined || target.kind !== 'tool'
      ? unruled
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
    for (const { rule, rules: own, reportOnly, check } of known.pending(
      isJsonObject(given) ? given : undefined,
    )) {
      if (!reportOnly) return { check, causes: byRules(own), reported, open: [] }
      reported.push({ rule, check })
    }
    return { check: known.check, causes: known.causes, reported, open: [] }
  }

  const forecast = (names: readonly string[], target: Target): Decision =>
    judge(
      {
        key: '',
        roles: compiled.filter(({ name }) => names.includes(name)),
        token: undefined,
        scopes: scopesThatCount,
        facts: rules === undefined ? undefined : { tool: {} },
        decisions: new Map(),
      },
      target,
    )

  const survey = (target: Target): Survey => {
    const spelling = spell(target)
    const without =
      mapping === undefined ? undefined : checkRoles({ roles: [] }, mapping, target, spelling)
    return {
      tokens: [...tokens].map(([key, token]) => ({ key, ...wordOf(token, target, spelling) })),
      roles: compiled.map((role) => wordOf(role, target, spelling)),
      withoutRole:
        without === undefined ? undefined : isFailed(without.check) ? 'denies' : 'allows',
      rules: target.kind === 'tool' ? (rules?.about(spelling) ?? []) : [],
      scopes: scopesAbout(toolScopes, target, spelling).map(({ pattern, scopes }) => ({
        pattern,
        scopes,
      })),
    }
  }

  return {
    roles: roles.map(({ name }) => name),
    restricts,
    limitsArguments: maxArgumentSize !== undefined,
    rolesOf: ({ principal }) => rolesOf(principal).map(({ name }) => name),
    viewKey: (subject) => (restricts ? viewOf(subject).key : ''),
    decide,
    decideCall,
    forecast,
    survey,
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

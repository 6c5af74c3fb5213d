// What an accepted caller may do: one pure function from a caller and a target to a check.
import { writeJson } from '../base/exact-json.ts'
import { isJsonObject, type Json } from '../base/json.ts'
import type { AccessConfig, AccessLists } from '../core/auth-config/access-keys.ts'
import { tokenKey } from '../core/claims/principal.ts'
import { fail, pass, type Check } from '../core/verdict/check.ts'
import { problemOf } from '../problems/problem.ts'
import {
  annotationsKey,
  annotationSettings,
  checkAnnotations,
  toolFacts,
  type AnnotationRule,
} from './annotations.ts'
import { compileAccess } from './access-lists.ts'
import {
  isFailed,
  type Cause,
  type Decision,
  type OpenRule,
  type Reported,
  type Step,
} from './decision.ts'
import { compilePatterns } from './glob.ts'
import type { Facts } from './conditions.ts'
import { checkRoleless, checkRoles, checkToken, wordOf, type Word } from './list-steps.ts'
import type { RuleAbout, RuleOutcome, Rules } from './rules.ts'
import { checkScopes, scopesAbout, type ToolScopes } from './tool-scopes.ts'
import { createSpeller, shown, type Place, type Spelling, type Target } from './spelling.ts'
import {
  createViews,
  keep,
  type KnownDecision,
  type PastCaller,
  type Role,
  type Subject,
  type View,
} from './views.ts'

export interface Policy {
  /** The names of the roles that there are. */
  readonly roles: readonly string[]
  /** Whether it may refuse anybody anything. */
  readonly restricts: boolean
  /** Whether it bounds the arguments of calls. */
  readonly limitsArguments: boolean
  /** Whether it looks at the annotations of tools: targets have to have them. */
  readonly readsAnnotations: boolean
  /** Whether its backend offers it to anyone, by its name. */
  offers(target: Target): boolean
  /** Whether the caller may do anything at all: refused where no role is given and every caller needs one. */
  decideCaller(subject: Subject): Decision
  /** Callers with equal keys are shown the same. */
  viewKey(subject: Subject): string
  /** The names of the roles that the caller has. */
  rolesOf(subject: Subject): readonly string[]
  /** Pure: equal callers and targets get equal decisions. */
  decide(subject: Subject, target: Target): Decision
  /** The same for a call of a tool with these arguments, as the backend gets them. `given`: as the caller sent them. */
  decideCall(subject: Subject, target: Target, args: Json | undefined, given?: Json): Decision
  /** What any caller with these roles and all scopes gets; rules about the caller are left open. */
  forecast(roles: readonly string[], target: Target): Decision
  /** The same for a request that was recorded; rules about what was not recorded are left open. Keeps nothing. */
  reconsider(past: PastRequest): Decision
  /** All that is asked about the target, for any caller. */
  survey(target: Target): Survey
}

/** What the policy asks about one target, in the order of the members. */
export interface Survey {
  /** What the keys of the backend say of it, for all callers; undefined: there are none about it. */
  readonly filter: Word | undefined
  readonly tokens: readonly (Word & { readonly key: string })[]
  readonly roles: readonly Word[]
  /** What callers without a role get; undefined: roles are not asked about. */
  readonly withoutRole: 'allows' | 'denies' | undefined
  /** The settings of the backend that look at the annotations of its tools. */
  readonly annotations: readonly string[]
  readonly rules: readonly RuleAbout[]
  readonly scopes: readonly { readonly pattern: string; readonly scopes: readonly string[] }[]
}

/** A request of an earlier time, as far as it was recorded. */
export interface PastRequest {
  readonly caller: PastCaller
  readonly target: Target
  /** Bytes of the arguments of a call of a tool; undefined: it is no such call. */
  readonly argumentSize: number | undefined
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
  /** By backend: what it offers at all, to any caller. */
  readonly filters?: ReadonlyMap<string, (target: Target) => Step>
  /** By backend. */
  readonly annotationRules?: ReadonlyMap<string, AnnotationRule>
  /** Most bytes of the arguments of a call. */
  readonly maxArgumentSize?: number | undefined
}

const mostDecisions = 5000
/** A longer name is decided each time: callers make up URIs. */
const longestKept = 512

const allowed: Decision = { check: pass('policy-role'), reported: [], causes: [], open: [] }

const byRules = (names: readonly string[]): readonly Cause[] =>
  names.map((name) => ({ kind: 'rule', name }))

const sizeOf = (args: Json | undefined): number =>
  args === undefined ? 0 : Buffer.byteLength(writeJson(args))

const unruled: RuleOutcome = { findings: [], allowing: [], open: [], pending: undefined }

/** Nobody looked which annotations it has. In serve that is no excuse: there it is refused. */
const isUnasked = ({ isForecast }: View, { annotations }: Target): boolean =>
  isForecast && annotations === undefined

const openSettings = (rule: AnnotationRule): readonly OpenRule[] =>
  annotationSettings(rule).map((name) => ({
    rule: name,
    effect: 'deny',
    reportOnly: false,
    on: ['annotations'],
  }))

/** Undefined: no key of the backend is about such targets. */
const filterWord = (step: Step | undefined): Word | undefined => {
  const cause = step?.causes[0]
  if (step === undefined || cause === undefined) return undefined
  const { name, pattern } = cause
  const says = isFailed(step.check) ? (pattern === undefined ? 'unlisted' : 'denies') : 'allows'
  return { name, says, pattern }
}

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
    pattern,
    patterns: compilePatterns([pattern]),
    scopes,
  }))
  const scopesThatCount = new Set(toolScopes.flatMap(({ scopes }) => scopes))
  const {
    rules,
    maxArgumentSize,
    filters,
    annotationRules = new Map<string, AnnotationRule>(),
  } = parts
  // Keys have their roles without a mapping.
  const hasRoles = mapping !== undefined || compiled.length > 0
  const { default_deny: defaultDeny = true, report_only: reportOnly = false } = mapping ?? {}
  const restricts =
    (filters?.size ?? 0) > 0 ||
    hasRoles ||
    tokens.size > 0 ||
    toolScopes.length > 0 ||
    rules !== undefined ||
    annotationRules.size > 0
  const readsAnnotations = annotationRules.size > 0 || rules?.readAnnotations === true

  const views = createViews({
    roles: compiled,
    mapping,
    tokens,
    neededScopes: scopesThatCount,
    rules,
  })

  const annotationRuleOf = ({ kind, backend }: Target): AnnotationRule | undefined =>
    kind === 'tool' ? annotationRules.get(backend) : undefined

  const judge = (view: View, target: Target): KnownDecision => {
    const offered = filters?.get(target.backend)?.(target)
    if (offered !== undefined && isFailed(offered.check))
      return { ...offered, reported: [], open: [] }
    const spelling = spell(target)
    const token = checkToken(view.token, target, spelling)
    if (isFailed(token.check)) return { ...token, reported: [], open: [] }
    const reported: Reported[] = []
    const causes: Cause[] = [...(offered?.causes ?? []), ...token.causes]
    let passed: Check = token.check
    if (hasRoles) {
      const role = checkRoles(view.roles, defaultDeny, target, spelling)
      if (!isFailed(role.check)) {
        passed = role.check
        causes.push(...role.causes)
      } else if (reportOnly) reported.push({ rule: 'roles', check: role.check })
      else return { ...role, reported: [], open: [] }
    }
    const rule = annotationRuleOf(target)
    if (rule !== undefined && !isUnasked(view, target)) {
      const annotated = checkAnnotations(rule, target.annotations, shown(target))
      if (isFailed(annotated.check)) return { ...annotated, reported, open: [] }
    }
    const { findings, allowing, open: openRules, pending } = judgeRules(view, target, spelling)
    const open =
      rule !== undefined && isUnasked(view, target)
        ? [...openSettings(rule), ...openRules]
        : openRules
    for (const { rule: name, rules: own, reportOnly: only, check } of findings) {
      if (!only) return { check, causes: byRules(own), reported, open: [], unasked: open }
      reported.push({ rule: name, check })
    }
    const scope = checkScopes(view.scopes, toolScopes, target, spelling)
    if (isFailed(scope.check)) return { ...scope, reported, open }
    causes.push(...byRules(allowing))
    return { check: passed, causes, reported, open, pending }
  }
  const judgeRules = (view: View, target: Target, spelling: Spelling): RuleOutcome => {
    if (rules === undefined || view.facts === undefined || target.kind !== 'tool') return unruled
    const facts: Facts = {
      ...view.facts,
      tool: toolFacts(target),
      ...(isUnasked(view, target) ? {} : { annotations: 'judged' }),
    }
    return rules.judge(spelling, facts, shown(target))
  }

  const decide = (subject: Subject, target: Target): KnownDecision => {
    if (!restricts) return allowed
    const view = views.of(subject)
    if (target.name.length > longestKept) return judge(view, target)
    const annotated = readsAnnotations ? annotationsKey(target.annotations) : ''
    const key = `${target.kind} ${target.backend} ${annotated} ${target.name}`
    return view.decisions.get(key) ?? keep(view.decisions, key, judge(view, target), mostDecisions)
  }

  const decideCaller = ({ principal }: Subject): Decision => {
    if (!hasRoles || views.rolesOf(principal).length > 0) return allowed
    const role = checkRoleless(defaultDeny, 'the request')
    if (!isFailed(role.check)) return allowed
    return reportOnly
      ? { ...allowed, reported: [{ rule: 'roles', check: role.check }] }
      : { ...role, reported: [], open: [] }
  }

  const checkSize = (size: number): Step | undefined => {
    if (maxArgumentSize === undefined || size <= maxArgumentSize) return undefined
    const check = fail(problemOf('policy-argument', 'size', { size, limit: maxArgumentSize }))
    return { check, causes: [{ kind: 'argument-size', name: 'max_argument_size' }] }
  }

  /** In the order: what hides the tool, its scopes, and then what the call brings. */
  const decideCall = (
    subject: Subject,
    target: Target,
    args: Json | undefined,
    sent = args,
  ): Decision => {
    const known = decide(subject, target)
    if (isFailed(known.check)) return known
    const size = maxArgumentSize === undefined ? 0 : sizeOf(sent)
    const tooLarge = checkSize(size)
    if (tooLarge !== undefined) return { ...known, ...tooLarge }
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
        isForecast: true,
      },
      target,
    )

  const reconsider = ({ caller, target, argumentSize }: PastRequest): Decision => {
    if (!restricts && maxArgumentSize === undefined) return allowed
    const decision = judge(views.ofPast(caller), target)
    if (isFailed(decision.check)) return decision
    return { ...decision, ...checkSize(argumentSize ?? 0) }
  }

  const survey = (target: Target): Survey => {
    const spelling = spell(target)
    const annotated = annotationRuleOf(target)
    const without = hasRoles ? checkRoles([], defaultDeny, target, spelling) : undefined
    return {
      filter: filterWord(filters?.get(target.backend)?.(target)),
      tokens: [...tokens].map(([key, token]) => ({ key, ...wordOf(token, target, spelling) })),
      roles: compiled.map((role) => wordOf(role, target, spelling)),
      withoutRole:
        without === undefined ? undefined : isFailed(without.check) ? 'denies' : 'allows',
      annotations: annotated === undefined ? [] : annotationSettings(annotated),
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
    readsAnnotations,
    limitsArguments: maxArgumentSize !== undefined,
    rolesOf: ({ principal }) => views.rolesOf(principal).map(({ name }) => name),
    offers: (target) => {
      const step = filters?.get(target.backend)?.(target)
      return step === undefined || !isFailed(step.check)
    },
    decideCaller,
    viewKey: (subject) => (restricts ? views.of(subject).key : ''),
    decide,
    decideCall,
    forecast,
    reconsider,
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
export type { PastCaller, Subject } from './views.ts'

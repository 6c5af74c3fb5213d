// What an accepted caller may do: one pure function from a caller and a target to a check.
import { writeJson } from '../base/exact-json.ts'
import { isJsonObject, type Json } from '../base/json.ts'
import { toolScopesIn, type AccessLists } from '../core/auth-config/access-keys.ts'
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
import { boundBy, compileAccess } from './access-lists.ts'
import {
  isFailed,
  type Cause,
  type Decision,
  type OpenRule,
  type Reported,
  type FailedStep,
  type Step,
} from './decision.ts'
import { compilePatterns } from './glob.ts'
import type { Facts } from './conditions.ts'
import {
  checkProfile,
  checkRoleless,
  checkRoles,
  checkToken,
  wordOf,
  type Word,
} from './list-steps.ts'
import type { PastRequest, Policy, PolicyParts, ScopedTokenAccess, Survey } from './policy-parts.ts'
import type { RuleOutcome } from './rules.ts'
import { checkScopes, scopesAbout, type ToolScopes } from './tool-scopes.ts'
import { createSpeller, shown, type Spelling, type Target } from './spelling.ts'
import {
  createViews,
  keep,
  type KnownDecision,
  type Role,
  type Subject,
  type View,
} from './views.ts'

const mostDecisions = 5000
/** A longer name is decided each time: callers make up URIs. */
const longestKept = 512

const allowed: Decision = { check: pass('policy-role'), reported: [], causes: [], open: [] }

const byRules = (names: readonly string[]): readonly Cause[] =>
  names.map((name) => ({ kind: 'rule', name }))

const sizeOf = (args: Json | undefined): number =>
  args === undefined ? 0 : Buffer.byteLength(writeJson(args))

const unruled: RuleOutcome = { findings: [], allowing: [], open: [], pending: undefined }

/** What the lists of a token and of roles say. */
interface ListOutcome {
  readonly refused?: Step
  /** Where nothing refused. */
  readonly passed: Check
  readonly causes: readonly Cause[]
  readonly reported: readonly Reported[]
}

/** Nobody looked which annotations it has. In serve that is no excuse: there it is refused. */
const isUnasked = ({ isForecast }: View, { annotations }: Target): boolean =>
  isForecast && annotations === undefined

const openSettings = (rule: AnnotationRule): readonly OpenRule[] =>
  annotationSettings(rule).map((name) => ({
    rule: name,
    effect: 'deny',
    reportOnly: rule.reportOnly === true,
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
  const { places, roles = [], role_mapping: mapping, sizeReportOnly = false } = parts
  const spell = createSpeller(places)
  const compiled: readonly Role[] = roles.map((role, index) => ({
    index,
    name: role.name,
    access: compileAccess(role),
  }))
  const tokens = new Map(
    (parts.tokens ?? []).map(({ key, name, lists, reportOnly: only = false }) => [
      key,
      { name, access: compileAccess(lists), reportOnly: only },
    ]),
  )
  const everyone = boundBy(parts.everyone)
  const toolScopes = toolScopesIn(parts).map((rule): ToolScopes => ({
    ...rule,
    patterns: compilePatterns([rule.pattern]),
  }))
  const reportsScopes = toolScopes.some((rule) => rule.reportOnly)
  const scopesThatCount = new Set(toolScopes.flatMap(({ scopes }) => scopes))
  const {
    rules,
    maxArgumentSize,
    filters,
    annotationRules = new Map<string, AnnotationRule>(),
  } = parts
  // Keys have their roles without a mapping.
  const hasRoles = mapping !== undefined || compiled.length > 0
  const { default_deny: defaultDeny = true } = mapping ?? {}
  const reportOnly = mapping?.report_only ?? parts.roles_report_only ?? false
  const restricts =
    (filters?.size ?? 0) > 0 ||
    everyone !== undefined ||
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
    const bound = checkProfile(everyone, target, spelling)
    if (isFailed(bound.check)) return { ...bound, reported: [], open: [] }
    const lists = judgeLists(view, target, spelling)
    const reported: Reported[] = [...lists.reported]
    if (lists.refused !== undefined) return { ...lists.refused, reported, open: [] }
    const annotated = judgeAnnotations(view, target)
    if (annotated !== undefined && isFailed(annotated.check)) {
      if (!annotated.reportOnly) return { ...annotated, reported, open: [] }
      reported.push({ rule: annotated.name, check: annotated.check })
    }
    const { findings, allowing, open: openRules, pending } = judgeRules(view, target, spelling)
    const open = [...openAnnotations(view, target), ...openRules]
    for (const { rule: name, rules: own, reportOnly: only, check } of findings) {
      if (!only) return { check, causes: byRules(own), reported, open: [], unasked: open }
      reported.push({ rule: name, check })
    }
    const wanted = reportsScopes
      ? checkScopes(view.scopes, toolScopes, target, spelling, true).check
      : undefined
    if (wanted !== undefined && isFailed(wanted)) {
      reported.push({ rule: 'tool_scopes', check: wanted })
    }
    const scope = checkScopes(view.scopes, toolScopes, target, spelling, false)
    if (isFailed(scope.check)) return { ...scope, reported, open }
    const causes = [
      ...(offered?.causes ?? []),
      ...bound.causes,
      ...lists.causes,
      ...byRules(allowing),
    ]
    return { check: lists.passed, causes, reported, open, pending }
  }

  /** The lists of the token, and then those of the roles. */
  const judgeLists = (view: View, target: Target, spelling: Spelling): ListOutcome => {
    const reported: Reported[] = []
    const causes: Cause[] = []
    const token = checkToken(view.token, target, spelling)
    if (!isFailed(token.check)) causes.push(...token.causes)
    else if (view.token?.reportOnly === true) {
      reported.push({ rule: 'scoped_tokens', check: token.check })
    } else return { refused: token, passed: token.check, causes, reported }
    const passed = pass('policy-token')
    if (!hasRoles) return { passed, causes, reported }
    const role = checkRoles(view.roles, defaultDeny, target, spelling)
    if (!isFailed(role.check)) {
      return { passed: role.check, causes: [...causes, ...role.causes], reported }
    }
    if (!reportOnly) return { refused: role, passed, causes, reported }
    reported.push({ rule: 'roles', check: role.check })
    return { passed, causes, reported }
  }

  /** Undefined where nothing looks at them, or no list has them. */
  const judgeAnnotations = (view: View, target: Target) => {
    const rule = annotationRuleOf(target)
    if (rule === undefined || isUnasked(view, target)) return undefined
    const step = checkAnnotations(rule, target.annotations, shown(target))
    const [{ name } = { name: 'annotations' }] = step.causes
    return { ...step, name, reportOnly: rule.reportOnly === true }
  }

  const openAnnotations = (view: View, target: Target): readonly OpenRule[] => {
    const rule = annotationRuleOf(target)
    return rule !== undefined && isUnasked(view, target) ? openSettings(rule) : []
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

  const checkSize = (size: number): FailedStep | undefined => {
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
    if (tooLarge !== undefined && !sizeReportOnly) return { ...known, ...tooLarge }
    if (known.pending === undefined && tooLarge === undefined) return known
    const given = args ?? {}
    const reported = [...known.reported]
    if (tooLarge !== undefined) {
      reported.push({ rule: 'max_argument_size', check: tooLarge.check })
    }
    const found = known.pending?.(isJsonObject(given) ? given : undefined) ?? []
    for (const { rule, rules: own, reportOnly: only, check } of found) {
      if (!only) return { check, causes: byRules(own), reported, open: [] }
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
    return sizeReportOnly ? decision : { ...decision, ...checkSize(argumentSize ?? 0) }
  }

  const survey = (target: Target): Survey => {
    const spelling = spell(target)
    const annotated = annotationRuleOf(target)
    const without = hasRoles ? checkRoles([], defaultDeny, target, spelling) : undefined
    return {
      filter: filterWord(filters?.get(target.backend)?.(target)),
      profile: everyone === undefined ? undefined : wordOf(everyone, target, spelling),
      tokens: [...tokens].map(([key, token]) => ({
        key,
        reportOnly: token.reportOnly,
        ...wordOf(token, target, spelling),
      })),
      rolesReportOnly: reportOnly,
      annotationsReportOnly: annotated?.reportOnly === true,
      sizeReportOnly,
      roles: compiled.map((role) => wordOf(role, target, spelling)),
      withoutRole:
        without === undefined ? undefined : isFailed(without.check) ? 'denies' : 'allows',
      annotations: annotated === undefined ? [] : annotationSettings(annotated),
      rules: target.kind === 'tool' ? (rules?.about(spelling) ?? []) : [],
      scopes: scopesAbout(toolScopes, target, spelling),
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
    readonly report_only?: boolean
  })[] = [],
): readonly ScopedTokenAccess[] =>
  tokens.map((one, index) => ({
    key: tokenKey(one.token.reveal()),
    name: one.name ?? `auth.scoped_tokens[${index}]`,
    lists: one,
    reportOnly: one.report_only === true,
  }))

export type * from './policy-parts.ts'
export type { Target } from './spelling.ts'
export type { PastCaller, Subject } from './views.ts'

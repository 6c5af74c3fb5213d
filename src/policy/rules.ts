// The rules of auth.rules: which are about a tool, and what they say of a caller and of the arguments of a call.
import type { JsonObject } from '../base/json.ts'
import type { RuleConfig } from '../core/auth-config/access-keys.ts'
import { fail, type FailedCheck } from '../core/verdict/check.ts'
import { problemOf } from '../problems/problem.ts'
import { usageError } from '../problems/usage-error.ts'
import { annotationsMissing, unknownAnnotations } from './annotations.ts'
import { joinReads, type CallerReads } from './caller-reads.ts'
import { compileCondition, type Condition, type Fact, type Facts } from './conditions.ts'
import type { OpenRule } from './decision.ts'
import { compilePatterns, type Patterns } from './glob.ts'
import { restricting, type Spelling } from './spelling.ts'

interface Rule {
  readonly name: string
  readonly effect: 'allow' | 'deny'
  readonly reportOnly: boolean
  readonly message: string | undefined
  /** Undefined: every tool. */
  readonly tools: Patterns | undefined
  readonly condition: Condition
  readonly when: string
}

/** What a rule, or several that allow together, found wrong. */
export interface RuleFinding {
  /** What metrics call it. */
  readonly rule: string
  /** Every rule that had its share in it. */
  readonly rules: readonly string[]
  readonly reportOnly: boolean
  readonly check: FailedCheck
}

/** What is still to be asked of the arguments of each call. */
export type Pending = (args: JsonObject | undefined) => readonly RuleFinding[]

export interface RuleOutcome {
  readonly findings: readonly RuleFinding[]
  /** The allow rules that are true. */
  readonly allowing: readonly string[]
  readonly open: readonly OpenRule[]
  readonly pending: Pending | undefined
}

/** A rule about a tool, for any caller. */
export interface RuleAbout {
  readonly rule: string
  readonly effect: 'allow' | 'deny'
  readonly reportOnly: boolean
  /** Undefined: it is about every tool. */
  readonly pattern: string | undefined
  readonly reads: readonly Fact[]
  /** The condition as it is written. */
  readonly when: string
  readonly message: string | undefined
}

export interface Rules {
  readonly readPeer: boolean
  /** What all of them read of a caller. */
  readonly reads: CallerReads
  readonly readAnnotations: boolean
  /** Judges what does not depend on facts that are not known, such as the arguments. */
  judge(spelling: Spelling, facts: Facts, target: string): RuleOutcome
  /** The rules that a tool is judged by, in the order in which they are asked. */
  about(spelling: Spelling): readonly RuleAbout[]
}

type Held = boolean | { readonly why: string }

const ask = ({ condition }: Rule, facts: Facts): Held => {
  try {
    return condition.holds(facts)
  } catch (error) {
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    return { why }
  }
}

const about = (text: string | undefined): string => (text === undefined ? '' : `: ${text}`)

/** Of a rule that looks at arguments the caller reads the reason; any other hides the tool. */
const denied = (rule: Rule, held: Held, target: string, byArgs: boolean): FailedCheck => {
  const { name, message } = rule
  if (typeof held === 'object' && held.why === annotationsMissing) return unknownAnnotations(target)
  if (typeof held === 'object') {
    const values = { rule: name, why: held.why }
    return byArgs
      ? fail(problemOf('policy-argument', 'failed', values))
      : fail(problemOf('policy-rule', 'failed', { ...values, target }))
  }
  return byArgs
    ? fail(problemOf('policy-argument', 'rule', { rule: name, message: about(message) }))
    : fail(problemOf('policy-rule', 'denied', { rule: name, target }))
}

const unallowed = (
  rules: readonly Rule[],
  helds: readonly Held[],
  target: string,
  byArgs: boolean,
): FailedCheck => {
  const broken = helds.findIndex((held) => typeof held === 'object')
  const blamed = rules[broken]
  const held = helds[broken]
  if (blamed !== undefined && held !== undefined) return denied(blamed, held, target, byArgs)
  const names = rules.map(({ name }) => name).join(', ')
  const message = about(rules.find((rule) => rule.message !== undefined)?.message)
  return byArgs
    ? fail(problemOf('policy-argument', 'rule', { rule: names, message }))
    : fail(problemOf('policy-rule', 'unallowed', { rules: names, target }))
}

/** One deny rule; undefined: it says nothing. */
const judgeDeny = (
  rule: Rule,
  facts: Facts,
  target: string,
  byArgs: boolean,
): RuleFinding | undefined => {
  const held = ask(rule, facts)
  if (held === false) return undefined
  const { name, reportOnly } = rule
  return { rule: name, rules: [name], reportOnly, check: denied(rule, held, target, byArgs) }
}

/** Allow rules of one kind: one of them has to be true. */
const judgeAllow = (rules: readonly Rule[], facts: Facts, target: string, byArgs: boolean) => {
  const helds = rules.map((rule) => ask(rule, facts))
  const [first] = rules
  const satisfied = rules[helds.indexOf(true)]
  if (first === undefined || satisfied !== undefined) return { satisfied, finding: undefined }
  const finding: RuleFinding = {
    rule: first.name,
    rules: rules.map(({ name }) => name),
    reportOnly: first.reportOnly,
    check: unallowed(rules, helds, target, byArgs),
  }
  return { satisfied, finding }
}

const compileRule = (config: RuleConfig, index: number): Rule => {
  const condition = compileCondition(config.when)
  if (!('holds' in condition)) {
    const key = `auth.rules[${index}].when`
    throw usageError(problemOf('config-value', 'condition', { key, why: condition.why }))
  }
  return {
    name: config.name ?? `auth.rules[${index}]`,
    effect: config.effect,
    reportOnly: config.report_only,
    message: config.message,
    tools: config.tools === undefined ? undefined : compilePatterns(config.tools),
    condition,
    when: config.when,
  }
}

const isAbout = ({ tools }: Rule, spelling: Spelling): boolean =>
  tools === undefined || restricting(tools, spelling) !== undefined

/** What the rule reads and is not known yet. */
const missing = ({ condition }: Rule, facts: Facts): readonly Fact[] =>
  condition.needs.filter(
    (fact) =>
      facts[fact] === undefined || (fact === 'caller' && facts.hides?.(condition.reads) === true),
  )

const openOf = (rule: Rule, facts: Facts): OpenRule => ({
  rule: rule.name,
  effect: rule.effect,
  reportOnly: rule.reportOnly,
  on: missing(rule, facts),
})

/** Those that look at arguments come last, and those that deny come before those that allow. */
const inOrder = (rules: readonly Rule[]): readonly Rule[] =>
  rules.toSorted((a, b) => rank(a) - rank(b))
const rank = ({ condition, effect, reportOnly }: Rule): number =>
  (condition.needs.includes('args') ? 3 : 0) + (effect === 'deny' ? 0 : reportOnly ? 2 : 1)

const isFinding = (found: RuleFinding | undefined): found is RuleFinding => found !== undefined

/** Throws a UsageError for a condition that cannot be compiled. */
export const compileRules = (configs: readonly RuleConfig[]): Rules => {
  const rules = configs.map(compileRule)
  return {
    reads: joinReads(rules.map(({ condition }) => condition.reads)),
    readPeer: rules.some(({ condition }) => condition.needs.includes('peer')),
    readAnnotations: rules.some(({ condition }) => condition.needs.includes('annotations')),
    about: (spelling) =>
      inOrder(rules.filter((rule) => isAbout(rule, spelling))).map((rule) => ({
        rule: rule.name,
        effect: rule.effect,
        reportOnly: rule.reportOnly,
        pattern: rule.tools === undefined ? undefined : restricting(rule.tools, spelling),
        reads: rule.condition.needs,
        when: rule.when,
        message: rule.message,
      })),
    judge: (spelling, facts, target) => {
      const applying = rules.filter((rule) => isAbout(rule, spelling))
      const isOpen = (rule: Rule) => missing(rule, facts).length > 0
      const denies = applying.filter(({ effect }) => effect === 'deny')
      const now = denies.filter((rule) => !isOpen(rule))
      const later = denies.filter(isOpen)
      const findings = now.map((rule) => judgeDeny(rule, facts, target, false)).filter(isFinding)
      const waiting: (readonly Rule[])[] = []
      const allowing: string[] = []
      for (const reportOnly of [false, true]) {
        const allows = applying.filter(
          (rule) => rule.effect === 'allow' && rule.reportOnly === reportOnly,
        )
        const plain = allows.filter((rule) => !isOpen(rule))
        const { satisfied, finding: found } = judgeAllow(plain, facts, target, false)
        if (satisfied !== undefined) {
          if (!reportOnly) allowing.push(satisfied.name)
          continue
        }
        if (allows.length > plain.length) waiting.push(allows)
        else if (found !== undefined) findings.push(found)
      }
      const open = [...later, ...waiting.flat()].filter(isOpen).map((rule) => openOf(rule, facts))
      if (open.length === 0) return { findings, allowing, open, pending: undefined }
      return {
        findings,
        allowing,
        open,
        pending: (args) => {
          const whole: Facts = args === undefined ? facts : { ...facts, args }
          return [
            ...later.map((rule) => judgeDeny(rule, whole, target, true)),
            ...waiting.map((allows) => judgeAllow(allows, whole, target, true).finding),
          ].filter(isFinding)
        },
      }
    },
  }
}

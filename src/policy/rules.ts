// The rules of auth.rules: which are about a tool, and what they say of a caller and of the arguments of a call.
import type { JsonObject } from '../base/json.ts'
import type { RuleConfig } from '../core/auth-config/access-keys.ts'
import { fail, type FailedCheck } from '../core/verdict/check.ts'
import { problemOf } from '../problems/problem.ts'
import { usageError } from '../problems/usage-error.ts'
import { annotationsMissing, unknownAnnotations } from './annotations.ts'
import { joinReads, type CallerReads } from './caller-reads.ts'
import { compileCondition, type Condition, type Facts } from './conditions.ts'
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
}

/** What a rule, or several that allow together, found wrong. */
export interface RuleFinding {
  readonly rule: string
  readonly reportOnly: boolean
  readonly check: FailedCheck
}

/** What is still to be asked of the arguments of each call. */
export type Pending = (args: JsonObject | undefined) => readonly RuleFinding[]

export interface RuleOutcome {
  readonly findings: readonly RuleFinding[]
  readonly pending: Pending | undefined
}

export interface Rules {
  readonly readPeer: boolean
  /** What all of them read of a caller. */
  readonly reads: CallerReads
  readonly readAnnotations: boolean
  /** Judges what does not depend on the arguments. */
  judge(spelling: Spelling, facts: Facts, target: string): RuleOutcome
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
const judgeDeny = (rule: Rule, facts: Facts, target: string, byArgs: boolean) => {
  const held = ask(rule, facts)
  if (held === false) return undefined
  const { name, reportOnly } = rule
  return { rule: name, reportOnly, check: denied(rule, held, target, byArgs) }
}

/** Allow rules of one kind: one of them has to be true. */
const judgeAllow = (rules: readonly Rule[], facts: Facts, target: string, byArgs: boolean) => {
  const helds = rules.map((rule) => ask(rule, facts))
  const [first] = rules
  if (first === undefined || helds.includes(true)) return undefined
  return {
    rule: first.name,
    reportOnly: first.reportOnly,
    check: unallowed(rules, helds, target, byArgs),
  }
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
  }
}

const isFinding = (found: RuleFinding | undefined): found is RuleFinding => found !== undefined

/** Throws a UsageError for a condition that cannot be compiled. */
export const compileRules = (configs: readonly RuleConfig[]): Rules => {
  const rules = configs.map(compileRule)
  return {
    reads: joinReads(rules.map(({ condition }) => condition.reads)),
    readPeer: rules.some(({ condition }) => condition.readsPeer),
    readAnnotations: rules.some(({ condition }) => condition.readsAnnotations),
    judge: (spelling, facts, target) => {
      const applying = rules.filter(
        ({ tools }) => tools === undefined || restricting(tools, spelling) !== undefined,
      )
      const denies = applying.filter(({ effect }) => effect === 'deny')
      const now = denies.filter(({ condition }) => !condition.readsArgs)
      const later = denies.filter(({ condition }) => condition.readsArgs)
      const findings = now.map((rule) => judgeDeny(rule, facts, target, false)).filter(isFinding)
      const waiting: (readonly Rule[])[] = []
      for (const reportOnly of [false, true]) {
        const allows = applying.filter(
          (rule) => rule.effect === 'allow' && rule.reportOnly === reportOnly,
        )
        const plain = allows.filter(({ condition }) => !condition.readsArgs)
        const found = judgeAllow(plain, facts, target, false)
        if (plain.length > 0 && found === undefined) continue
        if (allows.length > plain.length) waiting.push(allows)
        else if (found !== undefined) findings.push(found)
      }
      if (later.length === 0 && waiting.length === 0) return { findings, pending: undefined }
      return {
        findings,
        pending: (args) => {
          const whole: Facts = args === undefined ? facts : { ...facts, args }
          return [
            ...later.map((rule) => judgeDeny(rule, whole, target, true)),
            ...waiting.map((allows) => judgeAllow(allows, whole, target, true)),
          ].filter(isFinding)
        },
      }
    },
  }
}

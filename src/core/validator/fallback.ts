// Two validators in a row: the local one first, the authorization server where the local one cannot know.
import type { ProblemCode } from '../../problems/problem.ts'
import { joinedBindings } from '../claims/binding.ts'
import type { Check } from '../verdict/check.ts'
import {
  differingClaims,
  inactiveThoughValid,
  withAdvice,
} from '../introspection/introspection-comparison.ts'
import { judge, replaceById } from '../verdict/judge.ts'
import { locallyUndecidable } from './jwt-validator.ts'
import type { TokenValidator, Verdict } from '../verdict/verdict.ts'

export interface FallbackOptions {
  /** `undecided`: ask only where the local verdict leaves the question open. `any`: after every refusal. */
  readonly fallback: 'undecided' | 'any'
  /** Ask about good JWTs too: then both have to accept. */
  readonly introspectJwts: boolean
}

/** What the token itself says binds whoever calls it active: nobody can accept it beyond that. */
const bindingCauses: ReadonlySet<ProblemCode> = new Set([
  'claim-iss',
  'claim-aud',
  'claim-aud-missing',
  'time-exp',
  'time-units',
  'pop-dpop',
  'pop-mtls',
])

/** What nobody can overrule because it is no token at all. */
const isInputCause = (id: ProblemCode): boolean => id.startsWith('in-')

const isBound = (verdict: Verdict): boolean =>
  verdict.checks.some(
    ({ id, status }) => status === 'fail' && (bindingCauses.has(id) || isInputCause(id)),
  )

const goesOn = (verdict: Verdict, { fallback, introspectJwts }: FallbackOptions): boolean => {
  if (verdict.outcome === 'accepted') return introspectJwts
  return fallback === 'any' ? !isBound(verdict) : locallyUndecidable(verdict)
}

/** The questions that the authorization server answered instead: they no longer refuse. */
const leftOpen = (checks: readonly Check[]): readonly Check[] =>
  checks.map((check) =>
    check.status === 'fail'
      ? {
          id: check.id,
          status: 'skip',
          because: `${check.message}: left to the authorization server`,
          ...(check.evidence === undefined ? {} : { evidence: check.evidence }),
        }
      : check,
  )

/** Of a question that both were asked, the second answer counts, unless it is none. */
const merged = (first: readonly Check[], second: readonly Check[]): readonly Check[] =>
  replaceById(first, second, ({ status }) => status !== 'skip')

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)

/** What either of them found the token bound to has to be proven, whatever the other one saw. */
const withBindings = (verdict: Verdict, first: Verdict, second: Verdict): Verdict => {
  if (verdict.outcome !== 'accepted') return verdict
  const bindings = joinedBindings(first.checks, second.checks)
  if (bindings.length === 0) return verdict
  const checks = verdict.checks.map((check) => bindings.find(({ id }) => id === check.id) ?? check)
  return judge(checks, () => verdict.principal, verdict.expiresAt)
}

/** The introspection verdict is final; what the local one found stands beside it. */
const afterRefusal = (first: Verdict, second: Verdict): Verdict =>
  withBindings({ ...second, checks: merged(leftOpen(first.checks), second.checks) }, first, second)

/** RFC 7009: only the authorization server sees revocation, so both must accept. */
const both = (
  first: Extract<Verdict, { readonly outcome: 'accepted' }>,
  second: Verdict,
): Verdict => {
  if (second.outcome === 'accepted') {
    const checks = [
      ...first.checks,
      ...second.checks.filter((check) => check.id.startsWith('intro-')),
    ]
    const expiresAt = earlier(first.expiresAt, second.expiresAt)
    const differing = differingClaims(second.principal.claims, first.principal.claims)
    const accepted = withAdvice({ ...first, checks, expiresAt }, differing, 'intro-active')
    return withBindings(accepted, first, second)
  }
  const refused: Verdict = { ...second, checks: merged(first.checks, second.checks) }
  return second.problem.code === 'intro-active'
    ? withAdvice(refused, inactiveThoughValid(), 'intro-active')
    : refused
}

/**
 * The strategy `both`. Without `introspectJwts` a good JWT causes no call, so its revocation is not
 * seen. Does not limit how often the second validator is asked: that one limits itself.
 */
export const fallback = (
  jwt: TokenValidator,
  introspection: TokenValidator,
  options: FallbackOptions,
): TokenValidator => {
  /** Remembered verdicts come back as the same objects, and so does what they make together. */
  const joined = new WeakMap<Verdict, { readonly first: Verdict; readonly verdict: Verdict }>()
  const combine = (first: Verdict, second: Verdict): Verdict => {
    if (first.outcome !== 'accepted') return afterRefusal(first, second)
    const known = joined.get(second)
    if (known?.first === first) return known.verdict
    const verdict = both(first, second)
    joined.set(second, { first, verdict })
    return verdict
  }

  const goOn = (
    first: Verdict,
    ask: () => Verdict | Promise<Verdict>,
  ): Verdict | Promise<Verdict> => {
    if (!goesOn(first, options)) return first
    const second = ask()
    return second instanceof Promise
      ? second.then((verdict) => combine(first, verdict))
      : combine(first, second)
  }

  return {
    validate: (token, signal, presentation, peer) => {
      const first = jwt.validate(token, signal, presentation, peer)
      const ask = () => introspection.validate(token, signal, presentation, peer)
      return first instanceof Promise
        ? first.then((verdict) => goOn(verdict, ask))
        : goOn(first, ask)
    },
    // What was put together from two verdicts is made anew each time.
    holds: (verdict) => jwt.holds?.(verdict) ?? false,
    close: () => {
      jwt.close?.()
      introspection.close?.()
    },
  }
}

// Whether a sender-constrained token was brought by the one it is bound to (RFC 9449 section 7, RFC 8705 section 3).
import type { Clock } from '../../base/clock.ts'
import { problemOf } from '../../problems/problem.ts'
import { openBinding, thumbprintOf } from '../claims/binding.ts'
import { fail, pass, skip, type Check } from '../verdict/check.ts'
import type { Nonces } from './dpop-nonce.ts'
import { examineProof, type ProofExamination, type ProofRules } from './dpop-proof.ts'
import type { ReplayMemory } from './dpop-replay.ts'
import type { PossessionMemory } from './possession-memory.ts'
import { knownAlgorithms } from '../token/jose-header.ts'
import { judge, neverAccepted, replaceById } from '../verdict/judge.ts'
import type { PossessionConfig } from '../auth-config/possession-config.ts'
import type { PossessionOffer } from './offer.ts'
import type { Presentation } from '../verdict/presentation.ts'
import type { Verdict } from '../verdict/verdict.ts'

/** What was shown can only add reasons to refuse: an acceptance stays one when all of them pass. */
const withAnswers = (verdict: Verdict, answers: readonly Check[]): Verdict => {
  const checks = replaceById(verdict.checks, answers)
  if (verdict.outcome === 'accepted') {
    return judge(checks, () => verdict.principal, verdict.expiresAt)
  }
  return answers.some(({ status }) => status === 'fail')
    ? judge(checks, neverAccepted, undefined, verdict.retryAfterSeconds)
    : { ...verdict, checks }
}

const unbound = (id: 'pop-dpop' | 'pop-mtls'): Check => fail(problemOf(id, 'required'))

/** What an accepted token is bound to; undefined for a refused one, and for one that is bound to nothing. */
const openAccess = (verdict: Verdict, id: 'pop-dpop' | 'pop-mtls'): Check | undefined =>
  verdict.outcome === 'accepted' ? openBinding(verdict.checks, id) : undefined

/** What decides about one verdict of the inner validator. */
interface Possession {
  readonly offer: PossessionOffer
  /** For a token that came as a plain bearer token. Returns the very verdict where nothing is to be said. */
  asBearer(verdict: Verdict, presentation?: Presentation): Verdict
  /** For a token that came with something to judge; undefined where asBearer decides alone. */
  examine?(
    token: string,
    presentation: Presentation,
  ): Promise<(verdict: Verdict) => Verdict> | undefined
}

const dpopBinding = (open: Check | undefined, jkt: string | undefined): Check => {
  if (open === undefined) {
    return fail(problemOf('pop-dpop', 'unbound'))
  }
  const bound = thumbprintOf(open)
  if (bound === undefined) {
    return fail(problemOf('pop-dpop', 'unnamed'))
  }
  if (jkt === undefined) return skip('pop-dpop', 'the proof has no key that can be read')
  return jkt === bound
    ? pass('pop-dpop', undefined, { expected: bound })
    : fail(problemOf('pop-dpop', 'other', { bound, proof: jkt }), {
        expected: bound,
        actual: jkt,
      })
}

const captured = 'a running proxy alone knows this'

const nonceCheck = (
  { nonce }: ProofExamination,
  { captured: late }: Presentation,
  nonces: Nonces | undefined,
): readonly Check[] => {
  if (nonces === undefined) return []
  if (late === true) return [skip('pop-dpop-nonce', captured)]
  if (nonce === undefined) return [fail(problemOf('pop-dpop-nonce', 'missing'))]
  if (typeof nonce !== 'string') return [fail(problemOf('pop-dpop-nonce', 'form'))]
  const age = nonces.ageOf(nonce)
  return [age === 'good' ? pass('pop-dpop-nonce') : fail(problemOf('pop-dpop-nonce', age))]
}

const replayCheck = (
  { jkt, jti, iatSeconds }: ProofExamination,
  { captured: late }: Presentation,
  memory: ReplayMemory,
): Check => {
  if (late === true) return skip('pop-dpop-replay', captured)
  if (jkt === undefined || jti === undefined || iatSeconds === undefined) {
    return skip('pop-dpop-replay', 'the proof is not good')
  }
  const answer = memory.use({ jkt, jti, iatSeconds })
  if (answer === 'first') return pass('pop-dpop-replay')
  return fail(problemOf('pop-dpop-replay', answer === 'used' ? 'used' : 'full'))
}

interface DpopParts {
  readonly rules: ProofRules
  readonly required: boolean
  readonly clock: Clock
  readonly nonces: Nonces | undefined
  readonly memory: ReplayMemory
}

const dpopPossession = ({ rules, required, clock, nonces, memory }: DpopParts): Possession => {
  const decide =
    (proof: ProofExamination, presentation: Presentation) =>
    (verdict: Verdict): Verdict => {
      const answers = [proof.check, ...nonceCheck(proof, presentation, nonces)]
      if (verdict.outcome === 'accepted') {
        answers.push(dpopBinding(openBinding(verdict.checks, 'pop-dpop'), proof.jkt))
      }
      // A proof is used up by the call that it opens, and by nothing else.
      const opens =
        verdict.outcome === 'accepted' && answers.every(({ status }) => status !== 'fail')
      return withAnswers(
        verdict,
        opens ? [...answers, replayCheck(proof, presentation, memory)] : answers,
      )
    }
  return {
    offer: {
      kind: 'dpop',
      required,
      algorithms: rules.algorithms,
      nonce: () => nonces?.current(),
    },
    asBearer: (verdict) => {
      const open = openAccess(verdict, 'pop-dpop')
      if (open !== undefined) {
        const thumb = thumbprintOf(open) ?? 'no thumbprint'
        return withAnswers(verdict, [fail(problemOf('pop-dpop', 'bearer', { thumb }))])
      }
      return required && verdict.outcome === 'accepted'
        ? withAnswers(verdict, [unbound('pop-dpop')])
        : verdict
    },
    examine: (token, presentation) =>
      presentation.scheme === 'bearer'
        ? undefined
        : examineProof(presentation, { token, rules, nowSeconds: clock.now() / 1000 }).then(
            (proof) => decide(proof, presentation),
          ),
  }
}

const certificateCheck = (open: Check, shown: Presentation['certificate']): Check => {
  const bound = thumbprintOf(open)
  const thumb = bound ?? 'no thumbprint'
  if (shown === undefined || 'missing' in shown) {
    const why = shown?.missing ?? 'no client certificate came with it'
    return fail(problemOf('pop-mtls', 'missing', { thumb, why }))
  }
  return shown.thumbprint === bound
    ? pass('pop-mtls', undefined, { expected: thumb })
    : fail(problemOf('pop-mtls', 'other', { thumb, shown: shown.thumbprint }), {
        expected: thumb,
        actual: shown.thumbprint,
      })
}

const mtlsPossession = (required: boolean): Possession => ({
  offer: { kind: 'mtls', required },
  asBearer: (verdict, presentation) => {
    const open = openAccess(verdict, 'pop-mtls')
    if (open !== undefined) {
      return withAnswers(verdict, [certificateCheck(open, presentation?.certificate)])
    }
    return required && verdict.outcome === 'accepted'
      ? withAnswers(verdict, [unbound('pop-mtls')])
      : verdict
  },
})

export const possessionOf = (
  auth: PossessionConfig & { readonly clock_tolerance: number },
  clock: Clock,
  memory: PossessionMemory,
): Possession | undefined => {
  const { sender_constraint: constraint, sender_constraint_required: required } = auth
  if (constraint === 'mtls') return mtlsPossession(required)
  if (constraint !== 'dpop') return undefined
  const rules: ProofRules = {
    algorithms: auth.dpop_algorithms ?? knownAlgorithms,
    maxAgeSeconds: auth.dpop_max_age,
    toleranceSeconds: auth.clock_tolerance,
  }
  const windowMs = (rules.maxAgeSeconds + 2 * rules.toleranceSeconds) * 1000
  return dpopPossession({
    rules,
    required,
    clock,
    nonces: auth.dpop_nonce ? memory.nonces() : undefined,
    memory: memory.replay(windowMs),
  })
}

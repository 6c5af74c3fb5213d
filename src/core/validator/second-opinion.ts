// What we can tell ourselves about a JWT that its authorization server was asked about: for a person who asks why.
import type { Clock } from '../../base/clock.ts'
import type { ClaimPolicy } from '../token/claim-policy.ts'
import {
  differingClaims,
  inactiveThoughValid,
  withAdvice,
} from '../introspection/introspection-comparison.ts'
import type { Introspection } from '../introspection/introspection-report.ts'
import type { Algorithm } from '../token/jose-header.ts'
import { createJwtValidator } from './jwt-validator.ts'
import type { KeySource } from '../keys/key-source.ts'
import { readToken } from '../token/token-shape.ts'

export interface SecondOpinionOptions {
  /** Opened when the first question needs keys. */
  readonly keys: () => KeySource
  readonly policy: ClaimPolicy
  readonly algorithms: readonly Algorithm[] | undefined
  readonly clock: Clock
}

export interface SecondOpinion {
  /** The same answer and outcome, with intro-inactive-valid and differences in intro-claims as advice. */
  beside(token: string, found: Introspection, signal: AbortSignal): Promise<Introspection>
  close(): void
}

/** Whom the token is for is another question: here only signature, issuer and dates count. */
const onlySignatureAndDates = (policy: ClaimPolicy): ClaimPolicy => ({
  ...policy,
  audiences: [],
  requiredScopes: [],
  maxLifetimeSeconds: undefined,
  profile: 'off',
  senderConstraint: 'ignore',
})

/** Costs a fetch of keys at most. Changes no verdict: what the authorization server says stands. */
export const createSecondOpinion = (options: SecondOpinionOptions): SecondOpinion => {
  let keys: KeySource | undefined
  const verifies = async (token: string, signal: AbortSignal): Promise<boolean> => {
    keys ??= options.keys()
    const { clock, algorithms } = options
    const policy = onlySignatureAndDates(options.policy)
    const validator = createJwtValidator({ keys, policy, algorithms, clock })
    const verdict = await validator.validate(token, signal)
    return verdict.outcome === 'accepted'
  }
  return {
    beside: async (token, found, signal) => {
      const { answer, verdict } = found
      const shape = readToken(token)
      if (answer.kind !== 'answer' || shape.shape !== 'jws') return found
      if (answer.body['active'] === true) {
        const differing = differingClaims(answer.body, shape.claims ?? {})
        return { ...found, verdict: withAdvice(verdict, differing, 'intro-active') }
      }
      if (answer.body['active'] !== false || !(await verifies(token, signal))) return found
      return { ...found, verdict: withAdvice(verdict, inactiveThoughValid(), 'intro-active') }
    },
    close: () => keys?.close?.(),
  }
}

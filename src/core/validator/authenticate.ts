// From the Authorization headers of one request to a verdict.
import type { CancelSignal } from '../../base/cancellation.ts'
import type { AuthGate } from './auth-gate.ts'
import { parseAuthorization } from '../token/bearer.ts'
import { fail } from '../verdict/check.ts'
import type { Shown } from '../verdict/presentation.ts'
import type { Verdict } from '../verdict/verdict.ts'

/**
 * Decides about the values of all Authorization headers of one request. `shown`: what else it brought, where proof of
 * possession is asked for. `peer`: whose share of the work on unknown tokens it takes.
 */
export type Authenticate = (
  authorization: readonly string[] | undefined,
  signal: CancelSignal,
  shown?: Shown,
  peer?: string,
) => Verdict | Promise<Verdict>

/** What every caller gets where authentication is off. */
export const anonymousOf = ({ anonymous }: AuthGate): Verdict | undefined =>
  anonymous === undefined
    ? undefined
    : { outcome: 'accepted', checks: [], principal: anonymous, expiresAt: undefined }

const nothingShown: Shown = { method: '', proofs: [] }

export const authenticateBy = (
  gate: AuthGate,
  publicUrl: string | undefined,
  anonymous: Verdict | undefined,
): Authenticate => {
  const schemes = { dpop: gate.possession?.kind === 'dpop' }
  return (authorization, signal, shown, peer) => {
    if (anonymous !== undefined) return anonymous
    const credential = parseAuthorization(authorization, schemes)
    if ('token' in credential) {
      const { token, scheme = 'bearer' } = credential
      if (shown === undefined && scheme === 'bearer') {
        return gate.validate(token, signal, undefined, peer)
      }
      const url = publicUrl ?? ''
      return gate.validate(token, signal, { url, ...(shown ?? nothingShown), scheme }, peer)
    }
    return { outcome: 'rejected', checks: [fail(credential)], problem: credential }
  }
}

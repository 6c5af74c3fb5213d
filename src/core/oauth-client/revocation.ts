// Takes tokens back at the authorization server (RFC 7009).
import type { Secret } from '../../base/secret.ts'
import { UsageError } from '../../problems/usage-error.ts'
import type { Protocol } from './grant.ts'
import { errorOf, refusal, step } from './refusals.ts'

export type TokenHint = 'refresh_token' | 'access_token'

export interface Revocation {
  readonly token: TokenHint
  /** `unsupported`: the server takes no tokens of this kind back (RFC 7009 section 2.2.1). */
  readonly outcome: 'revoked' | 'unsupported' | 'failed'
  /** Why it did not work; undefined when the server says that it did. */
  readonly detail: string | undefined
}

const revokeOne = async (
  { lib, as, client, auth, options, wire }: Protocol,
  hint: TokenHint,
  token: Secret,
): Promise<Revocation> => {
  try {
    await step('The revocation endpoint', wire, async () => {
      const response = await lib.revocationRequest(as, client, auth, token.reveal(), {
        ...options,
        additionalParameters: { token_type_hint: hint },
      })
      await lib.processRevocationResponse(response)
      const refused = errorOf(wire)
      if (refused !== undefined) throw refusal('The revocation endpoint', refused)
    })
    return { token: hint, outcome: 'revoked', detail: undefined }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const outcome = errorOf(wire)?.error === 'unsupported_token_type' ? 'unsupported' : 'failed'
    return { token: hint, outcome, detail: error.message }
  }
}

/** The refresh token first: whoever holds it makes new access tokens. Resolves also where the server refuses. */
export const revokeTokens = async (
  protocol: Protocol,
  refreshToken: Secret | undefined,
  accessToken: Secret,
): Promise<readonly Revocation[]> => [
  ...(refreshToken === undefined ? [] : [await revokeOne(protocol, 'refresh_token', refreshToken)]),
  await revokeOne(protocol, 'access_token', accessToken),
]

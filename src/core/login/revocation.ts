// Takes tokens back at the authorization server (RFC 7009).
import type { Secret } from '../../base/secret.ts'
import { UsageError } from '../../base/usage-error.ts'
import type { Protocol } from './grant.ts'
import { step } from './refusals.ts'

export type TokenHint = 'refresh_token' | 'access_token'

export interface Revocation {
  readonly token: TokenHint
  /** Why it did not work; undefined when the server says that it did. */
  readonly failure: string | undefined
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
    })
    return { token: hint, failure: undefined }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { token: hint, failure: error.message }
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

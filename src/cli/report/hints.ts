// What the provider is known for, as advice under the findings of a report.
import type { JsonObject } from '../../base/json.ts'
import type { AuthConfig } from '../../core/auth-config/auth-config.ts'
import type { AuthGate } from '../../core/validator/auth-gate.ts'
import type { Check } from '../../core/verdict/check.ts'
import type { Hint } from '../../core/providers/hints.ts'

export type HintReport = Hint

interface Judged {
  readonly checks: readonly Check[]
  readonly token: string
  /** What introspection answered. */
  readonly answer?: JsonObject | undefined
}

/** The table of providers is read only where something was found. */
export const hintsAbout = async (
  { checks, token, answer }: Judged,
  auth: AuthConfig,
  gate: AuthGate,
): Promise<readonly HintReport[]> => {
  if (!checks.some(({ status }) => status === 'fail' || status === 'warn')) return []
  const { hintsFor } = await import('../../core/providers/hints.ts')
  const oauth = auth.type === 'oauth' ? auth : undefined
  return hintsFor({
    checks,
    token,
    answer,
    issuer: gate.authorizationServers[0],
    metadata: gate.discovery()?.metadata,
    introspectionEndpoint: oauth?.introspection_endpoint,
    audience: gate.audiences[0],
    clientId: oauth?.client_id,
  })
}
